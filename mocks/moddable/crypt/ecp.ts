/** `ecp` (modules/crypt/arith/ecp.js) */
import type ECPointType from "ecp";

export default class ECPoint implements ECPointType {
  readonly X: bigint;
  readonly Y: bigint;

  constructor(x: bigint, y: bigint) {
    this.X = x;
    this.Y = y;
  }
}
