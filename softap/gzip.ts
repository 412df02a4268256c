/**
 * One gzip member (RFC 1952) out of three parts: a head and a tail that the build has deflated, and between them what
 * the device fills in. It deflates that alone, and computes the CRC of that alone.
 */
import { crc32 } from "../modules/data/crc32.js";
import { deflate } from "./deflate.js";

export interface Piece {
  readonly raw: Uint8Array;
  /** The head: with the member's header, not final, up to a whole byte. The tail: the rest of the stream. */
  readonly deflated: Uint8Array;
  /** Of `raw`. */
  readonly crc: number;
}

export interface Frame {
  readonly head: Piece;
  readonly tail: Piece;
  /** What each bit of a CRC, the lowest first, becomes when the tail's bytes follow (zlib's crc32_combine_gen). */
  readonly tailShift: readonly number[];
}

const TRAILER_BYTES = 8;

/** @returns the member in parts: head and tail are the frame's own bytes, not copies */
export function gzipAround({ head, tail, tailShift }: Frame, filling: Uint8Array): Uint8Array[] {
  const trailer = new Uint8Array(TRAILER_BYTES);
  littleEndian(trailer, 0, shift(crc32(filling, head.crc), tailShift) ^ tail.crc);
  littleEndian(trailer, 4, head.raw.length + filling.length + tail.raw.length);
  return [head.deflated, deflate(filling), tail.deflated, trailer];
}

function shift(crc: number, words: readonly number[]): number {
  let result = 0;
  for (let bit = 0; bit < 32; bit++) if ((crc >>> bit) & 1) result ^= words[bit]!;
  return result;
}

function littleEndian(bytes: Uint8Array, position: number, word: number): void {
  for (let index = 0; index < 4; index++) bytes[position + index] = word >>> (8 * index);
}
