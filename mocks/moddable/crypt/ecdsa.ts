/**
 * `ecdsa` (modules/crypt/etc/ecdsa.js), as unkind as the SDK's: it takes zeros for a signature of anything, and a hash
 * that is longer than the order as a whole.
 */
import type CurveType from "curve";
import type ECDSAType from "ecdsa";
import type ECPointType from "ecp";
import { numberOf } from "../buffers.js";
import type Curve from "./curve.js";
import ECPoint from "./ecp.js";
import RSA from "./rsa.js";

export default class ECDSA implements ECDSAType {
  #key: ECPoint;
  #curve: Curve;

  constructor(key: ECPointType, curve: CurveType) {
    this.#key = key;
    this.#curve = curve as Curve;
  }

  /** @throws where it is no DER; the SDK reads beyond its end */
  verify(hash: ArrayBuffer, signature: Uint8Array, _asn1: true): boolean {
    const { n, p, G } = this.#curve;
    const [r, s] = integersOf(signature);
    const inverse = invert(s, n);
    const first = multiply(G, (numberOf(hash) * inverse) % n, p);
    const second = multiply(this.#key, (r * inverse) % n, p);
    return (add(first, second, p)?.X ?? 0n) % n === r;
  }
}

/** Of a SEQUENCE of two INTEGERs, each with one byte of length. */
function integersOf(der: Uint8Array): [bigint, bigint] {
  const start = 2;
  const next = start + 2 + der[start + 1]!;
  const at = (from: number) => numberOf(der.slice(from + 2, from + 2 + der[from + 1]!).buffer);
  if (der[0] !== 0x30 || der[start] !== 2 || der[next] !== 2) throw new Error("BER: not an integer");
  return [at(start), at(next)];
}

/** Undefined is the point at infinity. */
type Point = ECPoint | undefined;

function multiply(point: ECPoint, factor: bigint, p: bigint): Point {
  let result: Point;
  let power: Point = point;
  for (let rest = factor; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = add(result, power, p);
    power = add(power, power, p);
  }
  return result;
}

function add(a: Point, b: Point, p: bigint): Point {
  if (!a || !b) return a ?? b;
  if (a.X === b.X && (a.Y + b.Y) % p === 0n) return undefined;
  const slope =
    a.X === b.X ? (3n * a.X * a.X - 3n) * invert(2n * a.Y, p) : (b.Y - a.Y) * invert(modulo(b.X - a.X, p), p);
  const x = modulo(slope * slope - a.X - b.X, p);
  return new ECPoint(x, modulo(slope * (a.X - x) - a.Y, p));
}

/** By Fermat; of zero it is zero. */
function invert(value: bigint, prime: bigint): bigint {
  return new RSA(prime - 2n, prime).process(value);
}

const modulo = (value: bigint, p: bigint): bigint => ((value % p) + p) % p;
