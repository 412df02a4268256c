/**
 * The partition table, which modules/system/esp32/partitions.csv alone has in numbers. Node reads it there; what runs in a
 * browser or in XS has it in a module that `npm run build` makes of it.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Partition } from "../modules/system/system.js";
import { ROOT } from "./sdk.js";

const TABLE = join(ROOT, "modules", "system", "esp32", "partitions.csv");
const MODULE = "modules/update/simulator/partition-table.ts";

/** ESP-IDF, "Partition Tables": `esp_partition_type_t`, `esp_partition_subtype_t`; those that these boards have. */
const TYPES: Readonly<Record<string, number>> = { app: 0, data: 1 };
const SUBTYPES: Readonly<Record<string, number>> = { ota: 0, phy: 1, nvs: 2, ota_0: 0x10, ota_1: 0x11 };

/** @throws RangeError naming the line that makes no sense */
export function parsePartitions(csv: string): Partition[] {
  const lines = csv.split("\n").filter((line) => line.trim() && !line.startsWith("#"));
  return lines.map((line) => {
    const [label, type, subtype, offset, bytes] = line.split(",").map((cell) => cell.trim());
    const numbers = { type: TYPES[type!]!, subtype: SUBTYPES[subtype!]!, address: whole(offset), size: whole(bytes) };
    if (!label || !Object.values(numbers).every((number) => number >= 0))
      throw new RangeError(`partitions.csv: ${line}`);
    return { label, ...numbers };
  });
}

/** Left out, the build would choose: then nobody but the build knew. */
function whole(text: string | undefined): number {
  return text ? Number(text) : Number.NaN;
}

export function readPartitions(): Partition[] {
  return parsePartitions(readFileSync(TABLE, "utf8"));
}

/** For who cannot read files. */
export function moduleText(partitions: readonly Partition[]): string {
  const hex = (number: number) => `0x${number.toString(16)}`;
  const rows = partitions.map(
    ({ label, type, subtype, address, size }) =>
      `  { label: "${label}", type: ${type}, subtype: ${hex(subtype)}, address: ${hex(address)}, size: ${hex(size)} },\n`,
  );
  return `/** Made by \`npm run build\` out of modules/system/esp32/partitions.csv: change it there. */
import type { Partition } from "../../system/system.js";

export const PARTITIONS: readonly Partition[] = [
${rows.join("")}];
`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const path = join(ROOT, MODULE);
  const text = moduleText(readPartitions());
  if (readFileSync(path, "utf8") !== text) {
    writeFileSync(path, text);
    console.log(`${MODULE} is new.`);
  }
}
