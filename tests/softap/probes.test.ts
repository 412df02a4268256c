import { afterEach, describe, expect, test } from "vitest";
import { SystemClock } from "../../modules/clock/adapter.js";
import type { HttpServer, ServerReply } from "../../modules/http/http.js";
import { createHttpServer } from "../../modules/http/server-adapter.js";
import { answerProbe } from "../../softap/probes.js";
import "../moddable/support.js";
import { closedPort, faults } from "../modules/net-support.js";
import {
  exchange,
  expectCaptive,
  expectOnline,
  type ProbeRow,
  probeRows,
  type RawReply,
  replay,
} from "./probe-table.js";

const PORTAL = "http://192.168.4.1/";

const ask = (host: string, path: string, isOnline = false, method = "GET") =>
  answerProbe({ method, host, path }, PORTAL, isOnline);

const raw = ({ status, headers, body }: ServerReply): RawReply => ({
  version: "1.1",
  status,
  headers: new Map(Object.entries(headers)),
  body: String(body),
});

const label = ({ system, host, path, version }: ProbeRow) => `${system}: ${host}${path} (HTTP/${version})`;
const rows = probeRows.map((probe) => [label(probe), probe] as const);

describe("before the device is set up", () => {
  test.each(rows)("%s", (_label, probe) => {
    expectCaptive(probe, raw(ask(probe.host, probe.path)), PORTAL);
  });

  test("never a 204, nor anything of what means the internet, whatever the host", () => {
    for (const { path } of probeRows)
      for (const { host } of [...probeRows, { host: "" }, { host: "10.0.0.1" }]) {
        const { status, body } = ask(host, path);
        expect([200, 302]).toContain(status);
        expect(body).not.toMatch(/success|online|^OK|Microsoft|81ce4465/i);
      }
  });
});

describe("once it is", () => {
  test.each(rows)("%s", (_label, probe) => {
    expectOnline(probe, raw(ask(probe.host, probe.path, true)), PORTAL);
  });

  test.each([
    ["neverssl.com", "/"],
    ["www.apple.com", "/"],
    ["www.google.com", "/"],
    ["captive.apple.com.evil.example", "/hotspot-detect.html"],
    ["detectportal.firefox.com", "/"],
    ["", "/hotspot-detect.html"],
  ])("%s%s is no probe: people are led to the portal", (host, path) => {
    expect(ask(host, path, true)).toMatchObject({ status: 302, headers: { location: PORTAL } });
  });
});

describe("the name of the host", () => {
  test.each(["CAPTIVE.apple.com", "captive.apple.com:80", "captive.apple.com.", "Captive.Apple.Com.:80"])(
    "%s is Apple's",
    (host) => {
      expect(ask(host, "/hotspot-detect.html", true).body).toContain("Success");
    },
  );

  test.each(["airport.us", "ibook.info", "itools.info", "appleiphonecell.com", "thinkdifferent.us"])(
    "%s is Apple's with and without www",
    (host) => {
      for (const name of [host, `www.${host}`]) expect(ask(name, "/", true).body).toContain("Success");
    },
  );
});

describe("under a foreign name there is no way to the device", () => {
  test.each(["POST", "PUT", "DELETE", "OPTIONS", "CONNECT", "get", ""])("%s is misdirected", (method) => {
    for (const isOnline of [false, true])
      for (const { host, path } of probeRows) {
        const { status, headers, body } = ask(host, path, isOnline, method);
        expect([status, headers.location]).toEqual([421, undefined]);
        expect(String(body).length).toBeLessThan(100);
      }
  });

  test.each(["/status", "/networks", "/status?token=1"])("%s is misdirected", (path) => {
    for (const isOnline of [false, true])
      for (const host of ["evil.example", "captive.apple.com", "", "192.168.4.1.evil.example"])
        expect(ask(host, path, isOnline).status).toBe(421);
  });
});

test.each(["/wpad.dat", "/favicon.ico", "/favicon.ico?v=2", "/wpad.dat?x"])("%s is absent for any host", (path) => {
  for (const isOnline of [false, true])
    for (const host of ["wpad", "captive.apple.com", "connectivity-check.ubuntu.com", ""]) {
      const reply = ask(host, path, isOnline);
      expect([reply.status, reply.headers.location]).toEqual([404, undefined]);
    }
});

describe("over a socket, with the bytes that the systems send", () => {
  let server: HttpServer | undefined;
  afterEach(() => {
    server?.close();
    expect(faults).toEqual([]);
  });

  async function serve(isOnline: boolean): Promise<number> {
    const port = await closedPort();
    server = createHttpServer(new SystemClock())({ port, handle: (request) => answerProbe(request, PORTAL, isOnline) });
    return port;
  }

  test("every row opens the sheet", async () => {
    const port = await serve(false);
    for (const probe of probeRows) expectCaptive(probe, await replay(port, probe), PORTAL);
  });

  test("every row closes it", async () => {
    const port = await serve(true);
    for (const probe of probeRows) {
      const reply = await replay(port, probe);
      expectOnline(probe, reply, PORTAL);
      // RFC 9110 §8.6: none with 204.
      expect(reply.headers.get("content-length")).toBe(reply.status === 204 ? undefined : String(reply.body.length));
    }
  });

  test("without a Host at all, as HTTP/1.0 allows", async () => {
    const port = await serve(true);
    expect(await exchange(port, "GET /hotspot-detect.html HTTP/1.0\r\n\r\n")).toMatchObject({ status: 302 });
  });

  test("in a proxy's form the target names the host", async () => {
    const port = await serve(true);
    const target = "http://captive.apple.com/hotspot-detect.html";
    const reply = await exchange(port, `GET ${target} HTTP/1.1\r\nHost: 10.1.2.3\r\n\r\n`);
    expect(reply.body).toContain("Success");
  });

  test("HEAD gets the head alone", async () => {
    const port = await serve(false);
    const head = "HEAD / HTTP/1.1\r\nHost: networkcheck.kde.org\r\n\r\n";
    const reply = await exchange(port, head);
    expect([reply.status, reply.body]).toEqual([302, ""]);
    expect(reply.headers.get("location")).toBe(PORTAL);
    expect(Number(reply.headers.get("content-length"))).toBe(String(ask("a", "/").body).length);
  });
});
