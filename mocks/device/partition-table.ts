import { createHash } from "node:crypto";
import type { Partition } from "../../modules/system/system.js";

/** As ESP-IDF's gen_esp32part.py makes it, with its MD5 and its padding. */
export function makePartitionTable(rows: readonly Partition[]): Uint8Array {
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
