import { type NorFlash, SECTOR_BYTES } from "./flash.js";
import { stubErrors } from "./protocol.js";

const BLOCK_SECTORS = 16;
/** Longer than what is decompressed elsewhere takes on a busy machine. */
const SETTLE_MS = 1_000;

/** Where a loader writes, and how far: that in RAM erases ahead of what it writes (stub_write_flash.c). */
export class FlashWriter {
  readonly #flash: NorFlash;
  #address: number;
  #remaining: number;
  #eraseSector: number;
  #eraseSectors: number;

  constructor(flash: NorFlash, address: number, sizeBytes: number) {
    this.#flash = flash;
    this.#address = address;
    this.#remaining = sizeBytes;
    this.#eraseSector = Math.floor(address / SECTOR_BYTES);
    this.#eraseSectors = Math.ceil(((address % SECTOR_BYTES) + sizeBytes) / SECTOR_BYTES);
  }

  get remaining(): number {
    return this.#remaining;
  }

  /** What is longer than was announced is cut: a last block comes padded. */
  write(data: Uint8Array): void {
    const part = data.subarray(0, this.#remaining);
    if (!part.length) return;
    const last = Math.floor((this.#address + part.length) / SECTOR_BYTES);
    while (this.#eraseSectors > 0 && this.#eraseSector <= last) this.#erase();
    this.#flash.program(this.#address, part);
    this.#address += part.length;
    this.#remaining -= part.length;
  }

  eraseAll(): void {
    while (this.#eraseSectors > 0) this.#erase();
  }

  /** The power fails here: what was to be written next is erased, and no more. */
  breakOff(): void {
    if (this.#eraseSectors > 0) this.#erase();
  }

  #erase(): void {
    const whole = this.#eraseSectors >= BLOCK_SECTORS && this.#eraseSector % BLOCK_SECTORS === 0;
    for (let left = whole ? BLOCK_SECTORS : 1; left > 0; left--) {
      this.#flash.eraseSector(this.#eraseSector++);
      this.#eraseSectors--;
    }
  }
}

/** A zlib stream on its way into the flash. */
export class DeflatedWriter {
  readonly #input: WritableStreamDefaultWriter<Uint8Array>;
  readonly #written: Promise<number>;
  readonly #writer: FlashWriter;

  constructor(writer: FlashWriter) {
    this.#writer = writer;
    const { readable, writable } = new DecompressionStream("deflate");
    this.#input = writable.getWriter();
    this.#written = this.#drain(readable);
    this.#written.catch(() => undefined);
  }

  /** @returns the error to tell with the next reply */
  async write(block: Uint8Array): Promise<number> {
    try {
      await this.#input.write(block);
      return stubErrors.none;
    } catch {
      return stubErrors.inflate;
    }
  }

  /**
   * The stream takes a block before it has passed on what was in it, and does not say when that is done: fulfilled when
   * all that was announced is in flash, or when no more can be on its way.
   */
  async settle(): Promise<void> {
    for (let quiet = 0; quiet < SETTLE_MS && this.#writer.remaining > 0; quiet++) {
      const before = this.#writer.remaining;
      await new Promise((resolve) => setTimeout(resolve, 1));
      if (this.#writer.remaining !== before) quiet = 0;
    }
  }

  async end(): Promise<number> {
    try {
      await this.#input.close();
    } catch {
      return stubErrors.inflate;
    }
    return await this.#written;
  }

  async #drain(readable: ReadableStream<Uint8Array>): Promise<number> {
    try {
      for await (const bytes of readable) this.#writer.write(bytes);
    } catch {
      return stubErrors.inflate;
    }
    return this.#writer.remaining ? stubErrors.notEnoughData : stubErrors.none;
  }
}
