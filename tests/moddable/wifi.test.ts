import { beforeEach, describe, expect, test, vi } from "vitest";
import { host } from "../../mocks/moddable/host.js";
import { link } from "../../mocks/moddable/link.js";
import Net from "../../mocks/moddable/net.js";
import { Radio, type RadioOptions } from "../../mocks/moddable/radio.js";
import WiFi from "../../mocks/moddable/wifi.js";
import { pause, until } from "./support.js";

const strict: RadioOptions = {
  networks: [
    { ssid: "home", password: "correct horse", rssi: -60, channel: 6 },
    { ssid: "near", password: "correct horse", rssi: -30, channel: 1 },
    { ssid: "open", rssi: -80, channel: 11 },
  ],
};

let events: string[];

function powerOn(options: RadioOptions = strict): void {
  link.up = false;
  host.radio = new Radio(options);
  host.mac = "7C:DF:A1:00:00:FF";
  events = [];
  new WiFi(undefined, ((message: string, code?: number) => {
    events.push(code === undefined ? message : `${message} ${code}`);
  }) as never);
}

beforeEach(() => powerOn());

const connect = (ssid: string, password?: string) =>
  WiFi.connect({ ssid, ...(password !== undefined && { password }) });

describe("joining", () => {
  test("a known network: connect, then the address", async () => {
    WiFi.mode = 1;
    connect("home", "correct horse");
    expect([events, link.up]).toEqual([[], false]);
    await until(() => events.includes("gotIP"));
    expect(events).toEqual(["start", "connect", "gotIP"]);
    expect(link.up).toBe(true);
    expect([Net.get("SSID"), Net.get("RSSI"), Net.get("IP")]).toEqual(["home", -60, "127.0.0.1"]);
  });

  test.each([
    ["nobody", "whatever", "disconnect 0"],
    ["home", "wrong", "disconnect -1"],
    ["home", undefined, "disconnect 0"],
    ["open", "superfluous", "disconnect 0"],
    ["open", undefined, "gotIP"],
  ])("%s with %s: %s, once", async (ssid, password, event) => {
    connect(ssid, password);
    await until(() => events.includes(event));
    await pause(150);
    expect(events.at(-1)).toBe(event);
    expect(events.filter((one) => one.startsWith("disconnect"))).toHaveLength(event === "gotIP" ? 0 : 1);
  });

  test("without a list any network is joined, but not with the password invalid!", async () => {
    powerOn({});
    connect("made up", "invalid!");
    await until(() => events.includes("disconnect -1"));
    connect("made up", "valid");
    await until(() => events.includes("gotIP"));
  });

  test("the end of the network before is told after the next one was asked for", async () => {
    connect("home", "correct horse");
    await until(() => events.includes("gotIP"));
    events.length = 0;
    connect("near", "correct horse");
    await until(() => events.includes("gotIP"));
    expect(events).toEqual(["disconnect 0", "connect", "gotIP"]);
    WiFi.connect();
    await until(() => events.includes("disconnect 0"));
    expect(link.up).toBe(false);
  });

  test("a lost network is reported once and not joined again by itself", async () => {
    connect("home", "correct horse");
    await until(() => events.includes("gotIP"));
    host.radio.command({ command: "drop" });
    await until(() => events.includes("disconnect 0"));
    host.radio.command({ command: "restore" });
    await pause(150);
    expect(events.at(-1)).toBe("disconnect 0");
    connect("home", "correct horse");
    await until(() => events.at(-1) === "gotIP");
    host.radio.command({ command: "removeNetwork", ssid: "home" });
    await until(() => events.at(-1) === "disconnect 0");
    connect("home", "correct horse");
    await pause(150);
    expect(events.filter((one) => one === "gotIP")).toHaveLength(2);
  });

  test("an access point that sends the station away gives the reason that the station itself leaves with", async () => {
    connect("home", "correct horse");
    await until(() => events.includes("connect"));
    host.radio.command({ command: "kick" });
    await until(() => events.includes("disconnect 0"));
    expect([host.radio.reason, events.includes("gotIP")]).toEqual([8, false]);
  });

  test("the code is what it is when the device hears it, not when the driver tells", async () => {
    connect("home", "wrong");
    await new Promise<void>((told) => vi.spyOn(host.radio.accessPoint, "follow").mockImplementationOnce(() => told()));
    expect([host.radio.reason, events]).toEqual([15, ["start"]]);
    WiFi.disconnect();
    await until(() => events.length === 2);
    expect(events).toEqual(["start", "disconnect 0"]);
  });

  test("the driver's limits", () => {
    expect(() => connect("")).toThrow("ssid required");
    expect(() => connect("é".repeat(17))).toThrow("32 bytes max");
    expect(() => connect("home", "x".repeat(65))).toThrow("64 bytes max");
    WiFi.mode = 2;
    expect(() => connect("home")).toThrow("esp_wifi_connect failed");
  });
});

describe("scanning", () => {
  test("gives every network, the strongest first, and then null", async () => {
    const items: ({ ssid: string; bssid: ArrayBuffer; authentication: string } | null)[] = [];
    WiFi.scan({}, (item) => items.push(item) as never);
    expect(() => WiFi.scan({}, () => {})).toThrow("already scanning");
    await until(() => items.includes(null));
    expect(items.map((item) => item && `${item.ssid} ${item.authentication}`)).toEqual([
      "near wpa2_psk",
      "home wpa2_psk",
      "open none",
      null,
    ]);
    expect(items[0]!.bssid.byteLength).toBe(6);
  });

  test("ends with nothing when a network is joined", async () => {
    WiFi.mode = 1;
    const items: unknown[] = [];
    WiFi.scan({}, (item) => items.push(item) as never);
    connect("home", "correct horse");
    await until(() => items.length > 0);
    expect(items).toEqual([null]);
    await until(() => events.includes("gotIP"));
    expect(items).toEqual([null]);
  });

  test("that is stopped is not told of; the end of it is taken for the next one's", async () => {
    const told: string[] = [];
    WiFi.scan({}, () => told.push("first") as never);
    WiFi.scan();
    WiFi.scan({}, (item) => told.push(item ? item.ssid : "end") as never);
    await until(() => told.length > 0);
    await pause(50);
    expect(told).toEqual(["end"]);
    WiFi.scan({}, (item) => told.push(item ? item.ssid : "end") as never);
    await until(() => told.length === 5);
    expect(told).toEqual(["end", "near", "home", "open", "end"]);
  });

  test("does not work for an access point alone, nor while joining", () => {
    WiFi.mode = 2;
    expect(() => WiFi.scan({}, () => {})).toThrow("scan request failed");
    WiFi.mode = 1;
    connect("home", "correct horse");
    expect(() => WiFi.scan({}, () => {})).toThrow("scan request failed");
  });
});

describe("the access point", () => {
  test.each([
    [{ ssid: "x".repeat(33) }, "ssid too long - 32 bytes max"],
    [{ ssid: "ap", password: "x".repeat(65) }, "password too long - 64 bytes max"],
    [{ ssid: "ap", password: "seven77" }, "password too short - 8 bytes min"],
    [{ ssid: "ap", password: "" }, "password too short - 8 bytes min"],
    [{ ssid: "ap", channel: 14 }, "invalid channel"],
  ])("%j: %s", (options, message) => {
    expect(() => WiFi.accessPoint(options)).toThrow(message);
  });

  test("is alone, unless the station is asked for", () => {
    expect(WiFi.mode).toBe(-5);
    WiFi.accessPoint({ ssid: "ap" });
    expect(WiFi.mode).toBe(2);
    WiFi.mode = 1;
    WiFi.accessPoint({ ssid: "ap", station: true } as never);
    expect(WiFi.mode).toBe(3);
    expect(() => {
      WiFi.mode = 4 as never;
    }).toThrow("invalid mode");
  });
});

test("the MAC address is known only when one interface is meant", () => {
  const get = Net.get as (what: string, which?: string) => string | undefined;
  expect(get("MAC")).toBeUndefined();
  WiFi.mode = 1;
  expect(get("MAC")).toBe("7C:DF:A1:00:00:FF");
  WiFi.mode = 3;
  expect(get("MAC")).toBeUndefined();
  expect(get("MAC", "station")).toBe("7C:DF:A1:00:00:FF");
  expect(get("MAC", "ap")).toBe("7C:DF:A1:00:00:00");
});

test("names are resolved one after another, addresses without a network", async () => {
  link.up = false;
  const answers: unknown[] = [];
  for (const name of ["10.1.2.3", "localhost", "example.test"])
    Net.resolve(name, (...answer) => answers.push(answer) as never);
  expect(answers).toEqual([]);
  await until(() => answers.length === 3);
  expect(answers).toEqual([
    ["10.1.2.3", "10.1.2.3"],
    ["localhost", "127.0.0.1"],
    ["example.test", undefined],
  ]);
});
