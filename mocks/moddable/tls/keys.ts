/** `modules/tls/certificates-adapter`: what its C makes of keys on the chip, by Node's cryptography. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { makeRequest as requestOf } from "../../certificates.js";

/** SEC 1 (RFC 5915), as the library writes it. */
export function makeKey(): Uint8Array {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return Uint8Array.from(privateKey.export({ format: "der", type: "sec1" }));
}

/** @returns undefined for what is no key */
export function makeRequest(key: Uint8Array, commonName: string): Uint8Array | undefined {
  const privateKey = keyOf(Buffer.from(key));
  if (!privateKey) return undefined;
  return Uint8Array.from(requestOf(commonName, { privateKey, publicKey: createPublicKey(privateKey) }));
}

/** Of a key in DER, one tried after the other, as the library on the chip does it. */
const FORMS = ["pkcs8", "pkcs1", "sec1"] as const;

/** RSA or EC. @returns undefined where it is in none of the forms */
export function keyOf(key: Buffer): KeyObject | undefined {
  for (const type of FORMS) {
    try {
      return createPrivateKey({ key, format: "der", type });
    } catch {}
  }
  return undefined;
}
