/** Makes private keys on the device: ECDSA on P-256. */
export interface Keys {
  /** By the chip's random numbers. @returns DER, SEC 1 or PKCS#8; undefined where memory or entropy is missing */
  make(): Uint8Array | undefined;
  /**
   * @param commonName of the subject: 1 to 64 bytes in UTF-8 (RFC 5280, appendix A.1)
   * @returns a certification request for the key, signed with it (PKCS#10, RFC 2986), DER; undefined where it is no key,
   *   or the name is too long
   */
  request(key: Uint8Array, commonName: string): Uint8Array | undefined;
}
