/** A device's key outside the adapter: HMAC over noble's SHA-256, as the scripted device has it. */
import { sha256 as noble } from "@noble/hashes/sha2.js";
import { toHex } from "../../modules/data/hex.js";
import { hmacSha256, type Sha256 } from "../../modules/identity/hmac.js";

export const nobleSha256: Sha256 = (...parts) => {
  const hash = noble.create();
  for (const part of parts) hash.update(part);
  return Uint8Array.from(hash.digest());
};

export function createHmacIdentity(key: Uint8Array): { sign(text: string): string } {
  const bytes = (data: Uint8Array) => Uint8Array.from(data);
  return { sign: (text) => toHex(hmacSha256(nobleSha256, bytes(key), bytes(Buffer.from(text)))) };
}
