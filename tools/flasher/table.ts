/** Partition tables, read as strictly as the bootloader reads them (ESP-IDF: flash_partitions.c). */
import { md5 } from "@noble/hashes/legacy.js";
import type { Partition } from "../../modules/system/system.js";
import { TABLE } from "./layout.js";

const ENTRY_BYTES = 32;
const ENTRY_MAGIC = 0x50aa;
const MD5_MAGIC = 0xebeb;
const MD5_AT = 16;
const LABEL_BYTES = 16;
/** Magic, type and subtype of flash that was never written: the table ends there. */
const END = 0xffff;

/** @returns undefined for a table that the bootloader refuses, so that nothing starts */
export function readTable(bytes: Uint8Array): readonly Partition[] | undefined {
  const table = new Uint8Array(TABLE.sizeBytes).fill(0xff);
  table.set(bytes.subarray(0, TABLE.sizeBytes));
  const view = new DataView(table.buffer);
  const partitions: Partition[] = [];
  let isSummed = false;
  for (let at = 0; at < table.length; at += ENTRY_BYTES) {
    const magic = view.getUint16(at, true);
    if (magic === ENTRY_MAGIC) partitions.push(entryAt(view, at));
    else if (magic === MD5_MAGIC && !isSummed) {
      isSummed = true;
      const sum = md5(table.subarray(0, at));
      if (sum.some((byte, index) => byte !== table[at + MD5_AT + index])) return undefined;
    } else return at > 0 && magic === END && view.getUint16(at + 2, true) === END ? partitions : undefined;
  }
  return undefined;
}

function entryAt(view: DataView, at: number): Partition {
  const label = new Uint8Array(view.buffer, at + 12, LABEL_BYTES);
  return {
    label: new TextDecoder().decode(label).split("\0")[0]!,
    type: view.getUint8(at + 2),
    subtype: view.getUint8(at + 3),
    address: view.getUint32(at + 4, true),
    size: view.getUint32(at + 8, true),
  };
}
