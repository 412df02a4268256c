/**
 * Signatures over the SDK's arithmetic. Its own checks around it are not used: they take any padding, any hash and
 * a signature of zeros (modules/crypt/etc/pkcs1_5.js, ecdsa.js).
 */
/// <reference path="../typings/tls.d.ts" />
import { Digest } from "crypt";
import Curve from "curve";
import ECDSA from "ecdsa";
import ECPoint from "ecp";
import RSA from "rsa";
import type { Certificate, HashName, PublicKey, SignatureAlgorithm } from "./certificate.js";
import { DerReader } from "./der.js";

type RsaKey = PublicKey & { type: "rsa" };
export type EcKey = PublicKey & { type: "ec" };

/** @param key of the algorithm's type */
export function isSignedBy({ signed, signature }: Certificate, algorithm: SignatureAlgorithm, key: PublicKey): boolean {
  const digest = new Digest(algorithm.hash);
  digest.write(signed.slice().buffer as ArrayBuffer);
  const hash = new Uint8Array(digest.close());
  return key.type === "rsa"
    ? isSignedByRsa(hash, algorithm.hash, signature, key)
    : isSignedByEcdsa(hash, signature, key);
}

/** Whether it has the size of one, and of ECDSA's that its numbers are in their range. */
export function isSignature(signature: Uint8Array, key: PublicKey): boolean {
  return key.type === "rsa" ? signature.length === key.modulus.length : isEcdsaSignature(signature, key);
}

/** The last byte of the hash's OID 2.16.840.1.101.3.4.2.n (RFC 8017 §9.2). */
const HASH_ID: Readonly<Record<HashName, number>> = { SHA256: 1, SHA384: 2, SHA512: 3 };

/** RSASSA-PKCS1-v1_5 (RFC 8017 §8.2.2): the one encoding that there is for the hash is compared as a whole. */
function isSignedByRsa(hash: Uint8Array, name: HashName, signature: Uint8Array, key: RsaKey): boolean {
  const [given, modulus] = [numberOf(signature), numberOf(key.modulus)];
  if (signature.length !== key.modulus.length || given >= modulus) return false;
  const id = [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, HASH_ID[name]];
  const info = [0x30, hash.length + 17, 0x30, 13, 0x06, 9, ...id, 0x05, 0, 0x04, hash.length];
  const encoded = new Uint8Array(key.modulus.length).fill(0xff);
  const start = encoded.length - info.length - hash.length;
  encoded.set([0, 1]);
  encoded[start - 1] = 0;
  encoded.set(info, start);
  encoded.set(hash, start + info.length);
  return new RSA(numberOf(key.exponent), modulus).process(given) === numberOf(encoded);
}

/** FIPS 186-4 §6.4; the leftmost bits of a hash that is longer than the curve's order. */
export function isSignedByEcdsa(hash: Uint8Array, signature: Uint8Array, key: EcKey): boolean {
  if (!isEcdsaSignature(signature, key)) return false;
  const point = new ECPoint(numberOf(key.x), numberOf(key.y));
  const shortened = hash.slice(0, key.x.length).buffer;
  return new ECDSA(point, new Curve(key.curve)).verify(shortened, signature, true);
}

/** Whether r and s are in their range: the SDK would take zeros. */
function isEcdsaSignature(signature: Uint8Array, { curve, x }: EcKey): boolean {
  try {
    const { n } = new Curve(curve);
    const numbers = new DerReader(signature).inside();
    return [numbers.integer(), numbers.integer()].every(
      (digits) => digits.length > 0 && digits.length <= x.length && numberOf(digits) < n,
    );
  } catch {
    return false;
  }
}

function numberOf(bytes: Uint8Array): bigint {
  return BigInt.fromArrayBuffer(bytes.slice().buffer) as bigint;
}
