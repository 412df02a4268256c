/** Certificates and keys, in C (native/agent_tls_certificate.h). */
/// <reference path="../typings/native.d.ts" />

/** What is asked of a certificate. */
export interface CertificateFacts {
  /** Of its DER: what stands behind it is not looked at. */
  readonly bytes: number;
  /** May sign certificates: basic constraints and key usage. */
  readonly isAuthority: boolean;
  /** Signs itself, and names a server. */
  readonly isServersOwn: boolean;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  readonly commonName?: ArrayBuffer;
  /** What stands last in its subject: names go from the country to the smallest unit. */
  readonly lastName?: ArrayBuffer;
}

/** @returns undefined where it is none, or has a key that the device cannot use */
export function readCertificate(this: void, der: Uint8Array): CertificateFacts | undefined {
  return native("xs_agent_tls_read_certificate").call(this, der);
}

/** @param key PKCS#8, PKCS#1 or SEC 1 in DER */
export function isKeyOf(this: void, key: Uint8Array, certificate: Uint8Array): boolean {
  return native("xs_agent_tls_is_key_of").call(this, key, certificate);
}
