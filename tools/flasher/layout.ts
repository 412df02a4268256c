/** Where things lie in the board's flash: by modules/system/esp32/partitions.csv, and by what a board's own table says. */
import type { Partition } from "../../modules/system/system.js";
import {
  IDENTITY as IDENTITY_PARTITION,
  NVS as NVS_PARTITION,
  OTADATA,
} from "../../modules/update/simulator/partitions.js";

export interface Region {
  readonly offset: number;
  readonly sizeBytes: number;
}

/** The agent's settings, and the factory's record among them. */
export const NVS = regionOf(NVS_PARTITION);
/** The copy of the factory's record. */
export const IDENTITY = regionOf(IDENTITY_PARTITION);
/** Which of the two slots is started; blank: the first one. */
export const OTA_DATA = regionOf(OTADATA);
/** The table itself, and as much of it as can hold entries. */
export const TABLE: Region = { offset: 0x8000, sizeBytes: 0xc00 };

/** ESP-IDF, "Partition Tables", Binary Partition Table: 32 bytes an entry. */
const ENTRY_BYTES = 32;
const ENTRY_MAGIC = 0x50aa;
const TYPE_DATA = 0x01;
const SUBTYPE_NVS = 0x02;
/** An entry that never was written. */
const BLANK = 0xffff;

/**
 * Whose layout a board has, by its partition table: `agent`, where the settings lie at their place and can be kept;
 * `blank`, where there is no table; `other` firmware's.
 */
export type Layout = "agent" | "blank" | "other";

export function layoutOf(table: Uint8Array): Layout {
  const view = new DataView(table.buffer, table.byteOffset, table.byteLength);
  for (let at = 0; at + ENTRY_BYTES <= table.length && view.getUint16(at, true) === ENTRY_MAGIC; at += ENTRY_BYTES) {
    if (table[at + 2] !== TYPE_DATA || table[at + 3] !== SUBTYPE_NVS) continue;
    const isAgents = view.getUint32(at + 4, true) === NVS.offset && view.getUint32(at + 8, true) === NVS.sizeBytes;
    return isAgents ? "agent" : "other";
  }
  return view.getUint16(0, true) === BLANK ? "blank" : "other";
}

function regionOf({ address, size }: Partition): Region {
  return { offset: address, sizeBytes: size };
}

export function overlaps(one: Region, other: Region): boolean {
  return one.offset < other.offset + other.sizeBytes && other.offset < one.offset + one.sizeBytes;
}
