/** docs/product.md, "Firmware": the command as it is, with the SDK's own tools. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { ROOT } from "../../tools/sdk.js";
import { expectSentence, start } from "../commands/support.js";
import { newFolder, writeKettle } from "./kettle.js";

/** The stage compiles some two hundred modules, and the machine may be busy. */
const STAGE_MS = 1_200_000;

const build = (...args: string[]) => start("tools/esp32/cli", args, { env: { IDF_PATH: "" } });

function makeKettle(change: object = {}): string {
  const folder = newFolder();
  writeKettle(folder, change);
  writeFileSync(join(folder, "private-ca.der"), Buffer.alloc(3));
  return folder;
}

// ESP-IDF is not asked for: the JavaScript stage and the configuration are the SDK's.
describe.skipIf(!process.env.MODDABLE)("npm run build:esp32 -- FOLDER", () => {
  test("links the kettle, in its own folder: its version, its partitions, its memory", {
    timeout: STAGE_MS,
  }, async () => {
    const folder = makeKettle();
    const table = readFileSync(join(ROOT, "modules/system/esp32/partitions.csv"), "utf8");
    writeFileSync(join(folder, "partitions.csv"), `${table}files, data, spiffs, 0x700000, 64K\n`);
    const run = build(folder);
    expect(await run.exit, run.output()).toBe(0);
    expect(run.output()).toContain("done: the manifest links.");
    expect(run.output()).toMatch(/Linked so far, without C: [\d,]+ bytes, \d+ % of a slot/);
    expect(existsSync(join(ROOT, "build/kettle"))).toBe(false);
    const below = join(folder, "build/kettle/javascript/tmp/esp32/esp32s3/release/kettle");
    expect(readFileSync(join(below, "makefile"), "utf8")).toMatch(/^CREATION = -c 65536,0,4000,0,512,/m);
    const read = (file: string) => readFileSync(join(below, "xsProj-esp32s3", file), "utf8");
    expect(read("sdkconfig.mc")).toContain('CONFIG_APP_PROJECT_VER="1.0.0"\n');
    expect(read("partitions.csv")).toContain("files, data, spiffs");
    // What a build with ESP-IDF finds is made by ESP-IDF alone.
    expect(existsSync(join(folder, "build/kettle/tmp"))).toBe(false);
  });

  test.each<[string, (folder: string) => void, RegExp]>([
    [
      "partitions that overlap",
      (folder) => {
        const table = readFileSync(join(ROOT, "modules/system/esp32/partitions.csv"), "utf8");
        writeFileSync(join(folder, "partitions.csv"), `${table}files, data, spiffs, 0x600000, 1M\n`);
      },
      /partitions\.csv:\n {2}files overlaps ota_1\n$/,
    ],
    [
      "an option that the agent needs otherwise",
      (folder) => writeFileSync(join(folder, "sdkconfig.defaults"), "CONFIG_ESP_TASK_WDT_PANIC=n\n"),
      /sdkconfig\.mc:\n {2}CONFIG_ESP_TASK_WDT_PANIC has to be y\n$/,
    ],
    [
      "more slots than there is RAM",
      (folder) => writeKettle(folder, { creation: { heap: { initial: 9_000 } } }),
      /RAM, at most:[\s\S]* bytes are missing: take them from the manifest's creation\.\n$/,
    ],
  ])("refuses %s before anything is compiled", async (_what, write, sentence) => {
    const folder = makeKettle();
    write(folder);
    const run = build(folder);
    expect(await run.exit).toBe(1);
    expect(run.output()).toMatch(sentence);
    expect(run.output()).not.toContain("Building");
    expectSentence(run.output());
  });

  test("names the boards that there are", async () => {
    const run = build("--board", "esp32/none");
    expect(await run.exit).toBe(2);
    expect(run.output()).toContain("--board: one of esp32/esp32s3, ");
  });
});
