/**
 * The head of an application image: `esp_image_header_t` (esp_app_format.h), the first segment's header of 8 bytes,
 * and `esp_app_desc_t` (esp_app_desc.h).
 */

import { isSameVersion } from "./version.js";

export interface ImageHead {
  /** `esp_chip_id_t`: 9 is the ESP32-S3. */
  readonly chip: number;
  readonly project: string;
  readonly version: string;
}

/** As much as the head takes. */
export const HEAD_BYTES = 112;
const MAGIC = 0xe9;
const MAX_SEGMENTS = 16;
const SEGMENTS = 1;
const CHIP = 12;
const DESCRIPTOR = 32;
const DESCRIPTOR_MAGIC = 0xabcd5432;
const VERSION = 48;
const PROJECT = 80;
const TEXT_BYTES = 32;

/** @returns undefined where it is no application image */
export function parseImage(bytes: Uint8Array): ImageHead | undefined {
  if (bytes.length < HEAD_BYTES || bytes[0] !== MAGIC) return undefined;
  const segments = bytes[SEGMENTS]!;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (segments < 1 || segments > MAX_SEGMENTS || view.getUint32(DESCRIPTOR, true) !== DESCRIPTOR_MAGIC)
    return undefined;
  return { chip: view.getUint16(CHIP, true), version: textAt(bytes, VERSION), project: textAt(bytes, PROJECT) };
}

/**
 * @param expected what runs, and the version that was offered
 * @returns what is wrong with it, or undefined
 */
export function imageMistake(
  bytes: Uint8Array,
  expected: { readonly running: ImageHead | undefined; readonly version: string },
): string | undefined {
  const head = parseImage(bytes);
  const { running, version } = expected;
  if (!head) return "no application image";
  if (running && head.chip !== running.chip) return `for chip ${head.chip}`;
  if (running && head.project !== running.project) return `of the project ${head.project}`;
  return isSameVersion(head.version, version) ? undefined : `it says version ${head.version}`;
}

/** ASCII up to a NUL; what is none becomes a question mark. */
function textAt(bytes: Uint8Array, offset: number): string {
  let text = "";
  for (const byte of bytes.subarray(offset, offset + TEXT_BYTES)) {
    if (byte === 0) break;
    text += byte > 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "?";
  }
  return text;
}
