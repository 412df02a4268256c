/**
 * The flash of a simulated board: a file beside the simulator's preferences that whoever starts the simulator has made
 * (tools/simulator.ts), with an image in the first slot. Bytes stand in it as complements, so that what is erased
 * takes no room. The bootloader does its part when the flash is first asked for after a start.
 */
import { Digest } from "crypt";
import { File } from "file";
import config from "mc/config";
import { boot } from "./bootloader.js";
import { readDescriptor } from "./image.js";
import { Ota } from "./ota.js";
import { type FlashChip, SECTOR_BYTES, SLOTS } from "./partitions.js";

const NAME = "esp32-online.flash";

class FileChip implements FlashChip {
  #file: File;

  /** @throws where there is no such file */
  constructor(path: string) {
    if (!File.exists(path)) throw new Error(`no flash: ${path}`);
    this.#file = new File(path, true);
  }

  read(address: number, lengthBytes: number): Uint8Array<ArrayBuffer> {
    this.#file.position = address;
    return complement(new Uint8Array(this.#file.read(ArrayBuffer, lengthBytes)));
  }

  write(address: number, bytes: Uint8Array): void {
    const old = this.read(address, bytes.length);
    for (let index = 0; index < bytes.length; index++) old[index]! &= bytes[index]!;
    this.put(address, old);
  }

  eraseSector(address: number): void {
    this.put(address, new Uint8Array(SECTOR_BYTES).fill(0xff));
  }

  private put(address: number, bytes: Uint8Array<ArrayBuffer>): void {
    this.#file.position = address;
    this.#file.write(complement(bytes).buffer);
  }
}

/** In place. */
function complement(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const words = new Int32Array(bytes.buffer, 0, bytes.length >> 2);
  for (let index = 0; index < words.length; index++) words[index] = ~words[index]!;
  for (let index = words.length * 4; index < bytes.length; index++) bytes[index] = ~bytes[index]!;
  return bytes;
}

interface Board {
  readonly ota: Ota;
  /** What the image in the slot that was booted says. */
  readonly version: string | undefined;
}

/** Once the power is on. In an object: what a module that stands in ROM declares cannot change. */
const powered: { board?: Board } = {};

/** @throws where there is no flash, or no image in it that can be booted */
function powerOn(): Board {
  const newSha256 = () => new Digest("SHA256");
  const chip = new FileChip(`${config.file.root}${NAME}`);
  const runningSlot = boot(chip, newSha256);
  if (runningSlot === undefined) throw new Error("no image that can be booted");
  const abort = (reason: string): never => {
    throw new Error(reason);
  };
  const ota = new Ota({ chip, runningSlot, newSha256, abort });
  return { ota, version: readDescriptor(chip, SLOTS[runningSlot]!)?.version };
}

export function simulatedOta(): Ota {
  powered.board ??= powerOn();
  return powered.board.ota;
}

/** @returns undefined where there is no flash */
export function simulatedBoard(): Board | undefined {
  try {
    powered.board ??= powerOn();
  } catch {
    return undefined;
  }
  return powered.board;
}
