import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { host } from "../../mocks/moddable/host.js";
import { link, phones } from "../../mocks/moddable/link.js";
import { mode, type Network } from "../../mocks/moddable/radio.js";
import UDP from "../../mocks/moddable/socket/udp.js";
import { Secret } from "../../modules/base/secret.js";
import type { WiFiAdapter } from "../../modules/wifi/adapter.js";
import { pause, until } from "../moddable/support.js";
import { FASTER, switchOff, switchOn } from "./wifi-support.js";

const networks: Network[] = [
  { ssid: "home", password: "correct horse", rssi: -40, channel: 1 },
  { ssid: "open", rssi: -80, channel: 11 },
];
const right = new Secret("correct horse");

let wifi: WiFiAdapter;
const powerOn = (more: Network[] = []) => {
  wifi = switchOn([...networks, ...more]);
};
beforeEach(() => powerOn());
afterEach(switchOff);

const join = (ssid: string, password: Secret) => wifi.join({ ssid, password, timeoutMs: 10_000 });
const reasonOf = async (joining: ReturnType<typeof join>) => {
  const result = await joining;
  return result.ok ? undefined : result.failure;
};

describe("the access point", () => {
  const open = { ssid: "ESP32-0001", password: undefined, address: "192.168.4.1" };

  test("stands beside the station, which can scan and join meanwhile; then it is gone", async () => {
    await wifi.openAccessPoint(open);
    expect(host.radio.mode).toBe(mode.both);
    expect(host.radio.accessPoint.settings).toEqual({ ssid: "ESP32-0001", channel: 1 });
    expect((await wifi.scan({ passive: true })).length).toBe(2);
    expect(await reasonOf(join("home", right))).toBeUndefined();
    expect(wifi.status()).toMatchObject({ ssid: "home", address: "127.0.0.1", channel: 1 });
    wifi.closeAccessPoint();
    expect([host.radio.mode, host.radio.accessPoint.settings]).toEqual([mode.station, undefined]);
    await pause(50);
    expect(wifi.joined).toBe(true);
  });

  test("has a password where there is one; one that is too short is refused", async () => {
    await wifi.openAccessPoint({ ssid: "ESP32-0001", password: new Secret("on the label"), address: "4.3.2.1" });
    expect(host.radio.accessPoint.settings).toMatchObject({ password: "on the label" });
    await expect(
      wifi.openAccessPoint({ ssid: "ESP32-0001", password: new Secret("short"), address: "192.168.4.1" }),
    ).rejects.toThrow("too short");
  });

  test.each(["before", "at", 0, 30] as const)("is open when servers find its network: its event %s", async (start) => {
    wifi = switchOn(networks, { accessPointStart: start });
    const opening = wifi.openAccessPoint(open);
    if (start !== "before") expect(() => new UDP({ port: 0 })).toThrow("no network");
    await opening;
    new UDP({ port: 0 }).close();
    expect(phones.up).toBe(true);
  });

  test("that does not start is told so", async () => {
    wifi = switchOn(networks, { accessPointStart: 60_000 });
    await expect(wifi.openAccessPoint(open)).rejects.toThrow("does not start");
    wifi.closeAccessPoint();
  });

  describe.each(["192.168.4.0/24", "192.168.4.0/22", "192.168.0.0/16"])("in a network of %s", (subnet) => {
    const router: Network = { ssid: "router", password: "correct horse", subnet };

    test("goes to another address, which is told before, and then names resolve", async () => {
      powerOn([router]);
      await wifi.openAccessPoint(open);
      const joining = join("router", right);
      await until(() => wifi.nextAddress !== undefined);
      expect([wifi.accessPointAddress, wifi.nextAddress, wifi.joined]).toEqual(["192.168.4.1", "172.31.4.1", false]);
      expect([phones.up, link.internet]).toEqual([true, false]);
      expect(await reasonOf(joining)).toBeUndefined();
      expect([wifi.accessPointAddress, wifi.nextAddress]).toEqual(["172.31.4.1", undefined]);
      expect([host.radio.accessPoint.address, phones.up, link.internet]).toEqual(["172.31.4.1", false, true]);
    });

    test("opens at another address, and is where it was to be the next time", async () => {
      powerOn([router]);
      await join("router", right);
      await wifi.openAccessPoint(open);
      expect([wifi.accessPointAddress, host.radio.accessPoint.address]).toEqual(["172.31.4.1", "172.31.4.1"]);
      wifi.closeAccessPoint();
      await join("home", right);
      await wifi.openAccessPoint(open);
      expect([wifi.accessPointAddress, host.radio.accessPoint.address]).toEqual(["192.168.4.1", "192.168.4.1"]);
    });
  });

  test("its guests are told from whoever is in the station's network, also where that has the same addresses", async () => {
    const trick = (subnet: string): Network => ({ ssid: subnet, password: "correct horse", subnet });
    powerOn([trick("192.168.4.0/24"), trick("128.0.0.0/1")]);
    await wifi.openAccessPoint(open);
    await join("home", right);
    const guests = (...addresses: (string | undefined)[]) => addresses.map((address) => wifi.isGuest(address));
    expect(guests("192.168.4.2", "192.168.40.2", "127.0.0.1", "10.0.0.7", undefined)).toEqual([
      ...[true, false, false, false, false],
    ]);
    const joining = join("192.168.4.0/24", right);
    await until(() => wifi.nextAddress !== undefined);
    expect(guests("192.168.4.2")).toEqual([true]); // a phone has to see where the page goes
    await joining;
    expect(guests("192.168.4.2", "172.31.4.2")).toEqual([false, true]);
    await join("128.0.0.0/1", right);
    expect(guests("192.168.4.2", "172.31.4.2")).toEqual([false, false]);
  });

  test("that would have moved stays where the join was given up", async () => {
    powerOn([{ ssid: "router", password: "correct horse", subnet: "192.168.4.0/24" }]);
    await wifi.openAccessPoint(open);
    const joining = join("router", right);
    await until(() => wifi.nextAddress !== undefined);
    wifi.leave();
    expect(await reasonOf(joining)).toMatchObject({ reason: "wifi-lost" });
    await pause(3_000 / FASTER + 50);
    expect([wifi.accessPointAddress, wifi.nextAddress, phones.up]).toEqual(["192.168.4.1", undefined, true]);
  });

  test("keeps its phones in a passive scan, and loses them in an active one", async () => {
    await wifi.openAccessPoint(open);
    await wifi.scan({ passive: true });
    expect(phones.up).toBe(true);
    await wifi.scan({ passive: false });
    expect(phones.up).toBe(false);
  });
});
