/**
 * The flash chip: NOR. A write only clears bits, page by page; an erasure sets them, sector by sector. Each has a middle
 * in which the power can fail, and what it leaves then is neither the old nor the new. Operations are counted as those of
 * NVS are, middles too.
 */
import { FLASH_BYTES, type FlashChip, SECTOR_BYTES } from "../../modules/update/simulator/partitions.js";

/** Bytes by their place, as complements: nothing but zeros is an erased chip, which a sparse file holds for nothing. */
export interface FlashStore {
  read(offset: number, lengthBytes: number): Uint8Array;
  write(offset: number, bytes: Uint8Array): void;
}

export interface NorOptions {
  /** Default: in memory, erased. */
  store?: FlashStore;
  /** Called in the middle and at the end of every operation; may end the device then and there. */
  onOperation?(): void;
}

/** What a chip programs at once. */
const pageBytes = 256;

export class Nor implements FlashChip {
  #store: FlashStore;
  #onOperation: () => void;

  constructor({ store = new MemoryStore(), onOperation = () => {} }: NorOptions = {}) {
    this.#store = store;
    this.#onOperation = onOperation;
  }

  read(address: number, lengthBytes: number): Uint8Array<ArrayBuffer> {
    check(address, lengthBytes);
    const bytes = new Uint8Array(lengthBytes);
    bytes.set(this.#store.read(address, lengthBytes));
    return invert(bytes);
  }

  write(address: number, bytes: Uint8Array): void {
    const old = this.read(address, bytes.length);
    const middle = Math.floor((address + bytes.length / 2) / pageBytes) * pageBytes - address;
    this.#operate(address, old, (byte, index) => {
      if (index >= middle + pageBytes) return byte;
      // The page that was being programmed: some of the bits that were to be cleared are.
      const left = index < middle ? 0 : noise(address + index);
      return byte & (bytes[index]! | left);
    });
    this.#operate(address, old, (byte, index) => byte & bytes[index]!);
  }

  eraseSector(address: number): void {
    if (address % SECTOR_BYTES) throw new RangeError(`no sector begins at ${address}`);
    const old = this.read(address, SECTOR_BYTES);
    this.#operate(address, old, (_, index) => noise(address + index));
    this.#operate(address, old, () => 0xff);
  }

  #operate(address: number, old: Uint8Array, change: (byte: number, index: number) => number): void {
    this.#store.write(address, invert(old.map(change)));
    this.#onOperation();
  }
}

class MemoryStore implements FlashStore {
  readonly #bytes = new Uint8Array(FLASH_BYTES);

  read(offset: number, lengthBytes: number): Uint8Array {
    return this.#bytes.subarray(offset, offset + lengthBytes);
  }

  write(offset: number, bytes: Uint8Array): void {
    this.#bytes.set(bytes, offset);
  }
}

function check(address: number, lengthBytes: number): void {
  if (address < 0 || address + lengthBytes > FLASH_BYTES)
    throw new RangeError(`flash has no ${address}+${lengthBytes}`);
}

function invert<Bytes extends Uint8Array>(bytes: Bytes): Bytes {
  for (let index = 0; index < bytes.length; index++) bytes[index] = ~bytes[index]!;
  return bytes;
}

/** The same at the same place every time, so that a test that fails fails again. */
function noise(address: number): number {
  return Math.imul(address ^ (address >>> 7), 0x9e3779b1) >>> 24;
}
