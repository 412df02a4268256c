/** The flash chip of a virtual device as a sparse file: where nothing was ever written it takes no room. */
import { closeSync, ftruncateSync, openSync, readSync, writeSync } from "node:fs";
import { FLASH_BYTES, IDENTITY, SECTOR_BYTES, SLOTS } from "../../modules/update/simulator/partitions.js";
import { type FlashStore, Nor } from "../moddable/nor.js";

/** Beside the state file. */
export const flashFileOf = (stateFile: string): string => `${stateFile}.flash`;

export class FlashFile implements FlashStore {
  readonly #file: number;

  /** @throws where there is none */
  constructor(path: string) {
    this.#file = openSync(path, "r+");
  }

  read(offset: number, lengthBytes: number): Uint8Array {
    const bytes = new Uint8Array(lengthBytes);
    readSync(this.#file, bytes, 0, lengthBytes, offset);
    return bytes;
  }

  /** Zeros over zeros would make the file grow. */
  write(offset: number, bytes: Uint8Array): void {
    if (Buffer.compare(this.read(offset, bytes.length), bytes)) writeSync(this.#file, bytes, 0, bytes.length, offset);
  }

  close(): void {
    closeSync(this.#file);
  }
}

/** As the flasher writes it. @param copy of the factory's record: the whole partition */
export function putCopy(path: string, copy: Uint8Array): void {
  const store = new FlashFile(path);
  const chip = new Nor({ store });
  for (let at = 0; at < IDENTITY.size; at += SECTOR_BYTES) chip.eraseSector(IDENTITY.address + at);
  chip.write(IDENTITY.address, copy);
  store.close();
}

/** A chip as the factory leaves it: an image in the first slot, everything else erased. */
export function flashAtFactory(path: string, image: Uint8Array): void {
  const file = openSync(path, "w", 0o600);
  ftruncateSync(file, FLASH_BYTES);
  closeSync(file);
  const store = new FlashFile(path);
  new Nor({ store }).write(SLOTS[0]!.address, image);
  store.close();
}
