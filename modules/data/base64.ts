/** RFC 4648 §4. */

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** @returns the digit's six bits; undefined where the UTF-16 unit is none */
function bitsOf(unit: number): number | undefined {
  if (unit >= 0x61) return unit <= 0x7a ? unit - 0x61 + 26 : undefined;
  if (unit >= 0x41) return unit <= 0x5a ? unit - 0x41 : undefined;
  if (unit >= 0x30) return unit <= 0x39 ? unit - 0x30 + 52 : undefined;
  if (unit === 0x2b) return 62;
  return unit === 0x2f ? 63 : undefined;
}

/** Whether it is whole: digits, padded to a multiple of four. A loop: a pattern takes memory for each character. */
export function isBase64(text: string): boolean {
  if (text.length % 4 !== 0) return false;
  const end = text.length - paddingOf(text);
  for (let index = 0; index < end; index++) if (bitsOf(text.charCodeAt(index)) === undefined) return false;
  return true;
}

/** What is no base64 is not looked for (`isBase64`): it counts as zeros. */
export function fromBase64(text: string): Uint8Array {
  const end = text.length - paddingOf(text);
  const bytes = new Uint8Array((end * 3) >> 2);
  let bits = 0;
  let position = 0;
  for (let index = 0; index < end; index++) {
    bits = (bits << 6) | (bitsOf(text.charCodeAt(index)) ?? 0);
    const left = 6 - 2 * (index & 3); // bits that belong to the next byte
    if (left < 6) bytes[position++] = bits >> left;
  }
  return bytes;
}

export function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let index = 0; index < bytes.length; index += 3) {
    const bits = (bytes[index]! << 16) | ((bytes[index + 1] ?? 0) << 8) | (bytes[index + 2] ?? 0);
    const left = bytes.length - index;
    text +=
      digit(bits >> 18) + digit(bits >> 12) + (left > 1 ? digit(bits >> 6) : "=") + (left > 2 ? digit(bits) : "=");
  }
  return text;
}

/** @param bits the lowest six count */
function digit(bits: number): string {
  return DIGITS.charAt(bits & 0x3f);
}

function paddingOf(text: string): number {
  if (text.endsWith("==")) return 2;
  return text.endsWith("=") ? 1 : 0;
}
