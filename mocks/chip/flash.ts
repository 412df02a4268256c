/**
 * NOR flash: erasing sets a sector of 4 KiB to ones, programming only turns ones into zeros. An address beyond the end
 * comes back at the beginning: the chip does not look at the bits that it has no use for.
 */
export const SECTOR_BYTES = 0x1000;

export class NorFlash {
  readonly sizeBytes: number;
  readonly #bytes: Uint8Array;
  #weakCell = false;

  /** @param sizeBytes a power of two */
  constructor(sizeBytes: number) {
    this.sizeBytes = sizeBytes;
    this.#bytes = new Uint8Array(sizeBytes).fill(0xff);
  }

  read(address: number, length: number): Uint8Array {
    const bytes = new Uint8Array(length);
    for (let at = 0; at < length; ) {
      const start = (address + at) % this.sizeBytes;
      const run = this.#bytes.subarray(start, start + length - at);
      bytes.set(run, at);
      at += run.length;
    }
    return bytes;
  }

  program(address: number, data: Uint8Array): void {
    const weak = this.#weakCell ? data.findIndex((byte) => byte !== 0) : -1;
    if (weak >= 0) this.#weakCell = false;
    for (const [index, byte] of data.entries()) {
      const kept = index === weak ? byte & (byte - 1) : byte;
      this.#bytes[(address + index) % this.sizeBytes]! &= kept;
    }
  }

  /** The next thing programmed loses a one. */
  spoilNext(): void {
    this.#weakCell = true;
  }

  eraseSector(sector: number): void {
    const start = (sector * SECTOR_BYTES) % this.sizeBytes;
    this.#bytes.fill(0xff, start, start + SECTOR_BYTES);
  }

  eraseAll(): void {
    this.#bytes.fill(0xff);
  }
}
