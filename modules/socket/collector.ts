/** Most answers of a service are not longer. */
const MIN_ROOM_BYTES = 512;
const SPACE = 32;
const NOT_ASCII = 128;

/**
 * Bytes that come in parts, joined in one buffer: a part takes nothing of the heap once it is in, however small it is;
 * kept apart, a thousand parts of one byte fill the chip's slots.
 */
export class Collector {
  private bytes: Uint8Array<ArrayBuffer>;
  private _length = 0;

  /** @param expectedBytes how many will come, where that is known: then nothing is copied again */
  constructor(expectedBytes = 0) {
    this.bytes = new Uint8Array(expectedBytes);
  }

  get length(): number {
    return this._length;
  }

  add(part: ArrayBuffer): void {
    this.reserve(part.byteLength);
    this.bytes.set(new Uint8Array(part), this._length);
    this._length += part.byteLength;
  }

  /** For the next bytes, where whoever has them writes them itself; `filled` tells how many they were. */
  room(): Uint8Array<ArrayBuffer> {
    if (this._length === this.bytes.length) this.reserve(MIN_ROOM_BYTES);
    return this.bytes.subarray(this._length);
  }

  filled(bytes: number): void {
    this._length += bytes;
  }

  private reserve(bytes: number): void {
    const length = this._length + bytes;
    if (length <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(length, 2 * this.bytes.length));
    larger.set(this.bytes.subarray(0, this._length));
    this.bytes = larger;
  }

  /** Behind white space and a byte order mark, where there is one. */
  first(): number | undefined {
    const bytes = this.bytes.subarray(0, this._length);
    return bytes.find((byte) => byte > SPACE && byte < NOT_ASCII);
  }

  /** @returns undefined where the bytes are no UTF-8 */
  text(): string | undefined {
    // The larger buffer is gone before the text is made: the chip's heap has no room for all three.
    if (this._length < this.bytes.length) this.bytes = this.bytes.slice(0, this._length);
    try {
      return String.fromArrayBuffer(this.bytes.buffer);
    } catch {
      return undefined;
    }
  }
}
