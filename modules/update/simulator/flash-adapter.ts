/**
 * `embedded:storage/flash` as modules/io/flash/esp32 has it, over a chip that is none. In the simulator this is what the
 * SDK's name leads to, its types too.
 */
import type { Partition } from "../../system/system.js";
import { bytesOf, integer, present } from "./arguments.js";
import type { Ota } from "./ota.js";
import { PARTITIONS, SECTOR_BYTES, TYPE } from "./partitions.js";

/** Taken where its elements are single bytes. */
export type Buffer = ArrayBufferLike | ArrayBufferView;

export interface FlashOptions {
  path: string;
  mode?: "r" | "r+";
  format?: "buffer";
}

/** @param ota asked for at each call: a test may change the chip */
export function createFlashStorage(ota: () => Ota) {
  return {
    open({ path, mode = "r+", format = "buffer" }: FlashOptions): OpenFlash {
      if (path === undefined) throw new Error("no path");
      const partition = find(ota(), String(path));
      if (!partition) throw new Error("can't find partition");
      if (mode !== "r" && mode !== "r+") throw new Error("invalid mode");
      if (format !== "buffer") throw new RangeError("unsupported");
      return new OpenFlash(ota, partition, mode === "r");
    },
    [Symbol.iterator]() {
      return PARTITIONS.map(({ label }) => label).values();
    },
  };
}

/** An application's slot has no path but these two. There is no partition for modules ("xs"). */
function find(ota: Ota, path: string): Partition | undefined {
  if (path === "running") return ota.running;
  if (path === "nextota") return ota.next;
  return PARTITIONS.find(({ type, label }) => type === TYPE.data && label === path);
}

export class OpenFlash {
  #ota: () => Ota;
  #partition: Partition | undefined;
  readonly readOnly: boolean;

  constructor(ota: () => Ota, partition: Partition, readOnly: boolean) {
    this.#ota = ota;
    this.#partition = partition;
    this.readOnly = readOnly;
  }

  /** @throws SyntaxError once it is closed */
  get partition(): Partition {
    if (!this.#partition) throw new SyntaxError("no host data");
    return this.#partition;
  }

  get format(): "buffer" {
    return "buffer";
  }

  set format(format: "buffer") {
    if (format !== "buffer") throw new RangeError("invalid");
  }

  close(): void {
    this.#partition = undefined;
  }

  eraseBlock(start: number, end?: number): void {
    const { partition } = this;
    if (this.readOnly) throw new Error("read-only");
    const first = integer(present(start));
    const behind = end === undefined ? first + 1 : integer(end);
    if (!this.#ota().erase(partition, first * SECTOR_BYTES, (behind - first) * SECTOR_BYTES))
      throw new Error("erase failed");
  }

  read(byteLength: number, byteOffset: number): ArrayBuffer;
  read(buffer: Buffer, byteOffset: number): number;
  read(what: number | Buffer, byteOffset: number): ArrayBuffer | number {
    const { partition } = this;
    const target = typeof what === "number" ? new Uint8Array(integer(what)) : bytesOf(present(what));
    const bytes = this.#ota().read(partition, integer(present(byteOffset)), target.length);
    if (!bytes) throw new Error("read failed");
    target.set(bytes);
    return typeof what === "number" ? bytes.buffer : target.length;
  }

  write(buffer: Buffer, byteOffset: number): void {
    const { partition } = this;
    if (this.readOnly) throw new Error("read-only");
    const offset = integer(present(byteOffset));
    if (!this.#ota().write(partition, offset, bytesOf(present(buffer)))) throw new Error("write failed");
  }

  status() {
    const { size } = this.partition;
    return { size, blockLength: SECTOR_BYTES, blocks: size / SECTOR_BYTES };
  }
}
