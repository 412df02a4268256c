import type { Limits } from "../socket/adapter.js";
import { HeadFilter, MAX_HEAD_BYTES } from "./head.js";

/** So much of a larger body is read and dropped, so that the client can be told; one that sends more is cut. */
export const MAX_DRAINED_BYTES = 16 * 1024;
const LINE_FEED = 10;

/** Of one connection of the portal. */
export class RequestLimits extends HeadFilter implements Limits {
  /** Of the client, dotted; undefined where it has left already. */
  readonly address: string | undefined;
  /** The whole request is there. */
  isOver = false;

  constructor(address: string | undefined) {
    super();
    this.address = address;
  }

  get maxBytes(): number {
    return MAX_HEAD_BYTES + MAX_DRAINED_BYTES;
  }

  /**
   * A lone line feed ends the SDK's reading without ending a line. An exception would end it, too, but leave the socket
   * in the format of single bytes, and what is written then would be nothing but zeros.
   */
  mapByte(byte: number): number {
    if (this.isOver) return LINE_FEED;
    const passed = this.pass(byte);
    return this.isTooLarge ? LINE_FEED : passed;
  }
}
