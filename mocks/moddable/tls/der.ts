/** DER (X.690) as far as certificates need it. */
import { toHex } from "../../../modules/data/hex.js";

export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  oid: 0x06,
  sequence: 0x30,
  set: 0x31,
  utcTime: 0x17,
  generalizedTime: 0x18,
} as const;

/** A stranger's may be as long as its certificate: no text is made of that. */
const MAX_OID_BYTES = 16;

export interface Element {
  readonly tag: number;
  readonly content: Uint8Array;
  /** With its tag and length. */
  readonly whole: Uint8Array;
}

/** Reads elements one after the other; what it gives are views, not copies. */
export class DerReader {
  private bytes: Uint8Array;
  private position = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.position >= this.bytes.length;
  }

  /** @throws RangeError where no whole element follows, or one of another tag */
  next(tag?: number): Element {
    const start = this.position;
    const found = this.bytes[this.position++]!;
    const length = this.length();
    const end = this.position + length;
    // Beyond the end the length is no number, and so is the element's end.
    if (!(end <= this.bytes.length) || (tag !== undefined && found !== tag)) throw new RangeError("DER");
    const content = this.bytes.subarray(this.position, end);
    this.position = end;
    return { tag: found, content, whole: this.bytes.subarray(start, end) };
  }

  /** The next element where it has this tag; else nothing is read. */
  optional(tag: number): Element | undefined {
    return this.bytes[this.position] === tag ? this.next(tag) : undefined;
  }

  /** The next element that has this tag, past others. */
  find(tag: number): Element | undefined {
    while (!this.isAtEnd) {
      const element = this.next();
      if (element.tag === tag) return element;
    }
    return undefined;
  }

  /** The content of the next element, which has this tag, as elements. */
  inside(tag: number = TAG.sequence): DerReader {
    return new DerReader(this.next(tag).content);
  }

  /** A non-negative INTEGER without its leading zeros. */
  integer(): Uint8Array {
    const { content } = this.next(TAG.integer);
    if (content.length === 0 || content[0]! >= 0x80) throw new RangeError("DER: integer");
    let zeros = 0;
    while (content[zeros] === 0) zeros++;
    return content.subarray(zeros);
  }

  /** A BIT STRING of whole bytes. */
  bits(): Uint8Array {
    const { content } = this.next(TAG.bitString);
    if (content[0] !== 0) throw new RangeError("DER: bits");
    return content.subarray(1);
  }

  /** An OBJECT IDENTIFIER, its content in hexadecimal; of a long one, which nobody here knows, the beginning. */
  oid(): string {
    return toHex(this.next(TAG.oid).content.subarray(0, MAX_OID_BYTES));
  }

  /** X.690 §8.1.3; nothing in a certificate needs more than three bytes of length. */
  private length(): number {
    const bytes = this.bytes;
    const first = bytes[this.position++]!;
    if (first < 0x80) return first;
    if (!(first > 0x80 && first <= 0x83)) throw new RangeError("DER: length");
    let length = 0;
    for (let count = first & 0x7f; count > 0; count--) length = length * 256 + bytes[this.position++]!;
    return length;
  }
}
