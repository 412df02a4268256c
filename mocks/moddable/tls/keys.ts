/** `modules/tls/keys-adapter`: what its C makes of keys on the chip, by Node's cryptography. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from "node:crypto";
import { makeRequest as requestOf } from "../../certificates.js";
import { toArrayBuffer } from "../buffers.js";

export { isSigned } from "./ecdsa.js";

/** SEC 1 (RFC 5915), as the library writes it. */
export function makeKey(): ArrayBuffer {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return toArrayBuffer(privateKey.export({ format: "der", type: "sec1" }));
}

/** RFC 5280, appendix A.1, ub-common-name. */
const MAX_COMMON_NAME_BYTES = 64;

/** @returns undefined for what is no key, for no name, and for one that is too long */
export function makeRequest(key: Uint8Array, commonName: string): ArrayBuffer | undefined {
  const privateKey = keyOf(Buffer.from(key));
  const nameBytes = Buffer.byteLength(commonName);
  if (!privateKey || nameBytes === 0 || nameBytes > MAX_COMMON_NAME_BYTES) return undefined;
  return toArrayBuffer(requestOf(commonName, { privateKey, publicKey: createPublicKey(privateKey) }));
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
