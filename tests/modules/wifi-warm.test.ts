/** A warm start: the access point of the last time is asked for first, and all of the name where it is not there any more. */
import { afterEach, expect, test, vi } from "vitest";
import { host } from "../../mocks/moddable/host.js";
import { CHANNELS } from "../../mocks/moddable/networks.js";
import { CHANNEL_MS, type Network } from "../../mocks/moddable/radio.js";
import { inUse } from "../../mocks/moddable/usage.js";
import type { WiFiAdapter } from "../../modules/wifi/adapter.js";
import { forgetBss, lastBss } from "../../modules/wifi/bss.js";
import { joinKnown } from "../../modules/wifi/join.js";
import { Silence } from "../../modules/wifi/silence.js";
import { knownNetwork } from "../lifecycle/support.js";
import { ScriptedStore } from "../scripted/store.js";
import { fasterClock, faults } from "./net-support.js";
import { FASTER, switchOff, switchOn } from "./wifi-support.js";

/** For all of a name. */
const COLD_MS = CHANNELS * CHANNEL_MS.active;
const home: Network = { ssid: "home", password: "correct horse", channel: 11, bssid: "7C:DF:A1:00:0B:EE" };
const BSSID = "7cdfa1000bee";
const NETWORK = knownNetwork("home", "correct horse");
afterEach(() => {
  vi.restoreAllMocks();
  switchOff();
});

/** After a power cut: flash has what it had. @returns how long the driver has searched, in the chip's time */
async function start(store: ScriptedStore, networks: Network[], known = [NETWORK]): Promise<number> {
  const before = inUse("searchMs");
  const wifi: WiFiAdapter = switchOn(networks);
  const clock = fasterClock(FASTER);
  const io = { wifi, clock, silence: new Silence(clock), random: () => 0.5, store };
  const joined = await joinKnown(io, known, { limitMs: 60_000, passive: false, isWanted: () => true });
  expect(joined).toMatchObject({ ok: true });
  expect(faults).toEqual([]);
  return inUse("searchMs") - before;
}

test("the second start looks on one channel; the access point is written once", async () => {
  const store = new ScriptedStore();
  const set = vi.spyOn(store, "set");
  expect(await start(store, [home])).toBe(COLD_MS);
  expect(await start(store, [home])).toBe(CHANNEL_MS.quick);
  expect(await start(store, [home])).toBe(CHANNEL_MS.quick);
  expect(set.mock.calls).toEqual([["bss", `0b${BSSID} home`]]);
});

test("a router that has another channel is found within a second, and the next start knows that one", async () => {
  const store = new ScriptedStore();
  await start(store, [home]);
  for (const channel of [1, 6, 13]) {
    expect(await start(store, [{ ...home, channel }])).toBeLessThan(1_000);
    expect(await start(store, [{ ...home, channel }])).toBe(CHANNEL_MS.quick);
  }
});

test("a router that is another one: within a second all of the name are looked for, at once and with no try lost", async () => {
  const store = new ScriptedStore();
  await start(store, [home]);
  const other = { ...home, bssid: "7C:DF:A1:00:0B:EF", refuseFirst: 1 };
  const wifi = switchOn([other]);
  const join = vi.spyOn(host.radio, "join");
  const before = inUse("searchMs");
  expect(await wifi.join({ ...NETWORK, timeoutMs: 10_000, bss: lastBss(store, "home") })).toEqual({ ok: true });
  expect(join.mock.calls.map(([, , bss]) => bss?.channel)).toEqual([11, undefined, undefined]);
  const quickMs = inUse("searchMs") - before - 2 * COLD_MS;
  expect(quickMs).toBe(CHANNELS * CHANNEL_MS.quick);
  expect(quickMs).toBeLessThan(1_000);
  await start(store, [other]);
  expect(lastBss(store, "home")).toBe("0b7cdfa1000bef");
});

test("of two access points of the name on one channel it takes the one that it had, and with the second the strongest", async () => {
  const store = new ScriptedStore();
  const far = { ...home, bssid: "7C:DF:A1:00:0F:AA", rssi: -80 };
  await start(store, [home]);
  await start(store, [far, { ...home, rssi: -85 }]);
  expect(lastBss(store, "home")).toBe(`0b${BSSID}`);
  const strong = { ...home, bssid: "7C:DF:A1:00:0F:BB", rssi: -50, channel: 1 };
  await start(store, [far, strong, { ...home, refuseFirst: 9 }]);
  expect(lastBss(store, "home")).toBe("017cdfa1000fbb");
});

test("of several networks the one that was joined last is joined where it was, another one is looked for", async () => {
  const store = new ScriptedStore();
  const other: Network = { ssid: "other", password: "left-handed", channel: 3, rssi: -90 };
  const both = [NETWORK, knownNetwork("other", "left-handed")];
  await start(store, [home, other], both);
  expect(await start(store, [home, other], both)).toBe(CHANNEL_MS.quick);
  expect(await start(store, [other], both)).toBe(COLD_MS);
  expect(lastBss(store, "other")).toMatch(/^03/);
});

test("a name that is no text has its access point, too; and so has one with spaces and digits in it", async () => {
  for (const [ssid, bytes] of [
    ["\\xd6\\xd0", "\udcd6\udcd0"],
    ["7 of 9", "7 of 9"],
  ] as const) {
    const store = new ScriptedStore();
    const networks = [{ ...home, ssid: bytes }];
    const known = [knownNetwork(ssid, "correct horse")];
    await start(store, networks, known);
    expect(await start(store, networks, known)).toBe(CHANNEL_MS.quick);
  }
});

test("at the known access point, too, a wrong password is one, and a network that is gone is not there", async () => {
  const wifi = switchOn([{ ...home, password: "another one" }]);
  const join = () => wifi.join({ ...NETWORK, timeoutMs: 10_000, bss: `0b${BSSID}` });
  expect(await join()).toMatchObject({ failure: { reason: "wifi-password" } });
  host.radio.command({ command: "removeNetwork", ssid: "home" });
  expect(await join()).toMatchObject({ failure: { reason: "wifi-not-found" } });
});

test("what makes no sense in flash is no access point, and a reset forgets it", async () => {
  const store = new ScriptedStore();
  const bss = `0b${BSSID}`;
  for (const text of ["", "home", `${bss} `, `${bss}  home`, `${bss} house`, `${bss}home`, `0b7cdfa1000be home`]) {
    store.set("bss", text);
    expect(lastBss(store, "home"), text).toBe("");
  }
  store.set("bss", "not hexadecima home");
  expect(await start(store, [home])).toBe(COLD_MS);
  expect(lastBss(store, "home")).toBe(bss);
  expect(forgetBss(store)).toBe(true);
  expect(lastBss(store, "home")).toBe("");
  expect(forgetBss(store)).toBe(true);
});
