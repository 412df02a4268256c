/**
 * Every system of the captive-portal reference (§3): what its client sends, byte for byte, and what it takes for a
 * portal and for the internet. `replay` works against whatever listens: the pure portal, the virtual device, the simulator.
 */
import { connect } from "node:net";
import { expect } from "vitest";

export interface ProbeRow {
  readonly system: string;
  readonly host: string;
  /** With the query. */
  readonly path: string;
  readonly version: "1.0" | "1.1";
  readonly userAgent: string;
  /** How it spells the names of headers. */
  readonly spelling?: "lower";
  /** What opens the sheet: a 302 with a body, or the same page with 200 for those that ignore a 302. */
  readonly captive: "redirect" | "page";
  /** What closes it; "redirect": no probe, people are led to the portal all the time. */
  readonly online: "redirect" | { readonly status: number; readonly body: string; readonly header?: [string, string] };
}

export interface RawReply {
  readonly version: string;
  readonly status: number;
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

const NO_CONTENT = { status: 204, body: "" };
const APPLE = { status: 200, body: "<HTML><HEAD><TITLE>Success</TITLE></HEAD><BODY>Success</BODY></HTML>" };
const MANAGED: [string, string] = ["x-networkmanager-status", "online"];
const NETWORK_MANAGER = { status: 200, body: "NetworkManager is online\n", header: MANAGED };

type Client = Pick<ProbeRow, "version" | "userAgent" | "spelling">;
const wispr: Client = { version: "1.0", userAgent: "CaptiveNetworkSupport-465 wispr" };
const sheet: Client = { version: "1.1", userAgent: "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X)" };
const dalvik: Client = {
  version: "1.1",
  userAgent: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/60.0.3112.32 Safari/537.36",
};
const ncsi: Client = { version: "1.1", userAgent: "Microsoft NCSI" };
const manager: Client = { version: "1.1", userAgent: "NetworkManager/1.48.10" };
const chrome: Client = { version: "1.1", userAgent: "Mozilla/5.0 (X11; CrOS x86_64 15917.0.0)", spelling: "lower" };
const firefox: Client = { version: "1.1", userAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko Firefox/132.0" };
const fire: Client = { version: "1.1", userAgent: "Dalvik/2.1.0 (Linux; U; Android 9; KFMAWI)" };

function row(
  system: string,
  client: Client,
  host: string,
  path: string,
  online: ProbeRow["online"],
  captive: ProbeRow["captive"] = "redirect",
): ProbeRow {
  return { system, ...client, host, path, captive, online };
}

export const probeRows: readonly ProbeRow[] = [
  row("iOS", wispr, "captive.apple.com", "/hotspot-detect.html", APPLE),
  row("iOS, from the sheet", sheet, "captive.apple.com", "/hotspot-detect.html", APPLE),
  row("iOS, a page that navigates", sheet, "captive.apple.com", "/", APPLE),
  row("macOS", wispr, "www.apple.com", "/library/test/success.html", APPLE),
  row("iOS, old", wispr, "www.airport.us", "/", APPLE),
  row("iOS, old", wispr, "www.ibook.info", "/Ga2K/dTbB/mH1.html", APPLE),
  row("iOS, old", wispr, "www.itools.info", "/library/test/success.html", APPLE),
  row("iOS, old", wispr, "www.appleiphonecell.com", "/", APPLE),
  row("iOS, old", wispr, "www.thinkdifferent.us", "/", APPLE),
  row("Android", dalvik, "connectivitycheck.gstatic.com", "/generate_204", NO_CONTENT),
  row("Android", dalvik, "www.google.com", "/generate_204", NO_CONTENT),
  row("Android, fallback", dalvik, "www.google.com", "/gen_204", NO_CONTENT),
  row("Android, fallback", dalvik, "play.googleapis.com", "/generate_204", NO_CONTENT),
  row("Samsung", dalvik, "connectivitycheck.android.com", "/generate_204", NO_CONTENT),
  row("Samsung", dalvik, "www.samsung.com", "/mobile/status.php", NO_CONTENT, "page"),
  row("Xiaomi", dalvik, "connect.rom.miui.com", "/generate_204", NO_CONTENT),
  row("Huawei", dalvik, "connectivitycheck.platform.hicloud.com", "/generate_204", NO_CONTENT),
  row("Huawei", dalvik, "connectivitycheck.cbg-app.huawei.com", "/generate_204", NO_CONTENT),
  row("Honor", dalvik, "connectivitycheck.platform.hihonorcloud.com", "/generate_204", NO_CONTENT),
  row("OPPO", dalvik, "conn1.oppomobile.com", "/generate_204", NO_CONTENT),
  row("OnePlus, realme", dalvik, "conn2.oppomobile.com", "/generate_204", NO_CONTENT),
  row("OPPO, fallback", dalvik, "www.google.cn", "/generate_204", NO_CONTENT),
  row("OPPO, fallback", dalvik, "developers.google.cn", "/generate_204", NO_CONTENT),
  row("vivo", dalvik, "wifi.vivo.com.cn", "/generate_204", NO_CONTENT),
  row("other Chinese systems", dalvik, "www.qualcomm.cn", "/generate_204", NO_CONTENT),
  row("Windows", ncsi, "www.msftconnecttest.com", "/connecttest.txt", { status: 200, body: "Microsoft Connect Test" }),
  row("Windows, IPv6", ncsi, "ipv6.msftconnecttest.com", "/connecttest.txt", {
    status: 200,
    body: "Microsoft Connect Test",
  }),
  row("Windows, old", ncsi, "www.msftncsi.com", "/ncsi.txt", { status: 200, body: "Microsoft NCSI" }),
  row("Windows, its browser", sheet, "www.msftconnecttest.com", "/redirect", "redirect"),
  row("Ubuntu", manager, "connectivity-check.ubuntu.com", "/", { ...NO_CONTENT, header: MANAGED }),
  row("GNOME", manager, "nmcheck.gnome.org", "/check_network_status.txt", NETWORK_MANAGER),
  row("Debian", manager, "network-test.debian.org", "/nm", NETWORK_MANAGER),
  row("Fedora", manager, "fedoraproject.org", "/static/hotspot.txt", { status: 200, body: "OK\n", header: MANAGED }),
  row("Arch", manager, "ping.archlinux.org", "/nm-check.txt", NETWORK_MANAGER),
  row("KDE", manager, "networkcheck.kde.org", "/", { status: 200, body: "OK\n", header: MANAGED }),
  row("ChromeOS", chrome, "clients3.google.com", "/generate_204", NO_CONTENT),
  row("ChromeOS, Chrome", chrome, "www.gstatic.com", "/generate_204", NO_CONTENT),
  row("Firefox", firefox, "detectportal.firefox.com", "/canonical.html", {
    status: 200,
    body: '<meta http-equiv="refresh" content="0;url=https://support.mozilla.org/kb/captive-portal"/>',
  }),
  row("Firefox", firefox, "detectportal.firefox.com", "/success.txt", { status: 200, body: "success\n" }),
  row("Firefox", firefox, "detectportal.firefox.com", "/success.txt?ipv4", { status: 200, body: "success\n" }),
  row("Fire OS", fire, "spectrum.s3.amazonaws.com", "/kindle-wifi/wifistub.html", {
    status: 200,
    body: "<html><head><title>Kindle Reachability Probe Page</title></head><body>81ce4465-7167-4dcb-835b-dcc9e44c112a</body></html>\n",
  }),
  row(
    "Fire OS, its sheet",
    fire,
    "spectrum.s3.amazonaws.com",
    "/kindle-wifi/wifiredirect.html",
    {
      status: 200,
      body: "<html><head><title>Kindle Reachability Probe Page</title></head><body>81ce4465-7167-4dcb-835b-dcc9e44c112a</body></html>\n",
    },
    "page",
  ),
  row("Fire OS, newer", fire, "fireoscaptiveportal.com", "/generate_204", NO_CONTENT),
  row("a person who types a name", sheet, "neverssl.com", "/online?x=1&y=2", "redirect"),
];

/** What the row's client puts on the wire. */
export function requestText({ host, path, version, userAgent, spelling }: ProbeRow): string {
  const lines = [`Host: ${host}`, `User-Agent: ${userAgent}`, "Accept: */*", "Connection: close"];
  const spelled = lines.map((line) =>
    spelling === "lower" ? line.replace(/^[^:]+/, (name) => name.toLowerCase()) : line,
  );
  return `GET ${path} HTTP/${version}\r\n${spelled.join("\r\n")}\r\n\r\n`;
}

/** Sends a row's request, and reads its reply until the server ends it. @throws where there is none, or no HTTP */
export function replay(port: number, probe: ProbeRow): Promise<RawReply> {
  return exchange(port, requestText(probe));
}

/** Sends these bytes. @throws where the connection ends without an answer or does not end in ten seconds */
export function exchange(port: number, request: string): Promise<RawReply> {
  return new Promise((done, failed) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(request));
    const received: Buffer[] = [];
    socket.setTimeout(10_000, () => socket.destroy(new Error(`no end of ${Buffer.concat(received)}`)));
    socket.on("error", failed);
    socket.on("data", (data) => received.push(data));
    socket.on("close", () => {
      const reply = parseReply(Buffer.concat(received).toString());
      if (reply) done(reply);
      else failed(new Error(`no HTTP: ${JSON.stringify(Buffer.concat(received).toString())}`));
    });
  });
}

export function parseReply(text: string): RawReply | undefined {
  const end = text.indexOf("\r\n\r\n");
  const start = /^HTTP\/(1\.[01]) (\d{3}) /.exec(text);
  if (end < 0 || !start) return undefined;
  const headers = text
    .slice(0, end)
    .split("\r\n")
    .slice(1)
    .map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()] as const);
  return { version: start[1]!, status: Number(start[2]), headers: new Map(headers), body: text.slice(end + 4) };
}

/** The answer opens the system's sheet. */
export function expectCaptive({ captive }: ProbeRow, reply: RawReply, portalUrl: string): void {
  expect(reply.status).toBe(captive === "page" ? 200 : 302);
  if (captive === "redirect") expect(reply.headers.get("location")).toBe(portalUrl);
  expect(reply.headers.get("content-type")).toContain("text/html");
  expect(reply.headers.get("cache-control")).toBe("no-store");
  // Android takes 4 bytes or fewer for a broken network; Apple the word for the internet.
  expect(reply.body.length).toBeGreaterThan(4);
  expect(reply.body).not.toMatch(/success/i);
  expect(reply.body).toContain(`<meta http-equiv="refresh" content="0;url=${portalUrl}">`);
  expect(reply.body).toContain(`<a href="${portalUrl}">`);
  expect([...reply.headers.keys()]).not.toContain("x-networkmanager-status");
}

/** The answer is what the system takes for the internet. */
export function expectOnline(probe: ProbeRow, reply: RawReply, portalUrl: string): void {
  const { online } = probe;
  if (online === "redirect") {
    expectCaptive(probe, reply, portalUrl);
    return;
  }
  expect([reply.status, reply.body]).toEqual([online.status, online.body]);
  expect(reply.headers.get("cache-control")).toBe("no-store");
  if (online.header) expect(reply.headers.get(online.header[0])).toBe(online.header[1]);
}
