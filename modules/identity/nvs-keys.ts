/** The key store in NVS: a namespace that only the factory writes. */

import { fromHex } from "../data/hex.js";
import type { TextStore } from "../storage/storage.js";
import { hmacSha256, type Sha256 } from "./hmac.js";
import { isSerial, type KeyForm, type KeyStore } from "./identity.js";

export class NvsKeyStore implements KeyStore {
  readonly serial: string | undefined;
  private readonly factory: TextStore;
  private readonly sha256: Sha256;

  /** @param factory `serial`, and `hmac_key`: hex, or a text that is the key itself and has no bytes beside it */
  constructor(factory: TextStore, sha256: Sha256) {
    this.factory = factory;
    this.sha256 = sha256;
    const serial = factory.get("serial") ?? "";
    this.serial = isSerial(serial) && this.readKey("text") ? serial : undefined;
  }

  sign(message: Uint8Array<ArrayBuffer>, form: KeyForm): Uint8Array<ArrayBuffer> | undefined {
    const key = this.readKey(form);
    const digest = key && hmacSha256(this.sha256, key, message);
    key?.fill(0);
    return digest;
  }

  /** At each use: nothing refers to the key afterwards. */
  private readKey(form: KeyForm): Uint8Array<ArrayBuffer> | undefined {
    const text = this.factory.get("hmac_key") ?? "";
    // Printable ASCII: shorter is no key, longer none that a factory would hand over.
    if (!/^[\x20-\x7e]{16,128}$/.test(text)) return undefined;
    return form === "bytes" ? fromHex(text) : new Uint8Array(ArrayBuffer.fromString(text));
  }
}
