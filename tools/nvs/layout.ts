/**
 * How ESP-IDF keeps NVS in flash, format version 2 (blobs over several pages). All numbers are little-endian.
 * Source: ESP-IDF, components/nvs_flash/src (nvs_page.hpp, nvs_types.hpp, nvs_storage.cpp, nvs_pagemanager.cpp) and its
 * guide "Non-Volatile Storage Library", Internals; nvs_partition_gen.py writes the same.
 *
 * A partition is a row of pages of 4,096 bytes, one of them always blank: the spare one. A page:
 *
 *      0    4  state: ffffffff blank, fffffffe active (written to), fffffffc full, fffffff8 being freed
 *      4    4  sequence number: pages count in the order in which they were begun
 *      8    1  version: fe (version 2), or ff (version 1: a blob is one item, of type 41), which is read and added to; a
 *              smaller number is a newer version
 *      9   19  ff
 *     28    4  CRC-32 of the bytes 4 to 27
 *     32   32  two bits for each entry, the lowest bits first: 11 empty, 10 written, 00 erased; 4 bits stay 1
 *     64  126 entries of 32 bytes, written one after another
 *
 * An item is one entry, or one with its data in the entries behind it, never beyond the page:
 *
 *      0    1  namespace; 0: the item names one: its key is the name, its value (u8) the index
 *      1    1  type: 01 02 04 08 unsigned, 11 12 14 18 signed (the low digit: bytes), 21 string, 42 blob's data, 48 blob's index
 *      2    1  span: how many entries the item takes
 *      3    1  chunk: ff; of a blob's data its place in the row
 *      4    4  CRC-32 of the bytes 0 to 3 and 8 to 31
 *      8   16  key: UTF-8, at most 15 bytes, filled up with 00
 *     24    8  a number: its bytes, filled up with ff
 *              a string, a blob's data: size in bytes (2), ffff, CRC-32 of the data (4); the data's last entry ends in ff
 *              a blob's index: size of the whole in bytes (4), number of chunks (1), first chunk (1: 00 or 80), ffff
 *
 * A string is kept with its NUL, in one page; U+0000 within it is C0 80, as XS has it. A blob is cut into chunks that
 * fill pages up, and its index is written last; a blob that replaces another has its chunks at the other first number,
 * so that the old one counts until then.
 * CRC-32 is `esp_rom_crc32_le(0xffffffff, …)`: ISO 3309 with the register at 0 in the beginning, inverted in the end.
 *
 * Flash can only turn ones into zeros until the whole page is erased. So a value is replaced by writing the new one and
 * then marking the old one's entries as erased, and their room comes back when all that counts in a page is copied to
 * the spare page: the page with the most to give back is marked as being freed, copied, and wiped, and is the spare one.
 * A page that is being freed when the power goes is copied anew.
 */
import { crc32 } from "../../modules/data/crc32.js";

export const pageBytes = 4096;
export const entryBytes = 32;
export const entriesPerPage = 126;
/** Of the entry states in a page. */
export const bitmapOffset = 32;
export const entriesOffset = 64;

/** Of namespaces and keys, in UTF-8. */
export const maxNameBytes = 15;
/** Of a string with its NUL, and of a blob's chunk: a page less the item's own entry is 4,000 bytes. */
export const maxDataBytes = (entriesPerPage - 1) * entryBytes;

export const pageStates = { blank: 0xffffffff, active: 0xfffffffe, full: 0xfffffffc, freeing: 0xfffffff8 } as const;
export const version2 = 0xfe;

export const typeCodes = {
  u8: 0x01,
  i8: 0x11,
  u16: 0x02,
  i16: 0x12,
  u32: 0x04,
  i32: 0x14,
  u64: 0x08,
  i64: 0x18,
  string: 0x21,
  /** Of version 1, in one page: read, but not written any more. */
  oldBlob: 0x41,
  blobData: 0x42,
  blobIndex: 0x48,
} as const;

/** Where an item is no chunk. */
export const noChunk = 0xff;
/** First chunks of a blob and of the one that replaces it, in turns. */
export const chunkStarts = [0x00, 0x80] as const;

export function nvsCrc(...parts: Uint8Array[]): number {
  return parts.reduce((crc, part) => crc32(part, crc), 0xffffffff) >>> 0;
}
