/** A socket as the SDK's protocol clients use it: the TCP class, TLS, or the device's wrapper of either. */
import type { XsBuffer } from "../buffers.js";

/** The next `write` goes on with the same: TLS makes one record of it. */
export interface WriteOptions {
  more?: boolean;
  byteLength?: number;
}

export interface SdkSocket {
  format: "number" | "buffer";
  /** In format "number" the next byte; else an ArrayBuffer, or the length of the given buffer. */
  read(wanted?: number | XsBuffer): number | ArrayBuffer | undefined;
  /** Gives how much more can be written. The typings say nothing of that; the clients live on it. */
  write(data: XsBuffer, options?: WriteOptions): number;
  close(): void;
}
