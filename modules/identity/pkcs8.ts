/** RFC 5208 §5 around RFC 8017's RSAPrivateKey: what the SDK's TLS reads. */
import { PKCS8_LABEL } from "../tls/private-key.js";

/** version 0, and the AlgorithmIdentifier rsaEncryption with its NULL. */
const HEAD = [
  0x02, 0x01, 0x00, 0x30, 0x0d, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00,
];

/** @param label as PEM has it: what is in that form already stays as it is */
export function pkcs8Of(key: Uint8Array, label: string): Uint8Array {
  if (label === PKCS8_LABEL) return key;
  const octets = element(0x04, key);
  const content = new Uint8Array(HEAD.length + octets.length);
  content.set(HEAD);
  content.set(octets, HEAD.length);
  return element(0x30, content);
}

function element(tag: number, content: Uint8Array): Uint8Array {
  const whole = new Uint8Array(4 + content.length);
  whole.set([tag, 0x82, content.length >> 8, content.length & 0xff]);
  whole.set(content, 4);
  return whole;
}
