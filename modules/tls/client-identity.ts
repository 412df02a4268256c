/** What a client proves itself with in a TLS handshake (RFC 8446 §4.4.2). */
export interface ClientIdentity {
  /** DER, leaf first. */
  readonly chain: readonly Uint8Array[];
  /** RSA in PKCS#1 or PKCS#8, or P-256 in SEC 1 or PKCS#8: DER, as it came. */
  readonly key: Uint8Array;
}
