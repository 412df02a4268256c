import type { Limits } from "../socket/adapter.js";
import { HeadFilter, MAX_HEAD_BYTES } from "./head.js";

/** So much of a larger body is read and dropped, so that the client can be told; one that sends more is cut. */
export const MAX_DRAINED_BYTES = 16 * 1024;
const SPACE = 32;

/** Of one connection. */
export class RequestLimits extends HeadFilter implements Limits {
  /** All of the request is there. */
  isOver = false;

  get maxBytes(): number {
    return MAX_HEAD_BYTES + MAX_DRAINED_BYTES;
  }

  /** What follows the request must not end a line: the SDK would take it for one, and drop the connection. */
  mapByte(byte: number): number {
    const passed = this.pass(byte);
    return this.isOver ? SPACE : passed;
  }
}
