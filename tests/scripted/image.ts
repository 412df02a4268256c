/** Images as ESP-IDF builds them, for boards that are scripts: the bootloader's model takes them, the agent does, too. */
import { sha256 } from "@noble/hashes/sha2.js";

export interface ImageOptions {
  readonly version: string;
  readonly project?: string;
  readonly chip?: number;
  /** At least. */
  readonly sizeBytes?: number;
  /** Size and frequency of the flash, four bits each. */
  readonly flash?: number;
  /** The bootloader would not start it. */
  readonly isBroken?: boolean;
  /** For secure boot: padding to a sector, and one with a signature of no key. */
  readonly isSigned?: boolean;
}

const HEADER_BYTES = 24;
const SEGMENT = 24;
const DESCRIPTOR = 32;
const DESCRIPTOR_BYTES = 256;
const CHECKSUM_SEED = 0xef;
const FLASH_8MB_80MHZ = 0x3f;
/** Of the first segment, where the ESP32-S3 maps read-only data; its place in the page is that in the file. */
const LOAD_ADDRESS = 0x3c000020;
const SECTOR_BYTES = 4_096;

/** esp_app_format.h: a header, one segment, a checksum in the last byte of a block of 16, and the SHA-256 of it all. */
export function makeImage(options: ImageOptions): Uint8Array<ArrayBuffer> {
  const {
    version,
    project = "xs_esp32",
    chip = 9,
    sizeBytes = 14_000,
    flash = FLASH_8MB_80MHZ,
    isBroken = false,
    isSigned = false,
  } = options;
  const dataBytes = Math.max(DESCRIPTOR_BYTES, Math.ceil((sizeBytes - DESCRIPTOR - 48) / 4) * 4);
  const bodyBytes = Math.ceil((DESCRIPTOR + dataBytes + 1) / 16) * 16;
  const image = new Uint8Array(bodyBytes + 32);
  const view = new DataView(image.buffer);
  image.set([0xe9, 1, 0, flash]);
  view.setUint16(12, chip, true);
  image[HEADER_BYTES - 1] = 1;
  view.setUint32(SEGMENT, LOAD_ADDRESS, true);
  view.setUint32(SEGMENT + 4, dataBytes, true);
  let seed = version.length;
  for (const character of version) seed = seed * 31 + character.charCodeAt(0);
  for (let index = DESCRIPTOR + DESCRIPTOR_BYTES; index < DESCRIPTOR + dataBytes; index++) {
    seed = (seed * 16_807 + 11) % 2_147_483_647;
    image[index] = seed;
  }
  view.setUint32(DESCRIPTOR, 0xabcd5432, true);
  image.set(ascii(version), DESCRIPTOR + 16);
  image.set(ascii(project), DESCRIPTOR + 48);
  let checksum = CHECKSUM_SEED;
  for (const byte of image.subarray(DESCRIPTOR, DESCRIPTOR + dataBytes)) checksum ^= byte;
  image[bodyBytes - 1] = isBroken ? ~checksum : checksum;
  image.set(sha256(image.subarray(0, bodyBytes)), bodyBytes);
  return isSigned ? withSignatureSector(image) : image;
}

/** No board of a script has eFuses: what matters is that each byte arrives. */
function withSignatureSector(image: Uint8Array): Uint8Array<ArrayBuffer> {
  const sectorAt = Math.ceil(image.length / SECTOR_BYTES) * SECTOR_BYTES;
  const file = new Uint8Array(sectorAt + SECTOR_BYTES).fill(0xff);
  file.set(image);
  for (let index = 0; index < 1_216; index++) file[sectorAt + index] = index * 31;
  file.set([0xe7, 2], sectorAt);
  return file;
}

function ascii(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
