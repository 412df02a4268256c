/** The key store in NVS: a namespace that only the factory writes. */

import { fromHex } from "../data/hex.js";
import type { Store } from "../storage/storage.js";
import { hmacSha256, type Sha256 } from "./hmac.js";
import { isSerial, type KeyForm, type KeyStore } from "./identity.js";

/** @param factory `serial`, and `hmac_key`: hex, or a text that is the key itself and has no bytes beside it */
export function createNvsKeyStore(factory: Store, sha256: Sha256): KeyStore {
  // Read at each use: nothing refers to the key afterwards.
  const readKey = (form: KeyForm) => {
    const text = factory.get("hmac_key") ?? "";
    // Printable ASCII: shorter is no key, longer none that a factory would hand over.
    if (!/^[\x20-\x7e]{16,128}$/.test(text)) return undefined;
    return form === "bytes" ? fromHex(text) : new Uint8Array(ArrayBuffer.fromString(text));
  };
  const serial = factory.get("serial") ?? "";
  return {
    serial: isSerial(serial) && readKey("text") ? serial : undefined,
    sign(message, form) {
      const key = readKey(form);
      const digest = key && hmacSha256(sha256, key, message);
      key?.fill(0);
      return digest;
    },
  };
}
