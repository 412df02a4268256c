/** Orders of the driver's events that only a quick or a busy device sees (xs6wifi.c posts each to the machine's queue). */
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { host } from "../../mocks/moddable/host.js";
import { link } from "../../mocks/moddable/link.js";
import type { Network, RadioMessage } from "../../mocks/moddable/radio.js";
import { Secret } from "../../modules/base/secret.js";
import type { WiFiAdapter } from "../../modules/wifi/adapter.js";
import { joinKnown } from "../../modules/wifi/join.js";
import { Silence } from "../../modules/wifi/silence.js";
import { knownNetwork } from "../lifecycle/support.js";
import { pause, until } from "../moddable/support.js";
import { ScriptedStore } from "../scripted/store.js";
import { fasterClock, faults } from "./net-support.js";
import { FASTER, switchOff, switchOn } from "./wifi-support.js";

const networks: Network[] = [
  { ssid: "home", password: "correct horse", rssi: -40 },
  { ssid: "router", password: "correct horse", rssi: -60, subnet: "192.168.4.0/24" },
];

let wifi: WiFiAdapter;
let losses: number;

beforeEach(() => {
  wifi = switchOn(networks);
  losses = 0;
  wifi.onLost = () => losses++;
});
afterEach(() => {
  vi.restoreAllMocks();
  switchOff();
});

const join = async (ssid: string, password = "correct horse", bss = "") => {
  const result = await wifi.join({ ssid, password: new Secret(password), timeoutMs: 10_000, bss });
  return result.ok ? "joined" : result.failure.reason;
};
const scan = () => wifi.scan({ passive: false });
/** The event has come to the device. */
const told = (wanted: RadioMessage) =>
  new Promise<void>((done) => {
    const end = host.radio.subscribe((message) => {
      if (message !== wanted) return;
      end();
      done();
    });
  });
/** The address has come, and the event of it is on its way to the device. */
const addressed = () => new Promise<void>((done) => void link.watch((up) => up && done()));
/** The same of a refusal. */
const refused = () =>
  new Promise<void>((done) => vi.spyOn(host.radio.accessPoint, "follow").mockImplementationOnce(() => done()));

describe("a scan", () => {
  test("that a join stops keeps what the last one found", async () => {
    const found = await scan();
    expect(found).toHaveLength(2);
    const scanning = scan();
    await pause(5);
    expect(await join("home")).toBe("joined");
    expect(await scanning).toEqual(found);
    expect(wifi.lastFound).toEqual(found);
  });

  test("that each of many joins stops keeps it, too, and the next one is a whole one", async () => {
    const found = await scan();
    const scanning = scan();
    const joins = [join("home"), join("router"), join("home")];
    expect(await Promise.all(joins)).toEqual(["wifi-lost", "wifi-lost", "joined"]);
    expect(await scanning).toEqual(found);
    expect(await scan()).toEqual(found);
  });

  test("that never ends says nothing about the networks", async () => {
    const found = await scan();
    vi.spyOn(host.radio, "scan").mockImplementation(() => {});
    expect(await scan()).toEqual(found);
    vi.restoreAllMocks();
    expect(await scan()).toEqual(found);
    expect(faults).toEqual([]);
  });

  test("in the moment of leaving is a whole one", async () => {
    await join("home");
    wifi.leave();
    expect(await scan()).toHaveLength(2);
  });

  test.each(["open", "close"])("in which the access point comes or goes is a whole one: %s", async (change) => {
    const accessPoint = { ssid: "ESP32-0001", password: undefined, address: "192.168.4.1" };
    if (change === "close") await wifi.openAccessPoint(accessPoint);
    const scanning = wifi.scan({ passive: true });
    if (change === "close") wifi.closeAccessPoint();
    else await wifi.openAccessPoint(accessPoint);
    expect(await scanning).toHaveLength(2);
  });
});

describe("an access point that sends the station away while it joins", () => {
  test.each([1, 2])(
    "before it has an address, %i times: it is asked again each time",
    { timeout: 5_000 },
    async (times) => {
      const joining = join("home");
      for (let time = 0; time < times; time++) {
        await told("connect");
        host.radio.command({ command: "kick" });
      }
      expect(await joining).toBe("joined");
      expect([host.radio.network?.ssid, losses]).toEqual(["home", 0]);
    },
  );

  test.each(
    ["kick", "removeNetwork"].flatMap((way) => [
      [way, "the strongest of the name"],
      [way, "the one of the last time"],
    ]),
  )("while the device's own is about to move: nothing moves, nothing is joined: %s, %s", async (way, which) => {
    const isKicked = way === "kick";
    await join("router");
    const { bss } = wifi;
    wifi.leave();
    await wifi.openAccessPoint({ ssid: "ESP32-0001", password: undefined, address: "192.168.4.1" });
    const joining = join("router", "correct horse", which.endsWith("time") ? bss : "");
    await until(() => wifi.nextAddress !== undefined);
    host.radio.command(isKicked ? { command: "kick" } : { command: "removeNetwork", ssid: "router" });
    await told("disconnect");
    expect([wifi.nextAddress, wifi.accessPointAddress, wifi.joined]).toEqual([undefined, "192.168.4.1", false]);
    expect(await joining).toBe(isKicked ? "joined" : "wifi-not-found");
    expect([wifi.joined, wifi.accessPointAddress]).toEqual([isKicked, isKicked ? "172.31.4.1" : "192.168.4.1"]);
    expect(host.radio.network?.ssid).toBe(isKicked ? "router" : undefined);
  });
});

describe("events that wait in the device's queue", () => {
  test("an address, when the network is left: it is not joined, and the next one is", async () => {
    const joining = join("home");
    await addressed();
    wifi.leave();
    expect(await joining).toBe("wifi-lost");
    const tries = vi.spyOn(host.radio, "join");
    expect(await join("router")).toBe("joined");
    expect([tries.mock.calls.length, wifi.status().ssid, losses]).toEqual([1, "router", 0]);
  });

  test("a loss, when the network is left: it is told to nobody, and the next one is joined", async () => {
    await join("home");
    host.radio.command({ command: "removeNetwork", ssid: "home" });
    wifi.leave();
    const tries = vi.spyOn(host.radio, "join");
    expect(await join("router")).toBe("joined");
    expect([tries.mock.calls.length, losses]).toEqual([1, 0]);
  });

  test("an address and the loss of it: whoever waited for the join sees that the network is gone", async () => {
    const clock = fasterClock(FASTER);
    const store = new ScriptedStore();
    const io = { wifi, clock, silence: new Silence(clock), random: () => 0.5, store };
    const known = [knownNetwork("home", "correct horse")];
    const joining = joinKnown(io, known, { limitMs: 0, passive: false, isWanted: () => true });
    await addressed();
    host.radio.command({ command: "kick" });
    await joining;
    expect([wifi.joined, wifi.status().ssid, store.get("bss")]).toEqual([false, "", undefined]);
    expect(losses).toBe(1);
    expect(await join("home")).toBe("joined");
  });

  test("a refusal, when another network is joined: it is not the other one's", async () => {
    const first = join("home", "wrong horse");
    await refused();
    const second = join("router");
    expect([await first, await second]).toEqual(["wifi-lost", "joined"]);
  });
});
