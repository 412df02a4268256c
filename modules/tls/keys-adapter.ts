/** Keys and signatures, in C (native/agent_tls_certificate.h). */
/// <reference path="../typings/native.d.ts" />

/** @returns a new P-256 key, SEC 1 in DER; undefined where there is no memory */
export function makeKey(this: void): ArrayBuffer | undefined {
  return native("xs_agent_tls_make_key").call(this);
}

/** @returns a request (RFC 2986) signed by the key, DER; undefined where the name is longer than 64 bytes */
export function makeRequest(this: void, key: Uint8Array, commonName: string): ArrayBuffer | undefined {
  return native("xs_agent_tls_make_request").call(this, key, commonName);
}

/** ECDSA on P-256. @param point uncompressed (SEC 1 §2.3.3) @param digest SHA-256 */
export function isSigned(this: void, digest: Uint8Array, signature: Uint8Array, point: Uint8Array): boolean {
  return native("xs_agent_tls_is_signed").call(this, digest, signature, point);
}
