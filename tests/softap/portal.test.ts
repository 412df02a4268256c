import { describe, expect, test } from "vitest";
import { failed, type Result, success } from "../../modules/failure/failure.js";
import type { ServerReply, ServerRequest } from "../../modules/http/http.js";
import type { Settings } from "../../modules/settings/settings.js";
import { settingsRecord } from "../../modules/settings/settings.js";
import { openPortal, type Portal, type PortalOptions } from "../../softap/portal.js";
import { VirtualClock } from "../scripted/clock.js";
import { ScriptedStore } from "../scripted/store.js";
import { query } from "./packets.js";
import { ADDRESS, STORED_PASSWORD, stored, unescapeHtml } from "./support.js";

interface Opened {
  portal: Portal;
  clock: VirtualClock;
  /** What was opened and closed, in order. */
  calls: string[];
  visit(request?: Partial<ServerRequest>): ServerReply;
  resolve(packet: Uint8Array): Uint8Array | undefined;
}

const save = {
  method: "POST",
  body: `ssid=Home&password=12345678&url=${encodeURIComponent("http://provision.example.com")}`,
};

function open(change: Partial<PortalOptions> = {}, broken?: "dns" | "http"): Opened {
  const clock = new VirtualClock();
  const calls: string[] = [];
  let handle!: (request: ServerRequest) => ServerReply;
  let answer!: (packet: Uint8Array) => Uint8Array | undefined;
  const server = (name: "dns" | "http", port: number) => {
    if (broken === name) throw new Error("bind");
    calls.push(`${name} ${port}`);
    return { close: () => void calls.push(`close ${name}`) };
  };
  const wifi = {
    openAccessPoint: ({ ssid }: { ssid: string }) => void calls.push(`access point ${ssid}`),
    closeAccessPoint: () => void calls.push("close access point"),
  } as unknown as PortalOptions["io"]["wifi"];
  try {
    const portal = openPortal({
      io: {
        wifi,
        clock,
        serveHttp: (options) => {
          handle = options.handle;
          return server("http", options.port);
        },
        serveUdp: (options) => {
          answer = options.answer;
          return server("dns", options.port);
        },
      },
      ssid: "ESP32-EEFF",
      address: ADDRESS,
      httpPort: 80,
      dnsPort: 53,
      networks: [],
      stored: undefined,
      defaultUrl: "",
      failure: undefined,
      facts: {},
      store: () => success(undefined),
      ...change,
    });
    const visit = (request: Partial<ServerRequest> = {}) =>
      handle({ method: "GET", path: "/", host: ADDRESS, body: "", ...request });
    return { portal, clock, calls, visit, resolve: answer };
  } catch (error) {
    throw Object.assign(error as Error, { calls });
  }
}

/** Whether the promise is fulfilled already. */
async function settled(promise: Promise<unknown>): Promise<boolean> {
  let done = false;
  void promise.then(() => {
    done = true;
  });
  await new Promise((turn) => setImmediate(turn));
  return done;
}

test("opens everything, says where, and closes everything, once", () => {
  const { portal, calls } = open();
  expect(portal.url).toBe(`http://${ADDRESS}/`);
  expect(calls).toEqual(["access point ESP32-EEFF", "dns 53", "http 80"]);
  portal.close();
  portal.close();
  expect(calls.slice(3).toSorted()).toEqual(["close access point", "close dns", "close http"]);
  expect(portal.isOpen).toBe(false);
});

test.each(["dns", "http"] as const)("when the %s port is taken nothing is left open", (broken) => {
  let calls: string[] = [];
  expect(() => {
    try {
      open({}, broken);
    } catch (error) {
      calls = (error as { calls: string[] }).calls;
      throw error;
    }
  }).toThrow("bind");
  const opened = calls.filter((call) => !call.startsWith("close")).length;
  expect(calls.filter((call) => call.startsWith("close"))).toHaveLength(opened);
});

test("its DNS gives the portal's address", () => {
  expect([...open().resolve(query())!.slice(-4)]).toEqual([192, 168, 4, 1]);
});

test("with another port than HTTP's its address tells it", () => {
  const { portal, visit } = open({ httpPort: 8080 });
  expect(portal.url).toBe(`http://${ADDRESS}:8080/`);
  expect(visit().headers.location).toBe(`http://${ADDRESS}:8080/`);
  expect(visit({ host: `${ADDRESS}:8080` }).status).toBe(200);
});

describe("saving", () => {
  test("stores first, then confirms", async () => {
    const kept: Settings[] = [];
    const { portal, visit } = open({ store: (settings) => success(void kept.push(settings)) });
    expect(await settled(portal.saved)).toBe(false);
    expect(visit(save).status).toBe(200);
    expect(kept).toMatchObject([{ ssid: "Home", url: "http://provision.example.com/" }]);
    expect(await settled(portal.saved)).toBe(true);
  });

  test("nothing that is not valid is stored", async () => {
    const kept: Settings[] = [];
    const { portal, visit } = open({ store: (settings) => success(void kept.push(settings)) });
    visit({ method: "POST", body: "ssid=&url=" });
    visit({ ...save, host: "captive.apple.com" });
    visit({ ...save, path: "/elsewhere" });
    visit({ path: `/?${save.body}` });
    expect([kept, await settled(portal.saved)]).toEqual([[], false]);
  });

  test("with full storage the page says so, nothing is lost, and the portal stays", async () => {
    const store = new ScriptedStore();
    const record = settingsRecord(store);
    record.write(stored);
    store.full = true;
    const { portal, visit } = open({ stored, store: (settings) => record.write(settings) });
    const reply = visit(save);
    expect(reply.status).toBe(500);
    expect(unescapeHtml(reply.body)).toContain("storage is full");
    expect(reply.body).not.toContain(STORED_PASSWORD);
    expect(await settled(portal.saved)).toBe(false);
    expect(portal.isOpen).toBe(true);
    expect(record.read()?.password.reveal()).toBe(STORED_PASSWORD);
    store.full = false;
    expect(visit(save).status).toBe(200);
    expect(record.read()?.password.reveal()).toBe("12345678");
  });

  test("a store that fails for another reason is told, too", () => {
    const store = (): Result<void> => failed("internal");
    expect(unescapeHtml(open({ store }).visit(save).body)).toContain("internal fault");
  });
});

test("why the last try failed stands on the page", () => {
  const { visit } = open({ failure: failed("wifi-password", "Home").failure });
  expect(unescapeHtml(visit().body)).toContain("The Wi-Fi password is wrong. (Home)");
});

test("every request counts as use, a phone's own probes too; then it is idle again", () => {
  const { portal, clock, visit } = open();
  const pass = (ms: number) => {
    clock.after(ms, () => {});
    clock.step();
  };
  pass(70_000);
  expect(portal.isIdle(60_000)).toBe(true);
  visit({ host: "captive.apple.com", path: "/hotspot-detect.html" });
  expect(portal.isIdle(60_000)).toBe(false);
  pass(59_000);
  expect(portal.isIdle(60_000)).toBe(false);
  pass(2_000);
  expect(portal.isIdle(60_000)).toBe(true);
});
