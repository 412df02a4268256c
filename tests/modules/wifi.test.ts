import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { host } from "../../mocks/moddable/host.js";
import Net from "../../mocks/moddable/net.js";
import { mode, type Network } from "../../mocks/moddable/radio.js";
import { Secret } from "../../modules/base/secret.js";
import { WiFiAdapter } from "../../modules/wifi/adapter.js";
import { joinKnown } from "../../modules/wifi/join.js";
import { Silence } from "../../modules/wifi/silence.js";
import type { JoinOptions } from "../../modules/wifi/wifi.js";
import { knownNetwork } from "../lifecycle/support.js";
import { pause, until } from "../moddable/support.js";
import { ScriptedStore } from "../scripted/store.js";
import { fasterClock, faults } from "./net-support.js";
import { FASTER, switchOff, switchOn } from "./wifi-support.js";

const networks = [
  { ssid: "home", password: "correct horse", rssi: -60, channel: 6 },
  { ssid: "home", password: "correct horse", rssi: -40, channel: 1 },
  { ssid: "open", rssi: -80, channel: 11 },
  { ssid: "strong", password: "12345678", rssi: -30, channel: 3 },
];
const right = new Secret("correct horse");
const wrong = new Secret("wrong horse");
const none = new Secret("");
const PAUSE_MS = 3_000 / FASTER;
const LIMIT_MS = 10_000;

let wifi: WiFiAdapter;
const powerOn = (more: Network[] = []) => {
  wifi = switchOn([...networks, ...more]);
};
beforeEach(() => powerOn());
afterEach(() => {
  vi.restoreAllMocks();
  switchOff();
});

const scan = () => wifi.scan({ passive: false });
const join = (ssid: string, password: Secret, more: Partial<JoinOptions> = {}) =>
  wifi.join({ ssid, password, timeoutMs: LIMIT_MS, ...more });
const reasonOf = async (joining: ReturnType<typeof join>) => {
  const result = await joining;
  return result.ok ? undefined : result.failure;
};

test("without a network there is nothing to tell, though the radio is on some channel", () => {
  expect(Net.get("CHANNEL" as never)).toBe(1);
  expect(wifi.status()).toEqual({ ssid: "", address: "", rssi: undefined, channel: undefined });
});

test("the router's list has the device's own name", () => {
  expect(host.radio.hostName).toBe("ESP32-0001");
});

test("a name that is too long for that keeps nobody from the network", async () => {
  wifi = new WiFiAdapter(fasterClock(FASTER), "x".repeat(33));
  expect(faults).toHaveLength(1);
  expect(await reasonOf(join("open", none))).toBeUndefined();
});

test("the station is switched on from the start", () => {
  expect(host.radio.mode).toBe(mode.station);
  expect(wifi.joined).toBe(false);
});

describe("scanning", () => {
  test("gives each name once, the strongest first, and what has a password", async () => {
    expect(await scan()).toEqual([
      { ssid: "strong", rssi: -30, secured: true },
      { ssid: "home", rssi: -40, secured: true },
      { ssid: "open", rssi: -80, secured: false },
    ]);
  });

  test("ends without networks in reach, and where the driver refuses it", async () => {
    host.radio.command({ command: "drop" });
    expect(await scan()).toEqual([]);
    host.radio.mode = mode.accessPoint;
    expect(await scan()).toEqual([]);
  });

  test("while it joins gives what the last one found", async () => {
    const found = await scan();
    const joining = join("nobody", right);
    await pause(10);
    expect(await scan()).toEqual(found);
    await joining;
  });

  test("asked for twice at once is one", async () => {
    const [one, other] = await Promise.all([scan(), wifi.scan({ passive: true })]);
    expect(one).toHaveLength(3);
    expect(other).toBe(one);
    expect(faults).toEqual([]);
  });

  test("that never ends is ended, so that the next one can be", async () => {
    const never = vi.spyOn(host.radio, "scan").mockImplementation(() => () => {});
    expect(await scan()).toEqual([]);
    never.mockRestore();
    expect(await scan()).toHaveLength(3);
    expect(faults).toEqual([]);
  });

  test("a known network is found and joined behind a hundred stronger ones", async () => {
    const crowd = Array.from({ length: 100 }, (_, index) => ({ ssid: `stall ${index}`, rssi: -41 }));
    powerOn([...crowd, { ssid: "own stand", password: "correct horse", rssi: -85 }]);
    const known = [knownNetwork("gone", "gone away"), knownNetwork("own stand", "correct horse")];
    const clock = fasterClock(FASTER);
    const io = { wifi, clock, silence: new Silence(clock), random: Math.random, store: new ScriptedStore() };
    expect(await joinKnown(io, known, { limitMs: 0, passive: false, isWanted: () => true })).toMatchObject({
      ok: true,
    });
    expect(wifi.status().ssid).toBe("own stand");
    expect(wifi.lastFound.at(-1)).toEqual({ ssid: "own stand", rssi: -85, secured: true });
  });

  test("hostile names are names, also what is no UTF-8; none is left out", async () => {
    const texts = ['"><script>alert(1)</script>', "&amp;'`\\", "📶".repeat(8), "x".repeat(32), "__proto__"];
    const names = [...texts, "Caf\\xe9", "\\xd6\\xd0"];
    powerOn([...texts, "Caf\udce9", "\udcd6\udcd0"].map((ssid) => ({ ssid, rssi: -20 })));
    host.radio.command({ command: "addNetwork", network: { ssid: "unseen", hidden: true, rssi: -1 } });
    host.radio.command({ command: "addNetwork", network: { ssid: "", rssi: -1 } });
    expect((await scan()).slice(0, names.length).map(({ ssid }) => ssid)).toEqual(names);
    expect(await scan()).toHaveLength(names.length + 3);
  });
});

describe("joining", () => {
  const key = "0123456789abcdef".repeat(4);
  const long = "ü".repeat(16);

  test.each([
    ["a network with a password", "home", right],
    ["an open network", "open", none],
    ["a hidden one", "unseen", right],
    ["a name of 32 bytes with a key of 64 digits", long, new Secret(key)],
    ["a name in GBK", "\\xd6\\xd0\\xce\\xc4", right],
    ["an open one of 32 bytes that are no text", "\\xff".repeat(32), none],
  ])("%s: joined, with an address", async (_label, ssid, password) => {
    powerOn([
      { ssid: "unseen", hidden: true, password: "correct horse" },
      { ssid: long, password: key },
      { ssid: "\udcd6\udcd0\udcce\udcc4", password: "correct horse" },
      { ssid: "\udcff".repeat(32) },
    ]);
    let associated = 0;
    expect(await reasonOf(join(ssid, password, { onAssociated: () => associated++ }))).toBeUndefined();
    expect([wifi.joined, associated]).toEqual([true, 1]);
    expect(wifi.status()).toMatchObject({ ssid, address: "127.0.0.1" });
    expect(wifi.status().channel).toBeGreaterThan(0);
    expect(wifi.status().rssi).toBeLessThan(0);
  });

  test("with a wrong password says so after a second try", async () => {
    const joins = vi.spyOn(host.radio, "join");
    expect(await reasonOf(join("home", wrong))).toMatchObject({ reason: "wifi-password", detail: "home" });
    expect(joins).toHaveBeenCalledTimes(2);
    expect(wifi.joined).toBe(false);
  });

  test.each([1, 2, 3])(
    "access points that refuse %i times are asked again, each time three seconds later",
    async (times) => {
      powerOn([{ ssid: "mesh", refuseFirst: times }]);
      const startMs = Date.now();
      expect(await reasonOf(join("mesh", none))).toBeUndefined();
      expect(Date.now() - startMs).toBeGreaterThan(times * PAUSE_MS);
    },
  );

  test("access points that go on refusing have refused, whatever the password is", async () => {
    powerOn([{ ssid: "mesh", password: "correct horse", refuseFirst: 4 }]);
    expect(await reasonOf(join("mesh", right))).toMatchObject({ reason: "wifi-refused", detail: "mesh" });
    expect(await reasonOf(join("mesh", right))).toBeUndefined();
  });

  test("a network that is not in reach: not found, after a second try", async () => {
    const startMs = Date.now();
    expect(await reasonOf(join("nobody", right))).toMatchObject({ reason: "wifi-not-found", detail: "nobody" });
    expect(Date.now() - startMs).toBeGreaterThan(PAUSE_MS);
  });

  test("a network that comes into reach before the second try is joined", async () => {
    host.radio.command({ command: "drop" });
    setTimeout(() => host.radio.command({ command: "restore" }), PAUSE_MS);
    expect(await reasonOf(join("home", right))).toBeUndefined();
  });

  test("a network without DHCP: associated, no address, and not tried again", async () => {
    powerOn([{ ssid: "no DHCP", noAddress: true }]);
    const joins = vi.spyOn(host.radio, "join");
    const onAssociated = vi.fn();
    const asked = join("no DHCP", none, { timeoutMs: 3_000, onAssociated });
    expect(await reasonOf(asked)).toMatchObject({ reason: "wifi-no-address" });
    expect([joins.mock.calls.length, onAssociated.mock.calls.length, wifi.joined]).toEqual([1, 1, false]);
    await until(() => !host.radio.joining && host.radio.network === undefined);
    expect(await reasonOf(join("home", right))).toBeUndefined();
  });

  test("a driver that says nothing: each try ends with its time", async () => {
    vi.spyOn(host.radio, "join").mockImplementation(() => {});
    const startMs = Date.now();
    expect(await reasonOf(join("home", right, { timeoutMs: 4_000 }))).toMatchObject({ reason: "wifi-not-found" });
    expect(Date.now() - startMs).toBeGreaterThanOrEqual(8_000 / FASTER + PAUSE_MS - 5);
  });

  test("what the driver does not take is a failure, no exception", async () => {
    expect(await reasonOf(join("x".repeat(33), right))).toMatchObject({ reason: "internal" });
    expect(await reasonOf(join("", right))).toMatchObject({ reason: "internal" });
    expect(await reasonOf(join("home", new Secret("x".repeat(65))))).toMatchObject({ reason: "internal" });
    expect(await reasonOf(join("\\xff".repeat(33), right))).toMatchObject({ reason: "internal" });
    expect(faults.length).toBeGreaterThan(0);
  });

  test("what its observer throws changes nothing", async () => {
    const onAssociated = () => {
      throw new Error("page");
    };
    expect(await reasonOf(join("home", right, { onAssociated }))).toBeUndefined();
    expect(faults).toEqual(["fault in wifi: Error: page"]);
  });

  test("works again after it failed", async () => {
    await join("home", wrong);
    expect(await reasonOf(join("home", right))).toBeUndefined();
    await pause(150);
    expect(wifi.joined).toBe(true);
  });

  test("the password is in no failure and on no console", async () => {
    expect(JSON.stringify(await reasonOf(join("home", wrong)))).not.toContain("wrong horse");
    await join("", wrong);
    expect(faults.join()).not.toContain("wrong horse");
  });
});

describe("losing the network", () => {
  test("is told once", async () => {
    let losses = 0;
    await join("home", right);
    wifi.onLost = () => losses++;
    host.radio.command({ command: "drop" });
    await until(() => losses === 1);
    await pause(100);
    expect([losses, wifi.joined]).toEqual([1, false]);
  });

  test("while it joins is the join's own affair", async () => {
    let losses = 0;
    wifi.onLost = () => losses++;
    await join("home", wrong);
    await pause(50);
    expect(losses).toBe(0);
  });
});
