/**
 * An identity as bytes: version, CRC-32 of what follows, then the key and the chain, each with its length. Numbers are
 * big-endian.
 */
import { crc32 } from "../data/crc32.js";
import type { ClientIdentity } from "../tls/client-identity.js";

const VERSION = 1;
/** Version and CRC. */
const HEAD_BYTES = 5;
const LENGTH_BYTES = 2;

export function encodeIdentity({ key, chain }: ClientIdentity): Uint8Array {
  const parts = [key, ...chain];
  const blob = new Uint8Array(parts.reduce((bytes, { length }) => bytes + LENGTH_BYTES + length, HEAD_BYTES));
  let position = HEAD_BYTES;
  for (const part of parts) {
    blob.set([part.length >> 8, part.length & 0xff], position);
    blob.set(part, position + LENGTH_BYTES);
    position += LENGTH_BYTES + part.length;
  }
  const crc = crc32(blob.subarray(HEAD_BYTES));
  blob.set([VERSION, (crc >>> 24) & 0xff, (crc >>> 16) & 0xff, (crc >>> 8) & 0xff, crc & 0xff]);
  return blob;
}

/** @returns views of the blob, without a chain where it has none; undefined where it is no identity, or damaged */
export function decodeIdentity(blob: Uint8Array | undefined): ClientIdentity | undefined {
  if (!blob || blob.length <= HEAD_BYTES || blob[0] !== VERSION) return undefined;
  const crc = (blob[1]! << 24) | (blob[2]! << 16) | (blob[3]! << 8) | blob[4]!;
  if (crc32(blob.subarray(HEAD_BYTES)) !== crc) return undefined;
  const parts: Uint8Array[] = [];
  for (let position = HEAD_BYTES; position < blob.length; ) {
    const start = position + LENGTH_BYTES;
    position = start + ((blob[position]! << 8) | (blob[position + 1] ?? 0));
    if (position > blob.length) return undefined;
    parts.push(blob.subarray(start, position));
  }
  const [key, ...chain] = parts;
  return key && { key, chain };
}
