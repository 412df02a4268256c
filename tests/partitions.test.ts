import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { PARTITIONS } from "../modules/update/simulator/partition-table.js";
import { TABLE } from "../tools/flasher/layout.js";
import { moduleText, parsePartitions, readPartitions } from "../tools/partitions.js";
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

// A person types them into esptool.
test("the places in flash that docs name are those of partitions.csv", () => {
  const known = [0, TABLE.offset, ...PARTITIONS.flatMap(({ address, size }) => [address, size])];
  const named = ["docs/flashing.md", "docs/factory.md"].flatMap((path) =>
    [...read(path).matchAll(/\b0x[\da-f]{4,}\b|(?<="offset": )\d+/g)].map(([number]) => Number(number)),
  );
  expect(named.length).toBeGreaterThanOrEqual(8);
  expect(named.filter((number) => !known.includes(number))).toEqual([]);
});
