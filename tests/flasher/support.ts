/** Releases and boards for the tests of the flasher. */
import { createHash } from "node:crypto";
import { MockChip, type MockChipOptions } from "../../mocks/chip/chip.js";
import { MockSerialPort } from "../../mocks/chip/port.js";
import type { Partition } from "../../modules/system/system.js";
import { MANIFEST } from "../../tools/flasher/release.js";
import { readPartitions } from "../../tools/partitions.js";

export const MAC = "84:F7:03:A0:B1:C2";

export const partitions: readonly Partition[] = readPartitions();
export const partition = (name: string) => partitions.find(({ label }) => label === name)!;

/** As ESP-IDF's gen_esp32part.py makes it, with its MD5 and its padding. */
export function partitionTable(rows: readonly Partition[] = partitions): Uint8Array {
  const table = new Uint8Array(0xc00).fill(0xff);
  const view = new DataView(table.buffer);
  for (const [index, { label, type, subtype, address, size }] of rows.entries()) {
    const at = 32 * index;
    table.fill(0, at, at + 32);
    table.set([0xaa, 0x50, type, subtype], at);
    view.setUint32(at + 4, address, true);
    view.setUint32(at + 8, size, true);
    table.set(Buffer.from(label), at + 12);
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
  "esp32-online.bin": { offset: partition("ota_0").address, data: image(40_001, 2) },
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
