/** An image on its way into the slot, a block of the flash at a time. */
import { type Failure, failed } from "../base/failure.js";
import type { StreamSink } from "../http/stream.js";
import { BLOCK_BYTES, type Slot } from "./firmware.js";

/** Flash is written in pieces of so many bytes, with encryption as well. */
const ALIGNMENT_BYTES = 16;
const ERASED = 0xff;

export interface WriterOptions {
  readonly slot: Slot;
  /** So much of it is in the slot. */
  readonly offsetBytes: number;
  /** The first block of an image: what is wrong with it. */
  check(first: Uint8Array): string | undefined;
  /** One more block is in the slot. */
  onBlock(): void;
}

export class ImageWriter implements StreamSink {
  private options: WriterOptions;
  private block = new Uint8Array(BLOCK_BYTES);
  private _filled = 0;
  private offset: number;
  private sizeBytes: number | undefined;
  private _failure: Failure | undefined;

  constructor(options: WriterOptions) {
    this.options = options;
    this.offset = options.offsetBytes;
  }

  /** So much of it is in the slot: whole blocks, or all of it. */
  get offsetBytes(): number {
    return this.offset;
  }

  get isComplete(): boolean {
    return this.offset === this.sizeBytes;
  }

  /** Why no more of it is wanted. */
  get failure(): Failure | undefined {
    return this._failure;
  }

  /** What was half a block is dropped. */
  rewind(): void {
    this._filled = 0;
    this._failure = undefined;
  }

  /** What comes next stands at this place of the image, a block's beginning. */
  begin(offsetBytes: number, sizeBytes: number): void {
    this.offset = offsetBytes;
    this.sizeBytes = sizeBytes;
  }

  room(): Uint8Array<ArrayBuffer> {
    return this.block.subarray(this._filled);
  }

  filled(bytes: number): boolean {
    this._filled += bytes;
    const end = this.offset + this._filled;
    if (end > this.sizeBytes!) this._failure = failed("firmware-size", `more than ${this.sizeBytes} bytes`).failure;
    else if (this._filled === BLOCK_BYTES || end === this.sizeBytes) {
      this.flush();
      if (!this._failure) this.options.onBlock();
    }
    return !this._failure && !this.isComplete;
  }

  private flush(): void {
    const { slot, check } = this.options;
    const mistake = this.offset === 0 ? check(this.block.subarray(0, this._filled)) : undefined;
    if (mistake !== undefined) {
      this._failure = failed("firmware-image", mistake).failure;
      return;
    }
    const length = Math.ceil(this._filled / ALIGNMENT_BYTES) * ALIGNMENT_BYTES;
    this.block.fill(ERASED, this._filled);
    try {
      slot.erase(this.offset / BLOCK_BYTES);
      slot.write(this.block.subarray(0, length), this.offset);
    } catch (error) {
      this._failure = failed("firmware-flash", String(error)).failure;
      return;
    }
    this.offset += this._filled;
    this._filled = 0;
  }
}
