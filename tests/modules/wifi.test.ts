import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { host } from "../../mocks/moddable/host.js";
import { link } from "../../mocks/moddable/link.js";
import { mode, Radio } from "../../mocks/moddable/radio.js";
import { Secret } from "../../modules/secret/secret.js";
import { WiFiAdapter } from "../../modules/wifi/adapter.js";
import { pause, until } from "../moddable/support.js";
import { fasterClock } from "./net-support.js";

const networks = [
  { ssid: "home", password: "correct horse", rssi: -60, channel: 6 },
  { ssid: "home", password: "correct horse", rssi: -40, channel: 1 },
  { ssid: "open", rssi: -80, channel: 11 },
  { ssid: "strong", password: "12345678", rssi: -30, channel: 3 },
];
const right = new Secret("correct horse");
const wrong = new Secret("wrong horse");
/** Thirty seconds of the lifecycle's become a second and a half. */
const FASTER = 20;
const LIMIT_MS = 30_000;

let wifi: WiFiAdapter;
beforeEach(() => {
  link.up = false;
  host.radio = new Radio({ networks });
  wifi = new WiFiAdapter(fasterClock(FASTER));
});
afterEach(() => {
  link.up = true;
});

const join = (ssid: string, password: Secret, limitMs = LIMIT_MS) => wifi.join(ssid, password, limitMs);
const reasonOf = async (...asked: Parameters<typeof join>) => {
  const result = await join(...asked);
  return result.ok ? undefined : result.failure;
};

test("the station is switched on from the start", () => {
  expect(host.radio.mode).toBe(mode.station);
  expect(wifi.joined).toBe(false);
});

describe("scanning", () => {
  test("gives each name once, the strongest first, and what has a password", async () => {
    expect(await wifi.scan()).toEqual([
      { ssid: "strong", rssi: -30, secured: true },
      { ssid: "home", rssi: -40, secured: true },
      { ssid: "open", rssi: -80, secured: false },
    ]);
  });

  test("ends without networks in reach, and where the driver refuses it", async () => {
    host.radio.command({ command: "drop" });
    expect(await wifi.scan()).toEqual([]);
    host.radio.mode = mode.accessPoint;
    expect(await wifi.scan()).toEqual([]);
  });
});

describe("joining", () => {
  test.each([
    ["a network with a password", "home", right],
    ["an open network", "open", new Secret("")],
  ])("%s: joined, with an address", async (_label, ssid, password) => {
    expect(await reasonOf(ssid, password)).toBeUndefined();
    expect(wifi.joined).toBe(true);
    expect(wifi.status()).toMatchObject({ address: "127.0.0.1" });
    expect(wifi.status().rssi).toBeLessThan(0);
  });

  test("with a wrong password says so after a second try, well before the time is up", async () => {
    const startMs = Date.now();
    expect(await reasonOf("home", wrong)).toMatchObject({ reason: "wifi-password", detail: "home" });
    expect(Date.now() - startMs).toBeLessThan(LIMIT_MS / FASTER / 2);
    expect(wifi.joined).toBe(false);
  });

  test("a network that is not in reach: tried until the time is up, not longer", async () => {
    await wifi.scan();
    const startMs = Date.now();
    expect(await reasonOf("nobody", right)).toMatchObject({ reason: "wifi-not-found", detail: "nobody" });
    expect(Date.now() - startMs).toBeGreaterThan((LIMIT_MS - 5_000) / FASTER);
    expect(Date.now() - startMs).toBeLessThan(LIMIT_MS / FASTER + 300);
  });

  test("a network that comes into reach within the time is joined", async () => {
    host.radio.command({ command: "drop" });
    setTimeout(() => host.radio.command({ command: "restore" }), 400);
    expect(await reasonOf("home", right)).toBeUndefined();
  });

  test("what the driver does not take is a failure, no exception", async () => {
    expect(await reasonOf("x".repeat(33), right)).toBeDefined();
    expect(await reasonOf("", right)).toBeDefined();
  });

  test("works again after it failed", async () => {
    await reasonOf("home", wrong);
    expect(await reasonOf("home", right)).toBeUndefined();
    await pause(150);
    expect(wifi.joined).toBe(true);
  });

  test("the password is in no failure", async () => {
    expect(JSON.stringify(await reasonOf("home", wrong))).not.toContain("wrong horse");
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
    await reasonOf("home", wrong);
    await pause(50);
    expect(losses).toBe(0);
  });
});

describe("the access point", () => {
  test("stands beside the station, which can scan and join meanwhile; then it is gone", async () => {
    wifi.openAccessPoint("ESP32-0001");
    expect(host.radio.mode).toBe(mode.both);
    expect((await wifi.scan()).length).toBe(3);
    expect(await reasonOf("home", right)).toBeUndefined();
    wifi.closeAccessPoint();
    expect(host.radio.mode).toBe(mode.station);
    await pause(50);
    expect(wifi.joined).toBe(true);
  });
});
