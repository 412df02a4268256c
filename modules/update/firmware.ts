/** The flash with its two slots for images, and the bootloader behind it. */

/** Of the flash: what is erased at once, and what is in memory of an image at a time. */
export const BLOCK_BYTES = 4_096;

/** The slot that does not run. Every method throws where the flash does not obey. */
export interface Slot {
  readonly sizeBytes: number;
  erase(block: number): void;
  /** Into what was erased. */
  write(bytes: Uint8Array<ArrayBuffer>, offsetBytes: number): void;
  read(into: Uint8Array<ArrayBuffer>, offsetBytes: number): void;
  /**
   * Checks the image in the slot, and has the bootloader boot it next, on trial.
   * @param first the image's first block, as it stands in the slot: it is written once more
   * @returns false where the bootloader would not take the image
   */
  boot(first: Uint8Array<ArrayBuffer>): boolean;
  close(): void;
}

export interface Sha256Stream {
  write(bytes: Uint8Array<ArrayBuffer>): void;
  /** 32 bytes. */
  close(): Uint8Array<ArrayBuffer>;
}

/** The bootloader's word. */
export interface Boot {
  /** Of the image that runs. @param built what the build says of itself */
  version(built: string): string;
  /** The image that runs has not been accepted: any restart takes it back. */
  onTrial(): boolean;
  /** @returns whether the bootloader keeps the image from now on */
  accept(): boolean;
  /** Of the image that it took back last; undefined also once another update has begun. */
  rolledBackVersion(): string | undefined;
}

export interface Firmware {
  readonly boot: Boot;
  /** @throws where there is no second slot */
  openSlot(): Slot;
  /** The head of the image that runs; undefined where it cannot be read. */
  runningHead(): Uint8Array | undefined;
  createSha256(): Sha256Stream;
  /** Every image has to be signed: the build has a key. */
  readonly demandsSignature: boolean;
  /** Whether the build's key made this signature (DER as hex) over the hash. */
  isSigned(hash: Uint8Array<ArrayBuffer>, signature: string): boolean;
}
