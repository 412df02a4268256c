import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const root = fileURLToPath(new URL("..", import.meta.url));
const read = (path: string) => JSON.parse(readFileSync(root + path, "utf8"));
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

test("the partitions: NVS, two slots and their record, aligned, in 8 MB, none over another", () => {
  const lines = readFileSync(`${root}modules/system/esp32/partitions.csv`, "utf8").split("\n");
  const partitions = lines
    .filter((line) => line.trim() && !line.startsWith("#"))
    .map((line) => line.split(",").map((cell) => cell.trim()))
    .map(([name, type, subtype, offset, size]) => ({
      name,
      type,
      subtype,
      offset: Number(offset),
      size: Number(size),
    }));
  expect(partitions.map(({ subtype }) => subtype)).toEqual(["nvs", "phy", "ota", "ota_0", "ota_1"]);
  let end = 0x9000; // behind bootloader and partition table
  for (const { type, offset, size } of partitions) {
    expect(offset).toBeGreaterThanOrEqual(end);
    expect(offset % (type === "app" ? 0x10000 : 0x1000)).toBe(0);
    end = offset + size;
  }
  expect(end).toBeLessThanOrEqual(8 * 1024 * 1024);
});

test("the image says the version that the agent reports", () => {
  const defaults = readFileSync(`${root}modules/system/esp32/sdkconfig.defaults`, "utf8");
  expect(defaults).toMatch(/^CONFIG_APP_PROJECT_VER_FROM_CONFIG=y$/m);
  expect(/^CONFIG_APP_PROJECT_VER="(.*)"$/m.exec(defaults)?.[1]).toBe(read("manifest.json").config.firmwareVersion);
});
