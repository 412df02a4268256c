declare module "modules/tls/certificates-adapter" {
  /** A new P-256 key by the chip's random numbers, DER (SEC 1 or PKCS#8). undefined: no memory, no entropy. */
  export function makeKey(): Uint8Array | undefined;
  /** PKCS#10 (RFC 2986) for the key, DER, signed by it (SHA-256). */
  export function makeRequest(key: Uint8Array, commonName: string): Uint8Array | undefined;
}
