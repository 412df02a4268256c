/** What proves the device in a TLS handshake. */
import type { Result } from "../failure/failure.js";

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
