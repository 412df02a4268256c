/** What XS's C code takes for a buffer, and the strings it makes of bytes. */

export { bytesOf } from "../../modules/update/simulator/arguments.js";

import type { Buffer as XsBuffer } from "embedded:io/_common";

/** Everything that `xsmcGetBufferReadable` (xs/sources/xsmc.c) accepts: an ArrayBuffer or a view of single bytes. */
export type { XsBuffer };

/** A copy in an ArrayBuffer of its own, which is what the SDK's `read` functions give. */
export function toArrayBuffer(bytes: Uint8Array): ArrayBuffer {
  const copy = new ArrayBuffer(bytes.byteLength);
  new Uint8Array(copy).set(bytes);
  return copy;
}

/**
 * A string's length in bytes as XS stores it: UTF-8, but NUL takes two bytes and a lone surrogate three.
 */
export function xsStringBytes(text: string): number {
  let bytes = 0;
  for (const character of text) {
    const code = character.codePointAt(0)!;
    if (code === 0) bytes += 2;
    else bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
  }
  return bytes;
}

/** `BigInt.fromArrayBuffer`: big-endian, without a sign. */
export function numberOf(bytes: ArrayBufferLike): bigint {
  return BigInt(`0x${Buffer.from(bytes).toString("hex") || "0"}`);
}
