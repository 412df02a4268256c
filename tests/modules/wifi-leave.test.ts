import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { host } from "../../mocks/moddable/host.js";
import { link } from "../../mocks/moddable/link.js";
import { Radio, type RadioOptions } from "../../mocks/moddable/radio.js";
import { Secret } from "../../modules/base/secret.js";
import { WiFiAdapter } from "../../modules/wifi/adapter.js";
import { pause, until } from "../moddable/support.js";
import { fasterClock, faults } from "./net-support.js";

const FASTER = 20;
let wifi: WiFiAdapter;
let losses: number;

function switchOn(options: RadioOptions = {}): void {
  link.up = false;
  host.radio = new Radio({
    networks: [
      { ssid: "one", password: "first password" },
      { ssid: "two", password: "second password" },
      { ssid: "no DHCP", noAddress: true },
    ],
    ...options,
  });
  wifi = new WiFiAdapter(fasterClock(FASTER), "ESP32-0001");
  losses = 0;
  wifi.onLost = () => losses++;
}

beforeEach(() => switchOn());

afterEach(() => {
  vi.restoreAllMocks();
  link.up = true;
});

const join = async (ssid: string, password: string, timeoutMs = 10_000) => {
  const result = await wifi.join({ ssid, password: new Secret(password), timeoutMs });
  return result.ok ? "joined" : result.failure.reason;
};
const joinOne = () => join("one", "first password");
const joinTwo = () => join("two", "second password");

describe("leaving", () => {
  test("a network: at once, and nobody calls it a loss", async () => {
    await joinOne();
    wifi.leave();
    expect([wifi.joined, host.radio.network]).toEqual([false, undefined]);
    await pause(100);
    expect([losses, link.up]).toEqual([0, false]);
  });

  test("where there is none: nothing happens", async () => {
    const left = vi.spyOn(host.radio, "disconnect");
    wifi.leave();
    expect(left).not.toHaveBeenCalled();
    expect(await joinOne()).toBe("joined");
  });

  /** Before the association, and between it and the address. */
  test.each([
    ["before the association", () => until(() => host.radio.joining)],
    [
      "before the address",
      () => new Promise<void>((done) => void host.radio.subscribe((message) => message === "connect" && done())),
    ],
  ])("a join under way, %s: it ends with wifi-lost, and the radio is quiet", async (_label, reached) => {
    const joining = joinOne();
    await reached();
    wifi.leave();
    expect(await joining).toBe("wifi-lost");
    await pause(200);
    expect([wifi.joined, host.radio.joining, host.radio.network, losses]).toEqual([false, false, undefined, 0]);
  });

  test("in the pause before the second try: there is none", async () => {
    const tries = vi.spyOn(host.radio, "join");
    const joining = join("one", "wrong password");
    await pause(100);
    wifi.leave();
    expect(await joining).toBe("wifi-lost");
    await pause(300);
    expect(tries).toHaveBeenCalledTimes(1);
  });

  test("and a loss after it is one again", async () => {
    await joinOne();
    wifi.leave();
    await joinTwo();
    host.radio.command({ command: "removeNetwork", ssid: "two" });
    await until(() => losses === 1);
  });
});

describe("a new join", () => {
  test.each([0, 5, 40, 100])("wins over one that is under way for %i ms", async (afterMs) => {
    const first = join("no DHCP", "");
    await pause(afterMs);
    const second = joinTwo();
    expect(await first).toBe("wifi-lost");
    expect(await second).toBe("joined");
    expect(host.radio.network?.ssid).toBe("two");
    await pause(600); // the first one's time is up now
    expect([wifi.joined, host.radio.network?.ssid, losses]).toEqual([true, "two", 0]);
  });

  test("does not end with the time of the one before it", async () => {
    const first = join("no DHCP", "", 2_000);
    await pause(5);
    const { radio } = host;
    const slowly = radio.join.bind(radio);
    const tries = vi
      .spyOn(radio, "join")
      .mockImplementationOnce((...asked) => void setTimeout(() => slowly(...asked), 200));
    const second = joinTwo();
    expect(await first).toBe("wifi-lost");
    expect(await second).toBe("joined");
    expect(tries).toHaveBeenCalledTimes(1);
  });

  test("takes the end of the network before it for no refusal of its own", async () => {
    await joinOne();
    const tries = vi.spyOn(host.radio, "join");
    expect(await joinTwo()).toBe("joined");
    expect([tries.mock.calls.length, losses]).toEqual([1, 0]);
  });

  test("is not ended by a driver that tells late that it has left", async () => {
    switchOn({ leaveMs: 800 / FASTER });
    await joinOne();
    const tries = vi.spyOn(host.radio, "join");
    expect(await joinTwo()).toBe("joined");
    expect([tries.mock.calls.length, losses]).toEqual([1, 0]);
  });

  test("waits no longer than it has to where the driver does not tell that it left, as the simulator", async () => {
    await joinOne();
    vi.spyOn(host.radio, "disconnect").mockImplementationOnce(() => {});
    expect(await joinTwo()).toBe("joined");
  });

  test("of many, the last one: each of the others ends", async () => {
    const joins = [joinOne(), joinTwo(), joinOne(), joinTwo()];
    expect(await Promise.all(joins)).toEqual(["wifi-lost", "wifi-lost", "wifi-lost", "joined"]);
    expect(host.radio.network?.ssid).toBe("two");
    expect(faults).toEqual([]);
  });
});

test("an address that comes when nobody joins any more is not a joined network", async () => {
  const joining = joinOne();
  vi.spyOn(host.radio, "disconnect").mockImplementation(() => {}); // the simulator goes on joining
  await pause(10);
  wifi.leave();
  expect(await joining).toBe("wifi-lost");
  await until(() => host.radio.network !== undefined);
  await pause(20);
  expect(wifi.joined).toBe(false);
});
