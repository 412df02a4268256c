/**
 * An image as the bootloader checks it before it starts it (ESP-IDF: esp_app_format.h, esp_image_format.c): header,
 * segments, a checksum in the last byte of a block of 16, and the SHA-256 of all of it.
 */
import type { Partition } from "../../system/system.js";
import type { FlashChip } from "./partitions.js";

export const IMAGE_MAGIC = 0xe9;
export const HEADER_BYTES = 24;
export const SEGMENT_HEADER_BYTES = 8;
export const DESCRIPTOR_MAGIC = 0xabcd5432;
export const CHECKSUM_SEED = 0xef;
export const HASH_BYTES = 32;
/** In the header: whether the SHA-256 is appended. */
const HASH_FLAG_AT = 23;
/** `esp_chip_id_t` of the ESP32-S3. */
export const CHIP_ID = 9;
const MAX_SEGMENTS = 16;
const MAX_SEGMENT_BYTES = 0x1000000;
const MMU_PAGE_BYTES = 0x10000;
const READ_BYTES = 4096;

/** What the SDK's `Digest` can, of it what is needed. */
export interface Hash {
  write(data: ArrayBuffer): void;
  close(): ArrayBuffer;
}
export type NewSha256 = () => Hash;

/** Of `esp_app_desc_t`, which stands at the beginning of the first segment. */
export interface Descriptor {
  readonly version: string;
  readonly projectName: string;
}

/** Why the bootloader would not start an image. */
export type ImageFault = "image-magic" | "image-chip" | "image-segments" | "image-checksum" | "image-hash";

/** @returns the image's length; undefined where the bootloader would not start it */
export function verifyImage(chip: FlashChip, slot: Partition, newSha256: NewSha256): number | undefined {
  const found = examineImage(chip, slot, newSha256);
  return typeof found === "number" ? found : undefined;
}

/** @returns the image's length, or the first thing that is wrong with it */
export function examineImage(chip: FlashChip, slot: Partition, newSha256: NewSha256): number | ImageFault {
  const header = chip.read(slot.address, HEADER_BYTES);
  const view = new DataView(header.buffer);
  const segmentCount = header[1]!;
  if (header[0] !== IMAGE_MAGIC) return "image-magic";
  if (view.getUint16(12, true) !== CHIP_ID) return "image-chip";
  if (segmentCount > MAX_SEGMENTS) return "image-segments";
  const hash = newSha256();
  hash.write(header.buffer);
  let checksum = CHECKSUM_SEED;
  let offset = HEADER_BYTES;
  for (let segment = 0; segment < segmentCount; segment++) {
    const lengthBytes = segmentLength(chip, slot, offset);
    if (lengthBytes === undefined) return "image-segments";
    hash.write(chip.read(slot.address + offset, SEGMENT_HEADER_BYTES).buffer);
    offset += SEGMENT_HEADER_BYTES;
    for (const end = offset + lengthBytes; offset < end; ) {
      const bytes = chip.read(slot.address + offset, Math.min(READ_BYTES, end - offset));
      hash.write(bytes.buffer);
      checksum ^= parity(bytes);
      offset += bytes.length;
    }
  }
  const tail = chip.read(slot.address + offset, 16 - (offset % 16));
  hash.write(tail.buffer);
  offset += tail.length;
  if (offset > slot.size) return "image-segments";
  if (tail[tail.length - 1] !== checksum) return "image-checksum";
  if (!header[HASH_FLAG_AT]) return offset;
  const appended = chip.read(slot.address + offset, HASH_BYTES);
  const computed = new Uint8Array(hash.close());
  if (offset + HASH_BYTES > slot.size || appended.some((byte, index) => byte !== computed[index])) return "image-hash";
  return offset + HASH_BYTES;
}

function segmentLength(chip: FlashChip, slot: Partition, offset: number): number | undefined {
  if (offset + SEGMENT_HEADER_BYTES > slot.size) return undefined;
  const view = new DataView(chip.read(slot.address + offset, SEGMENT_HEADER_BYTES).buffer);
  const loadAddress = view.getUint32(0, true);
  const lengthBytes = view.getUint32(4, true);
  const dataOffset = offset + SEGMENT_HEADER_BYTES;
  if (lengthBytes % 4 || lengthBytes >= MAX_SEGMENT_BYTES || dataOffset + lengthBytes > slot.size) return undefined;
  // What the cache maps has to stand at the same place of its page as in the flash; slots begin with a page.
  if (isMapped(loadAddress) && dataOffset % MMU_PAGE_BYTES !== loadAddress % MMU_PAGE_BYTES) return undefined;
  return lengthBytes;
}

/** SOC_DROM_LOW and SOC_IROM_LOW of the ESP32-S3, 32 MB each. */
function isMapped(address: number): boolean {
  return (address >= 0x3c000000 && address < 0x3e000000) || (address >= 0x42000000 && address < 0x44000000);
}

/** Of all bytes, by XOR: words first. */
function parity(bytes: Uint8Array<ArrayBuffer>): number {
  let word = 0;
  for (const value of new Int32Array(bytes.buffer, 0, bytes.length / 4)) word ^= value;
  return (word ^ (word >>> 8) ^ (word >>> 16) ^ (word >>> 24)) & 0xff;
}

/** @returns undefined where there is none; the image is not verified */
export function readDescriptor(chip: FlashChip, slot: Partition): Descriptor | undefined {
  const bytes = chip.read(slot.address + HEADER_BYTES + SEGMENT_HEADER_BYTES, 80);
  if (new DataView(bytes.buffer).getUint32(0, true) !== DESCRIPTOR_MAGIC) return undefined;
  return { version: textAt(bytes, 16), projectName: textAt(bytes, 48) };
}

/** Of at most 32 bytes, ended by NUL. */
function textAt(bytes: Uint8Array, start: number): string {
  let text = "";
  for (let at = start; at < start + 32 && bytes[at]; at++) text += String.fromCharCode(bytes[at]!);
  return text;
}
