/** What the portal opens and closes. */
import { describe, expect, test } from "vitest";
import { installGlobals } from "../../mocks/moddable/globals.js";
import { Secret } from "../../modules/base/secret.js";
import { openPortal, type PortalOptions } from "../../softap/portal.js";
import { route } from "../../softap/routes.js";
import { build } from "../scripted/build.js";
import { goodWorld } from "../scripted/cloud.js";
import { MAC } from "../scripted/identity.js";
import { World } from "../scripted/world.js";
import { query } from "./packets.js";

installGlobals();

function options(calls: string[], broken?: "dns" | "http", brokenTimes = Number.POSITIVE_INFINITY): PortalOptions {
  const { device, clock } = new World(goodWorld());
  let times = 0;
  const server = (name: "dns" | "http", port: number) => {
    if (broken === name && times++ < brokenTimes) {
      setImmediate(() => clock.step());
      throw new Error("bind");
    }
    calls.push(`${name} ${port}`);
    return { close: () => void calls.push(`close ${name}`) };
  };
  const wifi = {
    ...device.wifi,
    openAccessPoint: async ({ ssid, password }: { ssid: string; password: Secret | undefined }) =>
      void calls.push(`access point ${ssid} ${password?.reveal() ?? "open"}`),
    closeAccessPoint: () => void calls.push("close access point"),
  };
  return {
    io: {
      ...device,
      wifi,
      serveHttp: ({ port, admits: mayConnect }) => {
        admits = mayConnect!;
        return server("http", port);
      },
      serveUdp: (port, responder) => {
        answers = (packet) => responder.answer(packet);
        return server("dns", port);
      },
    },
    showCode: () => {},
    ...{ onKept() {}, onRetry() {}, quotes: () => true, mayChange: true, isPasswordOwn: false },
    serviceAt: () => {
      throw new Error("nobody asks");
    },
    store: device.store,
    journal: device.journal,
    failure: undefined,
    ssid: "ESP32-EEFF",
    password: undefined,
    address: build.accessPointAddress,
    httpPort: 80,
    dnsPort: 53,
    defaultUrl: "",
    urlLocked: false,
    facts: { mac: MAC, serial: undefined, firmware: "1.0.0" },
  };
}
const textOf = (body: unknown) =>
  typeof body === "string" ? body : Buffer.concat(body as readonly Uint8Array[]).toString();
let admits: (address: string | undefined) => boolean;
let answers: (packet: Uint8Array) => Uint8Array | undefined;

test("opens everything, says where, and closes everything, once", async () => {
  const calls: string[] = [];
  const portal = await openPortal(options(calls));
  expect(calls).toEqual(["access point ESP32-EEFF open", "dns 53", "http 80"]);
  portal.close();
  portal.close();
  expect(calls.slice(3).toSorted()).toEqual(["close access point", "close dns", "close http"]);
  expect(portal.isOpen).toBe(false);
});

test("the access point has the password that the label has", async () => {
  const calls: string[] = [];
  await openPortal({ ...options(calls), password: new Secret("from-the-label") });
  expect(calls[0]).toBe("access point ESP32-EEFF from-the-label");
});

describe.each(["dns", "http"] as const)("when the %s port is taken", (broken) => {
  test("nothing is left open, after three tries", async () => {
    const calls: string[] = [];
    await expect(openPortal(options(calls, broken))).rejects.toThrow("bind");
    const closed = calls.filter((call) => call.startsWith("close"));
    expect(closed).toHaveLength(calls.length - closed.length);
    expect(calls.filter((call) => call.startsWith("access point"))).toHaveLength(3);
  });

  test("for a moment only, it opens", async () => {
    const calls: string[] = [];
    const portal = await openPortal(options(calls, broken, 1));
    expect(portal.isOpen).toBe(true);
    expect(calls.slice(-3)).toEqual(["access point ESP32-EEFF open", "dns 53", "http 80"]);
  });
});

test("its DNS gives the access point's address, whichever it is", async () => {
  const given = options([]);
  const wifi = Object.assign(given.io.wifi, { accessPointAddress: "4.3.2.1" });
  await openPortal(given);
  expect([...answers(query())!.slice(-4)]).toEqual([4, 3, 2, 1]);
  wifi.accessPointAddress = "172.31.4.1";
  expect([...answers(query())!.slice(-4)]).toEqual([172, 31, 4, 1]);
});

test("whoever is not in the access point's network gets no connection, whatever the host that he names", async () => {
  const given = options([]);
  Object.assign(given.io.wifi, { isGuest: (address: string | undefined) => address === "192.168.4.2" });
  await openPortal(given);
  expect(["192.168.4.2", "192.168.1.20", undefined].map((address) => admits(address))).toEqual([true, false, false]);
});

test("that moves takes no change meanwhile: anybody of the network that it goes out of the way of may ask", async () => {
  const given = options([]);
  Object.assign(given.io.wifi, { nextAddress: "172.31.4.1" });
  const portal = await openPortal(given);
  const body = `token=${portal.token}&ssid=Home&password=&url=http://evil.example.com/`;
  const request = { method: "POST", host: "192.168.4.1", path: "/", headers: new Map(), body };
  expect(route(request, portal).status).toBe(503);
  Object.assign(given.io.wifi, { nextAddress: undefined });
  expect(route({ ...request, body: body.replace("Home", "") }, portal).status).toBe(422);
});

test("that has to move says where to, and is there afterwards", async () => {
  const given = { ...options([]), httpPort: 80 };
  const wifi = Object.assign(given.io.wifi, { nextAddress: "172.31.4.1" as string | undefined });
  const portal = await openPortal(given);
  const visit = (host: string, path: string) =>
    route({ method: "GET", host, path, headers: new Map(), body: "" } as never, portal);
  for (const path of ["/", "/status"])
    expect(textOf(visit("192.168.4.1", path).body)).toContain('<a href="http://172.31.4.1/"');
  Object.assign(wifi, { nextAddress: undefined, accessPointAddress: "172.31.4.1" });
  expect(textOf(visit("172.31.4.1", "/status").body)).not.toContain("172.31.4.1");
  expect(visit("192.168.4.1", "/status")).toMatchObject({ status: 421 });
  expect(visit("captive.apple.com", "/").headers).toMatchObject({ location: "http://172.31.4.1/" });
});

test.each([
  [80, "http://192.168.4.1/"],
  [8080, "http://192.168.4.1:8080/"],
])("with port %i the console tells the address %s", async (httpPort, address) => {
  const given = options([]);
  const events: object[] = [];
  const log = {
    event: (event: object) => void events.push(event),
    note: () => {},
    debug: () => {},
    level: "normal" as const,
  };
  await openPortal({ ...given, io: { ...given.io, log }, httpPort, failure: { reason: "wifi-lost" } });
  expect(events).toEqual([{ state: "portal", ssid: "ESP32-EEFF", address, reason: "wifi-lost" }]);
});
