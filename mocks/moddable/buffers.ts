/** What XS's C code takes for a buffer, and the strings it makes of bytes. */

export { bytesOf } from "../../modules/update/simulator/arguments.js";

import type { Buffer as XsBuffer } from "embedded:io/_common";

const utf8 = new TextEncoder();

/** Everything that `xsmcGetBufferReadable` (xs/sources/xsmc.c) accepts: an ArrayBuffer or a view of single bytes. */
export type { XsBuffer };

/** A copy in an ArrayBuffer of its own, which is what the SDK's `read` functions give. */
export function toArrayBuffer(bytes: Uint8Array): ArrayBuffer {
  const copy = new ArrayBuffer(bytes.byteLength);
  new Uint8Array(copy).set(bytes);
  return copy;
}

/**
 * A string as XS stores it (fxUTF8Encode): UTF-8, but NUL takes two bytes and a lone surrogate three. U+DC80 to U+DCFF
 * stand for the bytes 0x80 to 0xFF as the Wi-Fi driver puts them into a string, which no other string has.
 */
export function xsBytes(text: string): Uint8Array {
  const bytes: number[] = [];
  for (const character of text) {
    const point = character.codePointAt(0)!;
    if (point === 0) bytes.push(0xc0, 0x80);
    else if (point >= 0xdc80 && point <= 0xdcff) bytes.push(point & 0xff);
    else if (point >= 0xd800 && point <= 0xdfff)
      bytes.push(0xe0 | (point >> 12), 0x80 | ((point >> 6) & 0x3f), 0x80 | (point & 0x3f));
    else bytes.push(...utf8.encode(character));
  }
  return Uint8Array.from(bytes);
}

/** `BigInt.fromArrayBuffer`: big-endian, without a sign. */
export function numberOf(bytes: ArrayBufferLike): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString("hex") || "0"}`);
}
