import type { XsBuffer } from "../buffers.js";

/** What the HTTP client's `request` gives; the client that made it does the work. */
export class Request {
  #read: (request: Request, wanted?: number | XsBuffer) => number | ArrayBuffer | undefined;
  #write: (request: Request, data?: XsBuffer) => number;

  constructor(
    read: (request: Request, wanted?: number | XsBuffer) => number | ArrayBuffer | undefined,
    write: (request: Request, data?: XsBuffer) => number,
  ) {
    this.#read = read;
    this.#write = write;
  }

  /** At most so many bytes of the body, or a buffer filled as far as they go. */
  read(byteLength?: number): ArrayBuffer | undefined;
  read(buffer: XsBuffer): void;
  read(wanted?: number | XsBuffer): number | ArrayBuffer | undefined {
    return this.#read(this, wanted);
  }

  /** Sends a piece of the body; without data ends a chunked one. Gives how much more is welcome. @throws "would block" */
  write(data?: XsBuffer): number {
    return this.#write(this, data);
  }
}
