/** What a start waits for until it is on MQTT: the figures of `npm run bench -- journey`, and of docs/chip.md. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { measureTraffic } from "../../benchmarks/traffic.js";
import { fixedMsOf, roundTripsOf, waitsOf } from "../../benchmarks/waits.js";
import { parseSdkconfig } from "../../tools/esp32/sdkconfig.js";
import { ROOT } from "../../tools/sdk.js";

const DOCUMENT = readFileSync(join(ROOT, "docs/chip.md"), "utf8");
const SDK = parseSdkconfig("");
const OWN = parseSdkconfig(readFileSync(join(ROOT, "modules/system/esp32/sdkconfig.defaults"), "utf8"));

test.each([
  ["an address", false, 2],
  ["a name", true, 3],
] as const)(
  "a warm start is on MQTT after one channel and, with a broker that has %s, so many round trips",
  { timeout: 120_000 },
  async (_by, isNamed, roundTrips) => {
    const { cold, warm } = await measureTraffic(isNamed);
    expect(cold.usage.searchMs).toBe(1_560);
    expect(warm.usage).toMatchObject({ searchMs: 70, lookups: isNamed ? 1 : 0 });
    const waits = waitsOf(warm, OWN, true);
    expect(roundTripsOf(waits)).toBe(roundTrips);
    // DNS and TCP: CONNECT, SUBSCRIBE and the status wait for each other's answers no more.
    expect(warm.traffic).toMatchObject({ connections: 1, roundTrips: 2, beforePublish: 1 });
    expect(fixedMsOf(waits)).toBe(70 + 30);
  },
);

test("docs/chip.md has the waits as ESP-IDF's options make them", () => {
  const row = (name: string) => {
    const [, ...cells] = DOCUMENT.split("\n")
      .find((line) => line.startsWith(`| ${name}`))!
      .split("|")
      .slice(1, -1);
    return cells.map((cell) => cell.trim());
  };
  const traffic = { connections: 1, sentBytes: 0, receivedBytes: 0, roundTrips: 2 };
  const columns = [
    waitsOf({ traffic, usage: { searchMs: 1_560, lookups: 1 } }, SDK, false),
    waitsOf({ traffic, usage: { searchMs: 1_560, lookups: 1 } }, OWN, false),
    waitsOf({ traffic, usage: { searchMs: 70, lookups: 1 } }, OWN, true),
  ].map((waits) => new Map(waits.map((wait) => [wait.what, wait])));
  for (const [index, column] of columns.entries()) {
    const ms = (what: string) => `${column.get(what)!.fixedMs.toLocaleString("en")} ms`;
    expect(row("scan")[index]).toContain(ms("scan"));
    expect(row("association")[index]).toBe(ms("association"));
    expect(row("IPv6")[index]).toContain(ms("address"));
    expect(row("DHCP")[index]).toMatch(new RegExp(`^${column.get("address")!.roundTrips} round trip`));
  }
  expect(row("DHCP")[0]).toContain("1,000 ms of ARP");
});
