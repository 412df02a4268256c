/** The station's C (modules/wifi/esp32/station.c) with stand-ins for ESP-IDF: what the driver is told to look for, and where. */
import { execFileSync } from "node:child_process";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { CHANNEL_MS } from "../../mocks/moddable/radio.js";
import { ROOT } from "../../tools/sdk.js";
import { compiled } from "./compile.js";
import { systemTest } from "./system/build.js";

const HERE = join(ROOT, "tests", "c", "wifi");
const SOURCES = [join(HERE, "station.c"), join(ROOT, "modules", "wifi", "esp32", "station.c")];
const FLAGS = ["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-g", "-fsanitize=address,undefined"];
/** The states of DHCP's client (lwip/prot/dhcp.h). */
const [REBOOTING, SELECTING, BOUND] = [3, 6, 10];

function told(...args: string[]): Record<string, unknown> {
  const headers = readdirSync(join(HERE, "idf"), { recursive: true, encoding: "utf8" })
    .map((name) => join(HERE, "idf", name))
    .filter((file) => statSync(file).isFile());
  const program = compiled([...FLAGS, `-I${join(HERE, "idf")}`, ...SOURCES], [...SOURCES, ...headers]);
  return JSON.parse(execFileSync(program, args, { encoding: "utf8" }));
}

const joined = (name: string, password: string, bss: string) => told("join", name, password, bss);

systemTest("without an access point of the last time the driver looks on all channels, and takes the strongest", () => {
  expect(joined("Home", "correct horse", "")).toEqual({
    ...{ error: 0, connects: 1, ssid: "Home", password: "correct horse", reason: 201 },
    ...{
      fast: false,
      channel: 0,
      bySignal: true,
      bssid: null,
      scanMs: CHANNEL_MS.active,
      afterwardsMs: CHANNEL_MS.active,
    },
  });
});

systemTest("with one it looks for that one alone, there first, and on all 13 channels within a second", () => {
  const { scanMs, ...rest } = joined("Home", "", "0b7cdfa1000bee");
  expect(rest).toMatchObject({ error: 0, fast: true, channel: 11, bssid: "7C:DF:A1:00:0B:EE", password: "" });
  expect(Number(scanMs) * 13).toBeLessThan(1_000);
  expect(scanMs).toBe(CHANNEL_MS.quick);
  expect(rest.afterwardsMs).toBe(CHANNEL_MS.active);
});

systemTest("what the station is at is a text that it takes, where there is room for it", () => {
  expect(told("bss")).toEqual({ none: 0, small: 0, one: "0b7cdfa1000bee" });
});

systemTest("what makes no sense in flash is no access point", () => {
  for (const text of [
    "0b7cdfa1000be",
    "0b7cdfa1000beee",
    "007cdfa1000bee",
    "0e7cdfa1000bee",
    "0b7cdfa1 00bee",
    "0x7cdfa1000bee",
  ])
    expect(joined("Home", "", text), text).toMatchObject({ error: 0, channel: 0, bssid: null, fast: false });
});

systemTest("a router that says nothing to the last lease is asked for any within a second, once", () => {
  const silent = told("lease", String(REBOOTING));
  expect(silent).toMatchObject({ state: SELECTING, runs: false });
  expect(silent.afterMs).toBeLessThan(1_000);
  for (const state of [0, SELECTING, BOUND]) expect(told("lease", String(state))).toMatchObject({ state, runs: false });
});

systemTest(
  "a name of 32 bytes and a key of 64 fill their fields; one more is refused before the driver hears of it",
  () => {
    const [name, key] = ["n".repeat(32), "5a".repeat(32)];
    const bss = "017cdfa1000bee";
    expect(joined(name, key, bss)).toMatchObject({ error: 0, connects: 1, ssid: name, password: key });
    for (const [ssid, password] of [
      [`${name}n`, key],
      [name, `${key}a`],
    ] as const)
      expect(joined(ssid, password, bss)).toMatchObject({
        error: 0x104,
        connects: 0,
        ssid: "",
        scanMs: CHANNEL_MS.active,
      });
  },
);
