/** A warm start: the channel where the network was is looked at first, and all others where it is not there any more. */
import { afterEach, expect, test, vi } from "vitest";
import { host } from "../../mocks/moddable/host.js";
import { CHANNELS } from "../../mocks/moddable/networks.js";
import { CHANNEL_MS, type Network } from "../../mocks/moddable/radio.js";
import { inUse } from "../../mocks/moddable/usage.js";
import type { WiFiAdapter } from "../../modules/wifi/adapter.js";
import { forgetChannel, lastChannel } from "../../modules/wifi/channel.js";
import { joinKnown } from "../../modules/wifi/join.js";
import { Silence } from "../../modules/wifi/silence.js";
import { knownNetwork } from "../lifecycle/support.js";
import { ScriptedStore } from "../scripted/store.js";
import { fasterClock, faults } from "./net-support.js";
import { FASTER, switchOff, switchOn } from "./wifi-support.js";

const home: Network = { ssid: "home", password: "correct horse", channel: 11 };
const NETWORK = knownNetwork("home", "correct horse");
afterEach(() => {
  vi.restoreAllMocks();
  switchOff();
});

/** After a power cut: flash has what it had. @returns which channels the driver has looked at, in the chip's time */
async function start(store: ScriptedStore, networks: Network[], known = [NETWORK]): Promise<number> {
  const before = inUse("channels");
  const wifi: WiFiAdapter = switchOn(networks);
  const clock = fasterClock(FASTER);
  const io = { wifi, clock, silence: new Silence(clock), random: () => 0.5, store };
  const joined = await joinKnown(io, known, { limitMs: 60_000, passive: false, isWanted: () => true });
  expect(joined).toMatchObject({ ok: true });
  expect(faults).toEqual([]);
  return (inUse("channels") - before) * CHANNEL_MS.active;
}

test("the second start looks at one channel; it is written once", async () => {
  const store = new ScriptedStore();
  const set = vi.spyOn(store, "set");
  expect(await start(store, [home])).toBe(CHANNELS * CHANNEL_MS.active);
  expect(await start(store, [home])).toBe(CHANNEL_MS.active);
  expect(await start(store, [home])).toBe(CHANNEL_MS.active);
  expect(set.mock.calls).toEqual([["channel", "11 home"]]);
});

test("a router that has another channel is found on the way, and the next start knows that one", async () => {
  const store = new ScriptedStore();
  await start(store, [home]);
  for (const [channel, ms] of [
    [1, 240],
    [6, 840],
    [13, 1_560],
  ] as const) {
    expect(await start(store, [{ ...home, channel }])).toBeLessThanOrEqual(ms);
    expect(await start(store, [{ ...home, channel }])).toBe(CHANNEL_MS.active);
  }
});

test("an access point there that has no room is not all there is: the next try takes the strongest of the name", async () => {
  const store = new ScriptedStore();
  await start(store, [home]);
  const full = { ...home, refuseFirst: 9, rssi: -80 };
  await start(store, [full, { ...home, channel: 1, rssi: -50 }]);
  expect(lastChannel(store, "home")).toBe(1);
});

test("of several networks the one that was joined last is joined on its channel, another one on all", async () => {
  const store = new ScriptedStore();
  const other: Network = { ssid: "other", password: "left-handed", channel: 3, rssi: -90 };
  const both = [NETWORK, knownNetwork("other", "left-handed")];
  await start(store, [home, other], both);
  expect(await start(store, [home, other], both)).toBe(CHANNEL_MS.active);
  expect(await start(store, [other], both)).toBe(CHANNELS * CHANNEL_MS.active);
  expect(lastChannel(store, "other")).toBe(3);
});

test("a name that is no text has its channel, too; and so has one with spaces and digits in it", async () => {
  for (const [ssid, bytes] of [
    ["\\xd6\\xd0", "\udcd6\udcd0"],
    ["7 of 9", "7 of 9"],
  ] as const) {
    const store = new ScriptedStore();
    const networks = [{ ...home, ssid: bytes }];
    const known = [knownNetwork(ssid, "correct horse")];
    await start(store, networks, known);
    expect(await start(store, networks, known)).toBe(CHANNEL_MS.active);
  }
});

test("at the known channel, too, a wrong password is one, and a network that is gone is not there", async () => {
  const store = new ScriptedStore();
  await start(store, [home]);
  const wifi = switchOn([{ ...home, password: "another one" }]);
  const join = (channel: number) => wifi.join({ ...NETWORK, timeoutMs: 10_000, channel });
  expect(await join(11)).toMatchObject({ failure: { reason: "wifi-password" } });
  host.radio.command({ command: "removeNetwork", ssid: "home" });
  expect(await join(11)).toMatchObject({ failure: { reason: "wifi-not-found" } });
});

test("what makes no sense in flash is no channel, and a reset forgets it", () => {
  const store = new ScriptedStore();
  for (const text of ["", "home", "0 home", "-1 home", "11  home", "11 house", "1e1 home"]) {
    store.set("channel", text);
    expect(lastChannel(store, "home"), text).toBeUndefined();
  }
  store.set("channel", "11 home");
  expect(lastChannel(store, "home")).toBe(11);
  expect(forgetChannel(store)).toBe(true);
  expect(lastChannel(store, "home")).toBeUndefined();
  expect(forgetChannel(store)).toBe(true);
});
