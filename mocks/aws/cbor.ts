/**
 * The part of CBOR (RFC 8949) that AWS IoT's provisioning speaks: maps with text keys, text, integers of up to 32 bits,
 * booleans and null. Arrays, byte strings, tags and floats are refused.
 */

export type CborValue = string | number | boolean | null | CborMap;
export interface CborMap {
  readonly [key: string]: CborValue;
}

const INDEFINITE = 31;
const BREAK = 0xff;

/** @param isIndefinite maps are written without their lengths, as streaming encoders do */
export function encodeCbor(value: CborValue, isIndefinite = false): Buffer {
  if (typeof value === "string") {
    const text = Buffer.from(value);
    return Buffer.concat([head(3, text.length), text]);
  }
  if (typeof value === "number") return value < 0 ? head(1, -1 - value) : head(0, value);
  if (value === null) return Buffer.of(0xf6);
  if (typeof value === "boolean") return Buffer.of(value ? 0xf5 : 0xf4);
  const entries = Object.entries(value);
  const parts = entries.flatMap(([key, member]) => [encodeCbor(key), encodeCbor(member, isIndefinite)]);
  return isIndefinite
    ? Buffer.concat([Buffer.of((5 << 5) | INDEFINITE), ...parts, Buffer.of(BREAK)])
    : Buffer.concat([head(5, entries.length), ...parts]);
}

/** One item and nothing behind it. @throws {RangeError} when it is malformed, or beyond the part that is spoken */
export function decodeCbor(bytes: Uint8Array): CborValue {
  const reader = new Reader(bytes);
  const value = reader.value();
  if (!reader.isAtEnd) throw new RangeError("CBOR: bytes behind the value");
  return value;
}

function head(major: number, argument: number): Buffer {
  if (!Number.isInteger(argument) || argument > 0xffffffff)
    throw new RangeError("CBOR: an integer of 32 bits is needed");
  const first = major << 5;
  if (argument < 24) return Buffer.of(first | argument);
  if (argument < 0x100) return Buffer.of(first | 24, argument);
  if (argument < 0x10000) return Buffer.of(first | 25, argument >> 8, argument & 0xff);
  const bytes = Buffer.alloc(5);
  bytes[0] = first | 26;
  bytes.writeUInt32BE(argument, 1);
  return bytes;
}

class Reader {
  readonly #bytes: Buffer;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = Buffer.from(bytes);
  }

  get isAtEnd(): boolean {
    return this.#offset === this.#bytes.length;
  }

  value(): CborValue {
    const first = this.#take(1)[0]!;
    const major = first >> 5;
    const additional = first & 31;
    if (major === 0) return this.#argument(additional);
    if (major === 1) return -1 - this.#argument(additional);
    if (major === 3) return this.#text(additional);
    if (major === 5) return this.#map(additional);
    if (first === 0xf4 || first === 0xf5) return first === 0xf5;
    if (first === 0xf6) return null;
    throw new RangeError(`CBOR: byte ${first.toString(16)} is not understood`);
  }

  #map(additional: number): CborMap {
    const entries: [string, CborValue][] = [];
    const count = additional === INDEFINITE ? Number.POSITIVE_INFINITY : this.#argument(additional);
    while (entries.length < count && !(additional === INDEFINITE && this.#takeBreak())) {
      const key = this.value();
      if (typeof key !== "string") throw new RangeError("CBOR: a key that is no text");
      entries.push([key, this.value()]);
    }
    return Object.fromEntries(entries);
  }

  #text(additional: number): string {
    if (additional !== INDEFINITE) return utf8(this.#take(this.#argument(additional)));
    let text = "";
    while (!this.#takeBreak()) {
      const first = this.#take(1)[0]!;
      if (first >> 5 !== 3) throw new RangeError("CBOR: a piece of text that is no text");
      text += utf8(this.#take(this.#argument(first & 31)));
    }
    return text;
  }

  #argument(additional: number): number {
    if (additional < 24) return additional;
    if (additional > 26) throw new RangeError("CBOR: a length that is not understood");
    const bytes = this.#take(1 << (additional - 24));
    return bytes.readUIntBE(0, bytes.length);
  }

  #takeBreak(): boolean {
    if (this.#bytes[this.#offset] !== BREAK) return false;
    this.#offset += 1;
    return true;
  }

  #take(byteCount: number): Buffer {
    const bytes = this.#bytes.subarray(this.#offset, this.#offset + byteCount);
    if (bytes.length < byteCount) throw new RangeError("CBOR: it ends too early");
    this.#offset += byteCount;
    return bytes;
  }
}

function utf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new RangeError("CBOR: text that is not UTF-8");
  }
}
