/** `embedded:update` as modules/io/update/esp32 has it, over a chip that is none; in the simulator with its types. */
import type { Partition } from "../../system/system.js";
import { bytesOf, present } from "./arguments.js";
import { type Buffer, OpenFlash } from "./flash-adapter.js";
import type { Ota, Writer } from "./ota.js";

export interface UpdateOptions {
  /** As the module beside this one opens it. */
  partition: object;
  mode?: "a" | "w";
  byteLength?: number;
  format?: "buffer";
}

/** @param ota asked for at each call: a test may change the chip */
export function createUpdate(ota: () => Ota) {
  return {
    open({ partition: flash, mode = "a", byteLength, format = "buffer" }: UpdateOptions): OpenUpdater {
      if (flash === undefined) throw new Error("no partition");
      if (!(flash instanceof OpenFlash)) throw new SyntaxError("no host data");
      const { partition } = flash;
      if (flash.readOnly) throw new Error("read-only partition");
      if (mode !== "a" && mode !== "w") throw new RangeError("invalid mode");
      if (format !== "buffer") throw new RangeError("unsupported");
      if (byteLength !== undefined && !(+byteLength >= 0 && +byteLength <= partition.size))
        throw new RangeError("invalid byteLength");
      const sizeBytes = mode === "a" ? undefined : Math.trunc(byteLength ?? 0);
      const writer = ota().begin(partition, sizeBytes);
      if (!writer) throw new Error("begin failed");
      return new OpenUpdater(ota, partition, writer, mode === "a");
    },
  };
}

class OpenUpdater {
  #ota: () => Ota;
  #partition: Partition;
  #appends: boolean;
  /** Undefined: closed. False: complete, or it has failed to be. */
  #writer: Writer | false | undefined;

  constructor(ota: () => Ota, partition: Partition, writer: Writer, appends: boolean) {
    this.#ota = ota;
    this.#partition = partition;
    this.#writer = writer;
    this.#appends = appends;
  }

  get format(): "buffer" {
    return "buffer";
  }

  set format(format: "buffer") {
    if (format !== "buffer") throw new RangeError("invalid");
  }

  close(): void {
    this.#writer = undefined;
  }

  write(buffer: Buffer, byteOffset?: number): void {
    const writer = this.open();
    const done = this.#appends ? append(writer, buffer, byteOffset) : writer.writeAt(...at(buffer, byteOffset));
    if (!done) throw new Error("write failed");
  }

  complete(): void {
    const writer = this.open();
    this.#writer = false;
    if (!writer.end()) throw new Error("end failed");
    if (!this.#ota().setBoot(this.#partition)) throw new Error("can't change boot partition");
  }

  private open(): Writer {
    if (this.#writer === undefined) throw new SyntaxError("no host data");
    if (!this.#writer) throw new Error("already complete");
    return this.#writer;
  }
}

function append(writer: Writer, buffer: Buffer, byteOffset: number | undefined): boolean {
  if (byteOffset !== undefined) throw new Error("offset not allowed");
  return writer.append(bytesOf(present(buffer)));
}

function at(buffer: Buffer, byteOffset: number | undefined): [Uint8Array, number] {
  const offset = +present(byteOffset);
  if (offset < 0 || offset > 0xffffffff) throw new RangeError("invalid offset");
  return [bytesOf(present(buffer)), Math.trunc(offset)];
}
