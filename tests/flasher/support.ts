/** Releases and boards for the tests of the flasher. */
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { MockChip, type MockChipOptions } from "../../mocks/chip/chip.js";
import { MockSerialPort } from "../../mocks/chip/port.js";
import { MANIFEST } from "../../tools/flasher/release.js";

export const MAC = "84:F7:03:A0:B1:C2";

export interface Partition {
  readonly name: string;
  readonly offset: number;
  readonly sizeBytes: number;
  readonly type: number;
  readonly subtype: number;
}

const types: Readonly<Record<string, number>> = { app: 0, data: 1 };
const subtypes: Readonly<Record<string, number>> = { ota: 0, phy: 1, nvs: 2, ota_0: 0x10, ota_1: 0x11 };

/** The project's own, out of its partitions.csv. */
export const partitions: readonly Partition[] = readFileSync(
  new URL("../../modules/system/esp32/partitions.csv", import.meta.url),
  "utf8",
)
  .split("\n")
  .filter((line) => line.trim() && !line.startsWith("#"))
  .map((line) => line.split(",").map((cell) => cell.trim()))
  .map(([name, type, subtype, offset, size]) => ({
    name: name!,
    type: types[type!]!,
    subtype: subtypes[subtype!]!,
    offset: Number(offset),
    sizeBytes: Number(size),
  }));

/** As ESP-IDF's gen_esp32part.py makes it, with its MD5 and its padding. */
export function partitionTable(rows: readonly Partition[] = partitions): Uint8Array {
  const table = new Uint8Array(0xc00).fill(0xff);
  const view = new DataView(table.buffer);
  for (const [index, { name, type, subtype, offset, sizeBytes }] of rows.entries()) {
    const at = 32 * index;
    table.fill(0, at, at + 32);
    table.set([0xaa, 0x50, type, subtype], at);
    view.setUint32(at + 4, offset, true);
    view.setUint32(at + 8, sizeBytes, true);
    table.set(Buffer.from(name), at + 12);
  }
  const end = 32 * rows.length;
  table.set([0xeb, 0xeb], end);
  table.set(createHash("md5").update(table.subarray(0, end)).digest(), end + 16);
  return table;
}

/** Not the same twice, and hardly to be compressed; it begins as an image does. */
export function image(length: number, seed: number): Uint8Array {
  let state = seed;
  const bytes = Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
  bytes[0] = 0xe9;
  return bytes;
}

export const parts = {
  "bootloader.bin": { offset: 0, data: image(20_000, 1) },
  "partition-table.bin": { offset: 0x8000, data: partitionTable() },
  "esp32-online.bin": { offset: 0x20000, data: image(40_001, 2) },
};

export const sha256 = (data: Uint8Array) => createHash("sha256").update(data).digest("hex");

export function manifest(change: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    name: "esp32-online",
    version: "0.1.0",
    chip: "esp32s3",
    flashSizeBytes: 8 * 1024 * 1024,
    parts: Object.entries(parts).map(([path, { offset, data }]) => ({
      path,
      offset,
      sizeBytes: data.length,
      sha256: sha256(data),
    })),
    ...change,
  };
}

/** The release's files by their paths. */
export function releaseFiles(change?: Record<string, unknown>): Map<string, Uint8Array> {
  const files = Object.entries(parts).map(([path, { data }]) => [path, data] as const);
  return new Map([[MANIFEST, Buffer.from(JSON.stringify(manifest(change)))], ...files]);
}

export function openBoard(options: MockChipOptions = {}): { chip: MockChip; port: MockSerialPort } {
  const chip = new MockChip({ mac: MAC, ...options });
  return { chip, port: new MockSerialPort(chip) };
}
