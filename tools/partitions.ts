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

/** ESP-IDF, "Partition Tables": `esp_partition_type_t`, `esp_partition_subtype_t`. Others are numbers there, too. */
const TYPES: Readonly<Record<string, number>> = { app: 0, data: 1 };
const SUBTYPES: Readonly<Record<string, number>> = {
  ...{ ota: 0, phy: 1, nvs: 2, coredump: 3, nvs_keys: 4, fat: 0x81, spiffs: 0x82, littlefs: 0x83 },
  ...{ ota_0: 0x10, ota_1: 0x11 },
};
const UNITS: Readonly<Record<string, number>> = { "": 1, K: 1024, M: 1024 * 1024 };

/** @throws RangeError naming the line that makes no sense */
export function parsePartitions(csv: string): Partition[] {
  const lines = csv.split("\n").filter((line) => line.trim() && !line.startsWith("#"));
  return lines.map((line) => {
    const [label, type, subtype, offset, bytes] = line.split(",").map((cell) => cell.trim());
    const numbers = {
      type: TYPES[type!] ?? whole(type),
      subtype: SUBTYPES[subtype!] ?? whole(subtype),
      address: whole(offset),
      size: whole(bytes),
    };
    if (!label || !Object.values(numbers).every((number) => number >= 0))
      throw new RangeError(`partitions.csv: ${line}`);
    return { label, ...numbers };
  });
}

/** Left out, the build would choose: then nobody but the build knew. */
function whole(text: string | undefined): number {
  const [, number, unit] = /^(\w+?)([KM]?)$/.exec(text ?? "") ?? [];
  return Number(number) * UNITS[unit ?? ""]!;
}

const SECTOR_BYTES = 4096;
const APP_BYTES = 0x10000;
/** Behind the table itself, which has a sector of its own. */
const FIRST_ADDRESS = 0x8000 + SECTOR_BYTES;
/** Where flasher, factory and release put and look for them. */
const FIXED = ["nvs", "otadata", "ota_0"];
const SLOTS = ["ota_0", "ota_1"];

/**
 * ESP-IDF, "Partition Tables", and what the agent's updates and tools need.
 * @param agents the agent's own table
 * @returns a line for each thing that is wrong
 */
export function partitionFaults(
  partitions: readonly Partition[],
  flashBytes: number,
  agents: readonly Partition[] = readPartitions(),
): string[] {
  const faults: string[] = [];
  const named = new Map(partitions.map((partition) => [partition.label, partition]));
  if (named.size < partitions.length) faults.push("two partitions have the same name");
  let last = { label: "the partition table", address: 0, size: FIRST_ADDRESS };
  for (const partition of [...partitions].sort((a, b) => a.address - b.address)) {
    const { label, type, address, size } = partition;
    const stepBytes = type === TYPES.app ? APP_BYTES : SECTOR_BYTES;
    if (address < last.address + last.size) faults.push(`${label} overlaps ${last.label}`);
    if (address % stepBytes || size % SECTOR_BYTES || size === 0)
      faults.push(`${label} begins at a multiple of ${stepBytes} bytes and has whole sectors of ${SECTOR_BYTES}`);
    if (address + size > flashBytes) faults.push(`${label} ends behind the flash of ${flashBytes / 2 ** 20} MB`);
    last = partition;
  }
  for (const own of agents.filter(({ label }) => [...FIXED, ...SLOTS].includes(label))) {
    const { label, type, subtype, address, size } = own;
    const found = named.get(label);
    const isKind = found?.type === type && found.subtype === subtype;
    if (!isKind) faults.push(`there is no ${label}`);
    else if (FIXED.includes(label) && found.address !== address)
      faults.push(`${label} has to begin at ${hex(address)}`);
    else if (!SLOTS.includes(label) && found.size !== size) faults.push(`${label} has to have ${size} bytes`);
  }
  if (new Set(SLOTS.map((label) => named.get(label)?.size)).size > 1) faults.push("ota_0 and ota_1 differ in size");
  return faults;
}

/** Of the slots, which all take the same image. */
export function slotBytesOf(partitions: readonly Partition[]): number {
  return partitions.find(({ label }) => label === SLOTS[0])!.size;
}

export function readPartitions(): Partition[] {
  return parsePartitions(readFileSync(TABLE, "utf8"));
}

/** For who cannot read files. */
export function moduleText(partitions: readonly Partition[]): string {
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

function hex(number: number): string {
  return `0x${number.toString(16)}`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const path = join(ROOT, MODULE);
  const text = moduleText(readPartitions());
  if (readFileSync(path, "utf8") !== text) {
    writeFileSync(path, text);
    console.log(`${MODULE} is new.`);
  }
}
