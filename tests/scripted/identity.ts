import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { Secret } from "../../modules/base/secret.js";
import { toHex } from "../../modules/data/hex.js";
import type { Identity } from "../../modules/identity/identity.js";

export const KEY = new Uint8Array(32).fill(7);
export const MAC = "AA:BB:CC:DD:EE:FF";
export const SERIAL = "SN-ABC123-DEF456";

export function identityOf(mac: string): Identity {
  return {
    mac,
    serial: SERIAL,
    // As the label has it: who visits the portal has it, too.
    accessPointPassword: new Secret("from the label"),
    isPasswordOwn: false,
    product: {},
    deviceToken: () => undefined,
    uuid: `12345678-1234-4234-8234-${mac.replaceAll(":", "").toLowerCase()}`,
    sign: (text, form) => toHex(hmac(sha256, form === "bytes" ? KEY : bytes(toHex(KEY)), bytes(text))),
  };
}

/** ASCII; bare XS has no TextEncoder. */
export function bytes(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
