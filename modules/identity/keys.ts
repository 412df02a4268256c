/** Makes private keys on the device: ECDSA on P-256. */
export interface Keys {
  /** By the chip's random numbers. @returns DER, SEC 1 or PKCS#8; undefined where memory or entropy is missing */
  make(): Uint8Array | undefined;
  /**
   * @param commonName of the subject: 64 characters at most, and none that has a meaning in a name (RFC 4514 §2.4)
   * @returns a certification request for the key, signed with it (PKCS#10, RFC 2986), DER; undefined where it is no key,
   *   or the name none that it takes
   */
  request(key: Uint8Array, commonName: string): Uint8Array | undefined;
}
