/** `curve` (modules/crypt/etc/curve.js) */
import type CurveType from "curve";
import ECPoint from "./ecp.js";

/** FIPS 186-4, D.1.2.3 and D.1.2.4; a is -3. */
const curves = {
  secp256r1: {
    p: 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn,
    n: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
    x: 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n,
    y: 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n,
    bytes: 32,
  },
  secp384r1: {
    p: 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffeffffffff0000000000000000ffffffffn,
    n: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
    x: 0xaa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7n,
    y: 0x3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5fn,
    bytes: 48,
  },
};

export default class Curve implements CurveType {
  readonly p: bigint;
  readonly n: bigint;
  readonly G: ECPoint;
  readonly orderSize: number;

  constructor(name: keyof typeof curves) {
    const { p, n, x, y, bytes } = curves[name];
    this.p = p;
    this.n = n;
    this.G = new ECPoint(x, y);
    this.orderSize = bytes;
  }
}
