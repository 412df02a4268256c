/** The flash of these boards, as modules/system/esp32/partitions.csv divides it. */
import type { Partition } from "../../system/system.js";

export const FLASH_BYTES = 8 * 1024 * 1024;
/** What is erased at once. */
export const SECTOR_BYTES = 4096;

/** `ESP_PARTITION_TYPE_…` */
export const TYPE = { app: 0, data: 1 } as const;

export const SLOTS: readonly Partition[] = [
  { label: "ota_0", type: TYPE.app, subtype: 0x10, address: 0x20000, size: 0x300000 },
  { label: "ota_1", type: TYPE.app, subtype: 0x11, address: 0x320000, size: 0x300000 },
];

export const OTADATA: Partition = { label: "otadata", type: TYPE.data, subtype: 0, address: 0x1a000, size: 0x2000 };

export const PARTITIONS: readonly Partition[] = [
  { label: "nvs", type: TYPE.data, subtype: 2, address: 0x9000, size: 0x10000 },
  { label: "phy_init", type: TYPE.data, subtype: 1, address: 0x19000, size: 0x1000 },
  OTADATA,
  ...SLOTS,
];

/** The chip behind the partitions, by addresses. */
export interface FlashChip {
  read(address: number, lengthBytes: number): Uint8Array<ArrayBuffer>;
  /** Bits go from 1 to 0 only. */
  write(address: number, bytes: Uint8Array): void;
  /** Of the sector that begins there every bit becomes 1. */
  eraseSector(address: number): void;
}
