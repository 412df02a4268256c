/** Keys that a device makes, without cryptography: one of a list after the other, and for a request its place in it. */
import { fromBase64 } from "../../modules/data/base64.js";
import { isEqual } from "../../modules/data/bytes.js";
import { pemBlocks } from "../../modules/data/pem.js";
import type { Keys } from "../../modules/identity/keys.js";
import { type Keystore, SLOTS } from "../../modules/identity/keystore.js";
import { own } from "./own.js";

/** As long as a request for P-256, and a SEQUENCE, so that it passes for PEM. */
const REQUEST_BYTES = 230;
const NONE = new Uint8Array();
const keys = own.map(({ keyPem }) => fromBase64(pemBlocks(keyPem, "EC PRIVATE KEY").next().value!));

export class ScriptedKeys implements Keys {
  made = 0;
  /** No memory, no entropy. */
  isExhausted = false;
  /** Before each. */
  onMake: () => void = () => {};

  make(): Uint8Array | undefined {
    this.onMake();
    if (this.isExhausted) return undefined;
    const key = keys[this.made++];
    if (!key) throw new Error("one key after the other");
    return key;
  }

  request(key: Uint8Array, commonName: string): Uint8Array | undefined {
    const index = keys.findIndex((one) => isEqual(one, key));
    if (index < 0 || !/^[^,\\"+<>;=#]{1,64}$/.test(commonName)) return undefined;
    const request = new Uint8Array(REQUEST_BYTES);
    request.set([0x30, REQUEST_BYTES - 2, index]);
    return request;
  }
}

/** @param request PEM @returns the place of its key; undefined where it is no request */
export function keyOfRequest(request: unknown): number | undefined {
  const base64 = typeof request === "string" ? pemBlocks(request, "CERTIFICATE REQUEST").next().value : undefined;
  return base64 ? fromBase64(base64)[2] : undefined;
}

/** Whether some slot in flash has the request's key, with a certificate or without one. */
export function isInFlash(request: unknown, keystore: Keystore): boolean {
  const key = keys[keyOfRequest(request) ?? keys.length];
  return (
    key !== undefined &&
    SLOTS.some((slot) => isEqual(keystore.waitingKey(slot) ?? keystore.read(slot)?.key ?? NONE, key))
  );
}

export function isMade(key: Uint8Array): boolean {
  return keys.some((one) => isEqual(one, key));
}
