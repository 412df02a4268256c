/** CRC-32 (ISO 3309, the reflected polynomial 0xEDB88320), a byte at a time. */

/** @param crc of what stands before */
export function crc32(bytes: Uint8Array, crc = 0): number {
  let rest = ~crc;
  for (let index = 0; index < bytes.length; index++) rest = TABLE[(rest ^ bytes[index]!) & 0xff]! ^ (rest >>> 8);
  return ~rest;
}

/** Over the low and the high byte of each UTF-16 unit: no bytes have to be made of the text. */
export function crc32OfText(text: string): number {
  let rest = ~0;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    rest = TABLE[(rest ^ unit) & 0xff]! ^ (rest >>> 8);
    rest = TABLE[(rest ^ (unit >> 8)) & 0xff]! ^ (rest >>> 8);
  }
  return ~rest;
}

const TABLE = Int32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1;
  return rest;
});
