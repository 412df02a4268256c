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
type EcKey = PublicKey & { type: "ec" };

/** @param key of the algorithm's type */
export function isSignedBy({ signed, signature }: Certificate, algorithm: SignatureAlgorithm, key: PublicKey): boolean {
  const digest = new Digest(algorithm.hash);
  digest.write(signed.slice().buffer as ArrayBuffer);
  const hash = new Uint8Array(digest.close());
  return key.type === "rsa"
    ? isRsaSignature(hash, algorithm.hash, signature, key)
    : isEcdsaSignature(hash, signature, key);
}

/** Whether its numbers are in their ranges. */
export function isSignature(signature: Uint8Array, key: PublicKey): boolean {
  return key.type === "rsa" ? rsaNumber(signature, key) !== undefined : ecdsaNumbers(signature, key) !== undefined;
}

/** The last byte of the hash's OID 2.16.840.1.101.3.4.2.n (RFC 8017 §9.2). */
const HASH_ID: Readonly<Record<HashName, number>> = { SHA256: 1, SHA384: 2, SHA512: 3 };

/** RSASSA-PKCS1-v1_5 (RFC 8017 §8.2.2): the one encoding that there is for the hash is compared as a whole. */
function isRsaSignature(hash: Uint8Array, name: HashName, signature: Uint8Array, key: RsaKey): boolean {
  const given = rsaNumber(signature, key);
  if (given === undefined) return false;
  const id = [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, HASH_ID[name]];
  const info = [0x30, hash.length + 17, 0x30, 13, 0x06, 9, ...id, 0x05, 0, 0x04, hash.length];
  const encoded = new Uint8Array(key.modulus.length).fill(0xff);
  const start = encoded.length - info.length - hash.length;
  encoded.set([0, 1]);
  encoded[start - 1] = 0;
  encoded.set(info, start);
  encoded.set(hash, start + info.length);
  return new RSA(numberOf(key.exponent), numberOf(key.modulus)).process(given) === numberOf(encoded);
}

function rsaNumber(signature: Uint8Array, { modulus }: RsaKey): bigint | undefined {
  if (signature.length !== modulus.length) return undefined;
  const given = numberOf(signature);
  return given < numberOf(modulus) ? given : undefined;
}

/** FIPS 186-4 §6.4; the leftmost bits of a hash that is longer than the curve's order. */
function isEcdsaSignature(hash: Uint8Array, signature: Uint8Array, key: EcKey): boolean {
  const numbers = ecdsaNumbers(signature, key);
  if (!numbers) return false;
  const point = new ECPoint(numberOf(key.x), numberOf(key.y));
  const shortened = hash.slice(0, key.x.length).buffer;
  return new ECDSA(point, new Curve(key.curve)).verify(shortened, numbers);
}

/** @returns r and s, each as long as the curve's order, or undefined where one is out of range */
function ecdsaNumbers(signature: Uint8Array, { curve, x: { length } }: EcKey): ArrayBuffer | undefined {
  try {
    const { n } = new Curve(curve);
    const reader = new DerReader(signature).inside();
    const numbers = new Uint8Array(2 * length);
    for (const end of [length, 2 * length]) {
      const digits = reader.integer();
      if (digits.length === 0 || numberOf(digits) >= n) return undefined;
      numbers.set(digits, end - digits.length);
    }
    return numbers.buffer;
  } catch {
    return undefined;
  }
}

function numberOf(bytes: Uint8Array): bigint {
  return BigInt.fromArrayBuffer(bytes.slice().buffer) as bigint;
}
