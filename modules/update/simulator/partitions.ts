/** The flash of these boards. */
import type { Partition } from "../../system/system.js";
import { PARTITIONS } from "./partition-table.js";

export { PARTITIONS };

export const FLASH_BYTES = 8 * 1024 * 1024;
/** What is erased at once. */
export const SECTOR_BYTES = 4096;

/** `ESP_PARTITION_TYPE_…` */
export const TYPE = { app: 0, data: 1 } as const;

export const SLOTS: readonly Partition[] = PARTITIONS.filter(({ type }) => type === TYPE.app);

export const OTADATA = labelled("otadata");

export const NVS = labelled("nvs");

/** A copy of the factory's record, as NVS. */
export const IDENTITY = labelled("identity");

function labelled(name: string): Partition {
  return PARTITIONS.find(({ label }) => label === name)!;
}

/** The chip behind the partitions, by addresses. */
export interface FlashChip {
  read(address: number, lengthBytes: number): Uint8Array<ArrayBuffer>;
  /** Bits go from 1 to 0 only. */
  write(address: number, bytes: Uint8Array): void;
  /** Of the sector that begins there every bit becomes 1. */
  eraseSector(address: number): void;
}
