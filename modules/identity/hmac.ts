/** HMAC (RFC 2104) over whatever SHA-256 is at hand: the chip's native one on the device. */

/** Digest of the parts in a row, 32 bytes. */
export type Sha256 = (...parts: Uint8Array<ArrayBuffer>[]) => Uint8Array<ArrayBuffer>;

/** SHA-256's block, in bytes. */
const BLOCK_BYTES = 64;

export function hmacSha256(
  sha256: Sha256,
  key: Uint8Array<ArrayBuffer>,
  message: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> {
  const block = new Uint8Array(BLOCK_BYTES);
  block.set(key.length > BLOCK_BYTES ? sha256(key) : key);
  const inner = sha256(
    block.map((byte) => byte ^ 0x36),
    message,
  );
  const digest = sha256(
    block.map((byte) => byte ^ 0x5c),
    inner,
  );
  block.fill(0);
  return digest;
}
