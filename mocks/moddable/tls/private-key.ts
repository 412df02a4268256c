/** Private keys in DER, as far as a certificate's check needs them. */

import { isEqual } from "../../../modules/data/bytes.js";
import { DerReader, TAG } from "./der.js";
import { type PublicKey, parseCertificate } from "./x509.js";

/** Of RFC 5915's ECPrivateKey: the parameters, which PKCS#8 leaves out, and the public key. */
const PARAMETERS = 0xa0;
const PUBLIC_KEY = 0xa1;

/**
 * Whether the key is that of the certificate.
 * @param key RSA in PKCS#1 or PKCS#8, or EC in SEC 1 or PKCS#8, DER
 * @param certificate DER
 */
export function isKeyOf(key: Uint8Array, certificate: Uint8Array): boolean {
  const parsed = parseCertificate(certificate);
  try {
    return parsed !== undefined && isPair(innerOf(key), parsed.key);
  } catch {
    return false;
  }
}

/** What is behind the version. PKCS#8 (RFC 5208 §5) has the algorithm's name there, and in an OCTET STRING the key. */
function innerOf(key: Uint8Array): DerReader {
  const outer = new DerReader(key).inside();
  outer.integer();
  if (!outer.optional(TAG.sequence)) return outer;
  const inner = outer.inside(TAG.octetString).inside();
  inner.integer();
  return inner;
}

/** @param key RFC 8017's RSAPrivateKey or RFC 5915's ECPrivateKey, behind its version */
function isPair(key: DerReader, publicKey: PublicKey): boolean {
  if (publicKey.type === "rsa") return isEqual(key.integer(), publicKey.modulus);
  key.next(TAG.octetString);
  key.optional(PARAMETERS);
  const point = key.inside(PUBLIC_KEY).bits();
  const { x, y } = publicKey;
  return isEqual(point.subarray(1, 1 + x.length), x) && isEqual(point.subarray(1 + x.length), y);
}
