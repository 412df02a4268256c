/** What proves the device in a TLS handshake. */
import { fromBase64 } from "../base64/base64.js";
import type { Result } from "../failure/failure.js";
import { StoredRecord } from "../storage/record.js";
import type { Store } from "../storage/storage.js";

export interface ClientIdentity {
  /** DER, leaf first. */
  readonly chain: readonly Uint8Array[];
  /** PKCS#8 DER. */
  readonly key: Uint8Array;
}

export type CertificateId = "claim" | "factory" | SlotId;
export type SlotId = "slot0" | "slot1";

export interface Keystore {
  read(id: CertificateId): ClientIdentity | undefined;
  write(slot: SlotId, identity: ClientIdentity): Result<void>;
  erase(id: CertificateId): Result<void>;
  has(id: CertificateId): boolean;
}

/** As records of base64, until there are blobs. */
export function createKeystore(store: Store): Keystore {
  const record = (id: CertificateId) =>
    new StoredRecord<string[]>({
      store,
      key: `id_${id}`,
      encode: (texts) => texts,
      decode: (value) => (Array.isArray(value) && value.every((one) => typeof one === "string") ? value : undefined),
    });
  return {
    read(id) {
      const [key, ...chain] = record(id).read() ?? [];
      return key === undefined ? undefined : { key: fromBase64(key), chain: chain.map(fromBase64) };
    },
    write: (slot, { chain, key }) => record(slot).write([key, ...chain].map(toBase64)),
    erase: (id) => record(id).erase(),
    has: (id) => record(id).read() !== undefined,
  };
}

const DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 3) {
    const [a, b = 0, c = 0] = bytes.subarray(at, at + 3);
    const bits = (a! << 16) | (b << 8) | c;
    text += DIGITS[bits >> 18]! + DIGITS[(bits >> 12) & 63]! + DIGITS[(bits >> 6) & 63]! + DIGITS[bits & 63]!;
  }
  const left = bytes.length % 3;
  return left === 0 ? text : text.slice(0, left - 3) + "=".repeat(3 - left);
}
