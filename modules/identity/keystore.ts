/** What proves the device in a TLS handshake: read for one, and not kept. */
import { failed, type Result, success } from "../base/failure.js";
import { isEqual } from "../data/bytes.js";
import type { Store } from "../storage/storage.js";
import type { ClientIdentity } from "../tls/client-identity.js";
import { decodeIdentity, encodeIdentity } from "./blob.js";
import { readFactoryCredential } from "./factory-credential.js";

/** The factory's claim and its device certificate, and two for what the device gets by itself. */
export type CertificateId = "claim" | "factory" | SlotId;
export type SlotId = "slot0" | "slot1";
export const SLOTS: readonly SlotId[] = ["slot0", "slot1"];

export interface Keystore {
  read(id: CertificateId): ClientIdentity | undefined;
  /** The slot's key where it has no certificate yet: for who asks for one. */
  waitingKey(slot: SlotId): Uint8Array | undefined;
  /**
   * When it returns ok the identity is in flash; otherwise the slot is empty, or as it was.
   * @param identity without a chain it is a key that waits for its certificate
   */
  write(slot: SlotId, identity: ClientIdentity): Result<void>;
  erase(slot: SlotId): Result<void>;
  has(id: CertificateId): boolean;
}

/** A slot is one blob. NVS writes a blob's index last, and the blob has a checksum: it is whole or not there. */
export class NvsKeystore implements Keystore {
  private readonly store: Store;
  private readonly factory: Pick<Store, "getBytes">;

  /**
   * @param store the agent's own namespace
   * @param factory the namespace that only the factory writes
   */
  constructor(store: Store, factory: Pick<Store, "getBytes">) {
    this.store = store;
    this.factory = factory;
  }

  read(id: CertificateId): ClientIdentity | undefined {
    if (id === "claim") return readFactoryCredential(this.factory, "claim");
    if (id === "factory") return readFactoryCredential(this.factory, "device");
    const identity = decodeIdentity(this.store.getBytes(id));
    return identity?.chain.length ? identity : undefined;
  }

  waitingKey(slot: SlotId): Uint8Array | undefined {
    const identity = decodeIdentity(this.store.getBytes(slot));
    return identity?.chain.length === 0 ? identity.key : undefined;
  }

  write(slot: SlotId, identity: ClientIdentity): Result<void> {
    const blob = encodeIdentity(identity);
    const stored = this.store.getBytes(slot);
    // Flash wears: nothing new is not written.
    if (stored && isEqual(stored, blob)) return success(undefined);
    return changed(slot, () => this.store.setBytes(slot, blob));
  }

  erase(slot: SlotId): Result<void> {
    return changed(slot, () => this.store.getBytes(slot) && this.store.delete(slot));
  }

  has(id: CertificateId): boolean {
    return this.read(id) !== undefined;
  }
}

function changed(slot: SlotId, change: () => void): Result<void> {
  try {
    change();
    return success(undefined);
  } catch {
    return failed("storage-full", slot);
  }
}
