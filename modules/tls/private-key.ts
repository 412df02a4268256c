/** Private keys in DER, as far as a certificate's check needs them. RSA alone: the SDK's TLS signs with no other key. */
import type { Certificate } from "./certificate.js";
import { DerReader, isEqual, TAG } from "./der.js";

const RSA_KEY = "2a864886f70d010101";

/** PEM's name for RFC 5208's PrivateKeyInfo; any other is taken for RFC 8017's RSAPrivateKey. */
export const PKCS8_LABEL = "PRIVATE KEY";
/** What AWS IoT's own keys are. */
export const PKCS1_LABEL = "RSA PRIVATE KEY";

/** Whether the key is that of the certificate. @param label as PEM has it */
export function isKeyOf(key: Uint8Array, label: string, { key: publicKey }: Certificate): boolean {
  if (publicKey.type !== "rsa") return false;
  try {
    const outer = new DerReader(key).inside();
    const numbers = label === PKCS8_LABEL ? rsaKeyIn(outer) : outer;
    numbers.integer(); // the version
    return isEqual(numbers.integer(), publicKey.modulus);
  } catch {
    return false;
  }
}

/** RFC 5208 §5: version, algorithm, key. @throws RangeError for another algorithm */
function rsaKeyIn(info: DerReader): DerReader {
  info.integer();
  if (info.inside().oid() !== RSA_KEY) throw new RangeError("DER: no RSA");
  return info.inside(TAG.octetString).inside();
}
