/** What a client proves itself with in a TLS handshake (RFC 8446 §4.4.2). */
export interface ClientIdentity {
  /** DER, leaf first. */
  readonly chain: readonly Uint8Array[];
  /** PKCS#8 DER. */
  readonly key: Uint8Array;
}
