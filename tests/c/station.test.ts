/** The station's C (modules/wifi/esp32/station.c) with stand-ins for ESP-IDF: what the driver is told to look for, and where. */
import { execFileSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect } from "vitest";
import { ROOT } from "../../tools/sdk.js";
import { compiled } from "./compile.js";
import { systemTest } from "./system/build.js";

const HERE = join(ROOT, "tests", "c", "wifi");
const SOURCES = [join(HERE, "station.c"), join(ROOT, "modules", "wifi", "esp32", "station.c")];
const FLAGS = ["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-g", "-fsanitize=address,undefined"];

function joined(name: string, password: string, channel: number): Record<string, unknown> {
  const headers = readdirSync(join(HERE, "idf")).map((name) => join(HERE, "idf", name));
  const program = compiled([...FLAGS, `-I${join(HERE, "idf")}`, ...SOURCES], [...SOURCES, ...headers]);
  return JSON.parse(execFileSync(program, [name, password, String(channel)], { encoding: "utf8" }));
}

systemTest("without a channel the driver looks on all, and takes the strongest", () => {
  expect(joined("Home", "correct horse", 0)).toEqual({
    ...{ error: 0, connects: 1, ssid: "Home", password: "correct horse", reason: 201 },
    ...{ fast: false, channel: 0, bySignal: true, pinned: false },
  });
});

systemTest("with one it begins there, ends with the first that it finds, and is tied to no access point", () => {
  expect(joined("Home", "", 11)).toMatchObject({ error: 0, fast: true, channel: 11, pinned: false, password: "" });
});

systemTest(
  "a name of 32 bytes and a key of 64 fill their fields; one more is refused before the driver hears of it",
  () => {
    const [name, key] = ["n".repeat(32), "5a".repeat(32)];
    expect(joined(name, key, 1)).toMatchObject({ error: 0, connects: 1, ssid: name, password: key });
    for (const [ssid, password] of [
      [`${name}n`, key],
      [name, `${key}a`],
    ] as const)
      expect(joined(ssid, password, 1)).toMatchObject({ error: 0x104, connects: 0, ssid: "" });
  },
);
