import { describe, expect, test } from "vitest";
import { route } from "../../softap/routes.js";
import { ADDRESS, get, portalState } from "./support.js";

/** Reference, captive portals §3: what each system asks for to learn whether there is internet. */
const probes = [
  ["iOS", "captive.apple.com", "/hotspot-detect.html"],
  ["macOS", "www.apple.com", "/library/test/success.html"],
  ["iOS, old", "www.airport.us", "/library/test/success.html"],
  ["iOS, old", "www.thinkdifferent.us", "/"],
  ["Android", "connectivitycheck.gstatic.com", "/generate_204"],
  ["Android", "www.google.com", "/generate_204"],
  ["Android, fallback", "www.google.com", "/gen_204"],
  ["Android, fallback", "play.googleapis.com", "/generate_204"],
  ["Samsung", "www.samsung.com", "/mobile/status.php"],
  ["Xiaomi", "connect.rom.miui.com", "/generate_204"],
  ["Huawei", "connectivitycheck.platform.hicloud.com", "/generate_204"],
  ["Honor", "connectivitycheck.platform.hihonorcloud.com", "/generate_204"],
  ["OPPO", "conn1.oppomobile.com", "/generate_204"],
  ["vivo", "wifi.vivo.com.cn", "/generate_204"],
  ["Qualcomm", "www.qualcomm.cn", "/generate_204"],
  ["Windows", "www.msftconnecttest.com", "/connecttest.txt"],
  ["Windows", "www.msftconnecttest.com", "/redirect"],
  ["Windows, old", "www.msftncsi.com", "/ncsi.txt"],
  ["Ubuntu", "connectivity-check.ubuntu.com", "/"],
  ["GNOME", "nmcheck.gnome.org", "/check_network_status.txt"],
  ["Debian", "network-test.debian.org", "/nm"],
  ["Fedora", "fedoraproject.org", "/static/hotspot.txt"],
  ["Arch", "ping.archlinux.org", "/nm-check.txt"],
  ["ChromeOS", "clients3.google.com", "/generate_204"],
  ["Firefox", "detectportal.firefox.com", "/canonical.html"],
  ["Firefox", "detectportal.firefox.com", "/success.txt?ipv4"],
  ["Kindle", "spectrum.s3.amazonaws.com", "/kindle-wifi/wifistub.html"],
  ["a typed name", "neverssl.com", "/online?x=1&y=2"],
] as const;

test.each(probes)("%s asks %s%s: sent to the portal, with a body", (_system, host, path) => {
  const { reply, settings } = get(path, host);
  expect(settings).toBeUndefined();
  expect(reply).toMatchObject({
    status: 302,
    headers: { location: `http://${ADDRESS}/`, "cache-control": "no-store" },
  });
  expect(reply.headers["content-type"]).toContain("text/html");
  // Android takes 4 bytes or fewer for a broken network; Apple the word for the internet.
  expect(reply.body.length).toBeGreaterThan(4);
  expect(reply.body).toContain(`<a href="http://${ADDRESS}/">`);
  expect(reply.body).toMatch(/<meta http-equiv="refresh"/);
  expect(reply.body).not.toMatch(/success/i);
});

test("only answers that mean no internet go to a foreign host, whatever is asked how", () => {
  for (const method of ["GET", "HEAD", "POST", "PUT", "OPTIONS"])
    for (const [, host, path] of probes) {
      const { reply, settings } = route(
        { method, path, host, body: "ssid=Evil&url=http://evil.example" },
        portalState(),
      );
      expect([reply.status, settings], `${method} ${host}${path}`).toEqual([302, undefined]);
    }
});

describe("absent, for whichever host", () => {
  test.each([
    ["/wpad.dat", "wpad"],
    ["/wpad.dat", ADDRESS],
    ["/favicon.ico", ADDRESS],
    ["/favicon.ico?v=2", "captive.apple.com"],
  ])("%s at %s", (path, host) => {
    const { reply } = get(path, host);
    expect(reply.status).toBe(404);
    expect(reply.headers.location).toBeUndefined();
  });
});

test("no Host at all (HTTP/1.0) is somebody else's", () => {
  expect(get("/", "").reply.status).toBe(302);
});

test("where the portal has a port of its own everybody is sent there", () => {
  const state = portalState({ hosts: ["127.0.0.1:8080", "localhost:8080"] });
  expect(get("/generate_204", "connectivitycheck.gstatic.com", state).reply.headers.location).toBe(
    "http://127.0.0.1:8080/",
  );
  expect(get("/", "127.0.0.1", state).reply.status).toBe(302);
  expect(get("/", "localhost:8080", state).reply.status).toBe(200);
});
