import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { PARTITIONS } from "../modules/update/simulator/partition-table.js";
import { TABLE } from "../tools/flasher/layout.js";
import { moduleText, parsePartitions, partitionFaults, readPartitions, slotBytesOf } from "../tools/partitions.js";
import { ROOT } from "../tools/sdk.js";

const read = (path: string) => readFileSync(join(ROOT, path), "utf8");

test("the module that browsers and XS have is that of partitions.csv", () => {
  expect(read("modules/update/simulator/partition-table.ts")).toBe(moduleText(readPartitions()));
  expect(PARTITIONS).toEqual(readPartitions());
});

test.each(["x, app, ota_0, 0x100", "x, app, ota_7, 0x100, 0x100", ", app, ota_0, 0x100, 0x100", "x, app, ota_0,, 1M"])(
  "%j is no partition",
  (line) => {
    expect(() => parsePartitions(`# a comment\n${line}\n`)).toThrow(line);
  },
);

test("a product's table may have sizes with units and partitions of other kinds", () => {
  const csv = "files, data, spiffs, 8M, 512K,\nmine, 0x40, 0x01, 0x880000, 4096\n";
  expect(parsePartitions(csv)).toEqual([
    { label: "files", type: 1, subtype: 0x82, address: 8 * 2 ** 20, size: 2 ** 19 },
    { label: "mine", type: 0x40, subtype: 1, address: 0x880000, size: 4096 },
  ]);
});

const FLASH_BYTES = 8 * 2 ** 20;
const table = () => readPartitions().map((partition) => ({ ...partition }));
const named = (partitions: ReturnType<typeof table>, label: string) => partitions.find((one) => one.label === label)!;

test("the agent's own table has no fault, and its slots are as large as each other", () => {
  expect(partitionFaults(readPartitions(), FLASH_BYTES)).toEqual([]);
  expect(slotBytesOf(readPartitions())).toBe(named(table(), "ota_1").size);
});

test.each<[string, (partitions: ReturnType<typeof table>) => void, string]>([
  ["slots that overlap", (all) => (named(all, "ota_1").address -= 2 ** 16), "ota_1 overlaps ota_0"],
  ["one in the table's place", (all) => (named(all, "nvs").address = 0x8000), "nvs overlaps the partition table"],
  [
    "an application that begins anywhere",
    (all) => (named(all, "ota_1").address += 0x1000),
    `multiple of ${2 ** 16} bytes`,
  ],
  ["half a sector", (all) => (named(all, "phy_init").size = 0x800), "has whole sectors"],
  ["nothing in it", (all) => (named(all, "phy_init").size = 0), "has whole sectors"],
  ["more than the flash", (all) => (named(all, "ota_1").address += 0x200000), "ota_1 ends behind the flash of 8 MB"],
  ["no second slot", (all) => all.pop(), "there is no ota_1"],
  ["another kind of it", (all) => (named(all, "ota_1").subtype = 0x20), "there is no ota_1"],
  ["settings that are elsewhere", (all) => (named(all, "nvs").address += 0x1000), "nvs has to begin at "],
  ["less for the settings", (all) => (named(all, "nvs").size -= 0x1000), "nvs has to have "],
  ["slots of two sizes", (all) => (named(all, "ota_1").size -= 2 ** 16), "ota_0 and ota_1 differ in size"],
  ["a name twice", (all) => (named(all, "phy_init").label = "nvs"), "two partitions have the same name"],
])("a table with %s has a fault", (_what, change, fault) => {
  const partitions = table();
  change(partitions);
  expect(partitionFaults(partitions, FLASH_BYTES).join("\n")).toContain(fault);
});

test("in less flash than the slots take nothing fits; in more there is room behind them", () => {
  expect(partitionFaults(readPartitions(), FLASH_BYTES / 2).length).toBeGreaterThan(0);
  const more = [...readPartitions(), { label: "files", type: 1, subtype: 0x82, address: FLASH_BYTES, size: 2 ** 20 }];
  expect(partitionFaults(more, 2 * FLASH_BYTES)).toEqual([]);
});

// A person types them into esptool.
test("the places in flash that docs name are those of partitions.csv", () => {
  const known = [0, TABLE.offset, ...PARTITIONS.flatMap(({ address, size }) => [address, size])];
  const named = ["docs/flashing.md", "docs/factory.md"].flatMap((path) =>
    [...read(path).matchAll(/\b0x[\da-f]{4,}\b|(?<="offset": )\d+/g)].map(([number]) => Number(number)),
  );
  expect(named.length).toBeGreaterThanOrEqual(8);
  expect(named.filter((number) => !known.includes(number))).toEqual([]);
});
