/**
 * What `espsecure sign-data --version 2` puts behind an image: padding to the end of a flash sector, and a sector with up to
 * three signature blocks (ESP-IDF, "Secure Boot v2", Signature Block Format).
 */
import { constants, createHash, createPublicKey, type KeyObject, verify } from "node:crypto";
import { crc32 } from "../modules/data/crc32.js";

const SECTOR_BYTES = 4096;
const BLOCK_BYTES = 1216;
const MAX_BLOCKS = 3;
const MAGIC = 0xe7;
/** RSA-3072 with PSS, the ESP32-S3's only scheme. */
const VERSION_RSA = 2;
const VERSION_ECDSA = 3;
const ERASED = 0xff;

/** In a block; numbers are little endian. */
const DIGEST_AT = 4;
const MODULUS_AT = 36;
const EXPONENT_AT = 420;
const KEY_END = 812;
const CRC_AT = 1196;
const RSA_BYTES = 384;
const SALT_BYTES = 32;

/**
 * @param imageBytes how much of the file is the image itself
 * @returns for each signature the digest of its public key, hex, as the chip has it in its eFuses; none for an image alone
 * @throws RangeError for anything else behind the image
 */
export function signersOf(file: Uint8Array, imageBytes: number): string[] {
  if (file.length === imageBytes) return [];
  const sectorAt = Math.ceil(imageBytes / SECTOR_BYTES) * SECTOR_BYTES;
  const sector = file.subarray(sectorAt);
  const isPadded = file.length >= sectorAt && isErased(file.subarray(imageBytes, sectorAt));
  if (isPadded && sector.length <= SECTOR_BYTES && isErased(sector))
    throw new RangeError("it is padded for a signature of secure boot, and not signed");
  const blocks = blocksIn(sector);
  if (!isPadded || sector.length !== SECTOR_BYTES || !isErased(sector.subarray(blocks.length * BLOCK_BYTES)))
    throw new RangeError(`${file.length - imageBytes} bytes that are no signature stand behind the image`);
  const content = file.subarray(0, sectorAt);
  return blocks.map((block, index) => signerOf(block, content, `signature block ${index + 1}`));
}

/** Up to the first that was left blank. */
function blocksIn(sector: Uint8Array): Uint8Array[] {
  const blocks = Array.from({ length: MAX_BLOCKS }, (_, index) =>
    sector.subarray(index * BLOCK_BYTES, (index + 1) * BLOCK_BYTES),
  );
  const blank = blocks.findIndex(isErased);
  return blank < 0 ? blocks : blocks.slice(0, blank);
}

function signerOf(block: Uint8Array, content: Uint8Array, name: string): string {
  const view = new DataView(block.buffer, block.byteOffset, block.byteLength);
  if (block[0] !== MAGIC || view.getInt32(CRC_AT, true) !== crc32(block.subarray(0, CRC_AT)))
    throw new RangeError(`${name} is damaged`);
  if (block[1] === VERSION_ECDSA) throw new RangeError(`${name} is by ECDSA: the ESP32-S3 takes RSA-3072 alone`);
  if (block[1] !== VERSION_RSA) throw new RangeError(`${name} is of the unknown version ${block[1]}`);
  const digest = block.subarray(DIGEST_AT, MODULUS_AT);
  if (!sha256(content).equals(digest) || !isSigned(block, content))
    throw new RangeError(`${name} is not of this image`);
  return sha256(block.subarray(MODULUS_AT, KEY_END)).toString("hex");
}

function isSigned(block: Uint8Array, content: Uint8Array): boolean {
  const key = publicKeyIn(block);
  const signature = Buffer.from(block.subarray(KEY_END, CRC_AT)).reverse();
  const options = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: SALT_BYTES };
  return key !== undefined && verify("sha256", content, { key, ...options }, signature);
}

/** @returns undefined where it is none */
function publicKeyIn(block: Uint8Array): KeyObject | undefined {
  const number = (at: number, bytes: number) =>
    Buffer.from(block.subarray(at, at + bytes))
      .reverse()
      .toString("base64url");
  const jwk = { kty: "RSA", n: number(MODULUS_AT, RSA_BYTES), e: number(EXPONENT_AT, 4) };
  try {
    return createPublicKey({ key: jwk, format: "jwk" });
  } catch {
    return undefined;
  }
}

const isErased = (bytes: Uint8Array): boolean => bytes.every((byte) => byte === ERASED);
const sha256 = (bytes: Uint8Array): Buffer => createHash("sha256").update(bytes).digest();
