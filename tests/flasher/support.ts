/** Releases and boards for the tests of the flasher. */
import { createHash } from "node:crypto";
import { MockChip, type MockChipOptions } from "../../mocks/chip/chip.js";
import { MockSerialPort } from "../../mocks/chip/port.js";
import { makePartitionTable } from "../../mocks/device/partition-table.js";
import type { Partition } from "../../modules/system/system.js";
import { MANIFEST } from "../../tools/flasher/release.js";
import { readPartitions } from "../../tools/partitions.js";
import { makeImage } from "../scripted/image.js";

export const MAC = "84:F7:03:A0:B1:C2";

export const partitions: readonly Partition[] = readPartitions();
export const partition = (name: string) => partitions.find(({ label }) => label === name)!;

export const partitionTable = (rows: readonly Partition[] = partitions) => makePartitionTable(rows);

/** Not the same twice, and hardly to be compressed. */
export function noise(length: number, seed = 1): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
}

export const parts = {
  "bootloader.bin": { offset: 0, data: makeImage({ version: "bootloader", sizeBytes: 20_000 }) },
  "partition-table.bin": { offset: 0x8000, data: partitionTable() },
  "esp32-online.bin": { offset: partition("ota_0").address, data: makeImage({ version: "0.1.0", sizeBytes: 40_000 }) },
};

export const sha256 = (data: Uint8Array) => createHash("sha256").update(data).digest("hex");

/** Files of a release by their names, and their places. */
export type Parts = Readonly<Record<string, { readonly offset: number; readonly data: Uint8Array }>>;

export function manifest(change: Record<string, unknown> = {}, of: Parts = parts): Record<string, unknown> {
  return {
    name: "esp32-online",
    version: "0.1.0",
    chip: "esp32s3",
    flashSizeBytes: 8 * 1024 * 1024,
    parts: Object.entries(of).map(([path, { offset, data }]) => ({
      path,
      offset,
      sizeBytes: data.length,
      sha256: sha256(data),
    })),
    ...change,
  };
}

/** The release's files by their paths. */
export function releaseFiles(change?: Record<string, unknown>, of: Parts = parts): Map<string, Uint8Array> {
  const files = Object.entries(of).map(([path, { data }]) => [path, data] as const);
  return new Map([[MANIFEST, Buffer.from(JSON.stringify(manifest(change, of)))], ...files]);
}

export function openBoard(options: MockChipOptions = {}): { chip: MockChip; port: MockSerialPort } {
  const chip = new MockChip({ mac: MAC, ...options });
  return { chip, port: new MockSerialPort(chip) };
}
