/**
 * `crypt`: the native digest (modules/crypt/digest/modCrypt.c). Data is a string or any buffer that XS can read;
 * after `close` the real digest's state is spent, so the mock refuses until `reset`.
 */
import { md5, sha1 } from "@noble/hashes/legacy.js";
import { sha224, sha256, sha384, sha512 } from "@noble/hashes/sha2.js";
import type { Digest as DigestType } from "crypt";
import { bytesOf, toArrayBuffer } from "./buffers.js";

const hashes = { MD5: md5, SHA1: sha1, SHA224: sha224, SHA256: sha256, SHA384: sha384, SHA512: sha512 };
type HashName = keyof typeof hashes;

export class Digest implements DigestType {
  #name: HashName;
  #hash: ReturnType<(typeof hashes)[HashName]["create"]> | undefined;

  constructor(type: HashName) {
    if (!Object.hasOwn(hashes, type)) throw new Error("crypt: unsupported digest");
    this.#name = type;
    this.#hash = hashes[type].create();
  }

  write(data: ArrayBuffer | string): void {
    // C's strlen ends a string at NUL; XS writes NUL as two bytes, so nothing is lost.
    const bytes = typeof data === "string" ? new Uint8Array(ArrayBuffer.fromString(data)) : bytesOf(data);
    if (!this.#hash) throw new Error("crypt: digest is closed");
    this.#hash.update(bytes);
  }

  reset(): void {
    this.#hash = hashes[this.#name].create();
  }

  close(): ArrayBuffer {
    if (!this.#hash) throw new Error("crypt: digest is closed");
    const result = toArrayBuffer(this.#hash.digest());
    this.#hash = undefined;
    return result;
  }

  get blockSize(): number {
    return hashes[this.#name].blockLen;
  }

  get outputSize(): number {
    return hashes[this.#name].outputLen;
  }
}

export default { Digest };
