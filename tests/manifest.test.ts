import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { readPartitions } from "../tools/partitions.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const read = (path: string) => JSON.parse(readFileSync(root + path, "utf8"));
const sdkconfig = readFileSync(`${root}modules/system/esp32/sdkconfig.defaults`, "utf8");
const SECTOR_BYTES = 4096;
const TABLE_OFFSET = 0x8000;
/** Folders with a manifest of their own; those of `agent` and `provisioning` stand in one for the whole floor. */
const folders = [
  ...readdirSync(`${root}modules`, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== "typings")
    .map(({ name }) => `modules/${name}`),
  "softap",
  "softap/page",
  "provisioning",
  "agent",
];
const FLOORS = ["agent", "provisioning"];

// A wildcard in `preload` names nothing: modules that are not listed one by one end up in RAM.
test.each(folders)("every module of %s is preloaded on the chip", (folder) => {
  const manifest = read(`${folder}/manifest.json`);
  const preloaded = [...(manifest.preload ?? []), ...(manifest.platforms?.esp32?.preload ?? [])];
  const modules = readdirSync(root + folder, { recursive: FLOORS.includes(folder), encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => `${folder}/${name.slice(0, -3)}`);
  for (const name of modules) expect(preloaded).toContain(name === "modules/base/timer" ? "timer" : name);
});

test("every folder's manifest is part of the build", () => {
  const included = [
    ...read("modules/manifest.json").include.map((path: string) => path.replace("./", "modules/")),
    ...read("softap/manifest.json").include.map((path: string) => path.replace("./", "softap/")),
    ...read("agent/manifest.json").include.map((path: string) => path.replace("../", "")),
    ...read("manifest.json").include.map((path: string) => path.replace("./", "")),
  ];
  for (const folder of folders) expect(included).toContain(`${folder}/manifest.json`);
});

// ESP-IDF, "Partition Tables": the table has a sector of its own (CONFIG_PARTITION_TABLE_OFFSET), applications begin at
// 64 KiB, the record of the slots has two sectors, NVS three at least. Names are those that ESP-IDF and the SDK look for.
test("the partitions keep ESP-IDF's rules, in the flash that the build is configured for", () => {
  const partitions = readPartitions();
  const configured = /^CONFIG_ESPTOOLPY_FLASHSIZE_(\d+)MB=y$/m.exec(sdkconfig)?.[1];
  let end = TABLE_OFFSET + SECTOR_BYTES;
  for (const { type, address, size } of partitions) {
    expect(address).toBeGreaterThanOrEqual(end);
    expect([address % (type === 0 ? 2 ** 16 : SECTOR_BYTES), size % SECTOR_BYTES]).toEqual([0, 0]);
    end = address + size;
  }
  expect(end).toBeLessThanOrEqual(Number(configured) * 1024 * 1024);
  const named = Object.fromEntries(partitions.map((partition) => [partition.label, partition]));
  expect(Object.keys(named).sort()).toEqual(["identity", "nvs", "ota_0", "ota_1", "otadata", "phy_init"]);
  expect(named).toMatchObject({ nvs: { type: 1, subtype: 2 }, phy_init: { type: 1, subtype: 1 } });
  expect(named).toMatchObject({ otadata: { type: 1, subtype: 0, size: 2 * SECTOR_BYTES } });
  expect(named).toMatchObject({ ota_0: { type: 0, subtype: 0x10 }, ota_1: { type: 0, subtype: 0x11 } });
  expect(named).toMatchObject({ identity: { type: 1, subtype: 2 } });
  expect(named.nvs!.size).toBeGreaterThanOrEqual(3 * SECTOR_BYTES);
  // What fits into one slot has to fit into the other.
  expect(named.ota_0!.size).toBe(named.ota_1!.size);
});

/** Firmware does without them on boards that were flashed before. */
const LATER: readonly string[] = ["identity"];

// Over the air comes an image, not a table: the boards in the field have this one for good, and firmware that takes
// another for granted finds neither its settings nor its slots. Whoever means to change it changes it here as well.
test("the partitions are those of the boards in the field, and what came later in room that they leave free", () => {
  const first = readPartitions().filter(({ label }) => !LATER.includes(label));
  const text = first.map((partition) => Object.values(partition).join());
  expect(createHash("sha256").update(text.join("\n")).digest("hex").slice(0, 16)).toBe("e78aaf40644d32f4");
});

test("the image says the version that the agent reports", () => {
  expect(sdkconfig).toMatch(/^CONFIG_APP_PROJECT_VER_FROM_CONFIG=y$/m);
  expect(/^CONFIG_APP_PROJECT_VER="(.*)"$/m.exec(sdkconfig)?.[1]).toBe(read("manifest.json").config.firmwareVersion);
});
