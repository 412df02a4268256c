/** ECDSA on P-256 of a digest (FIPS 186-4 §6.4): Node's own verifies messages alone. */
import { numberOf } from "../buffers.js";
import { DerReader } from "./der.js";

interface Point {
  readonly x: bigint;
  readonly y: bigint;
}

/** FIPS 186-4, D.1.2.3; a is -3. */
const p = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;
const n = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const b = 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn;
const base: Point = {
  x: 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n,
  y: 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n,
};

/** @param signature r and s in DER @param point uncompressed (SEC 1 §2.3.3) */
export function isSigned(digest: Uint8Array, signature: Uint8Array, point: Uint8Array): boolean {
  try {
    const numbers = new DerReader(signature).inside();
    const [r, s] = [number(numbers.integer()), number(numbers.integer())];
    const key = { x: number(point.subarray(1, 33)), y: number(point.subarray(33)) };
    if (point[0] !== 4 || !isOnCurve(key) || r === 0n || s === 0n || r >= n || s >= n) return false;
    const inverse = invert(s, n);
    const sum = add(multiply(base, (number(digest) * inverse) % n), multiply(key, (r * inverse) % n));
    return sum !== undefined && sum.x % n === r;
  } catch {
    return false;
  }
}

const number = (bytes: Uint8Array): bigint => numberOf(bytes.slice().buffer);

const isOnCurve = ({ x, y }: Point): boolean => modulo(y * y - x * x * x + 3n * x - b, p) === 0n;

/** Undefined is the point at infinity. */
function multiply(point: Point, factor: bigint): Point | undefined {
  let result: Point | undefined;
  let power: Point | undefined = point;
  for (let rest = factor; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = add(result, power);
    power = add(power, power);
  }
  return result;
}

function add(first: Point | undefined, second: Point | undefined): Point | undefined {
  if (!first || !second) return first ?? second;
  if (first.x === second.x && (first.y + second.y) % p === 0n) return undefined;
  const slope =
    first.x === second.x
      ? (3n * first.x * first.x - 3n) * invert(2n * first.y, p)
      : (second.y - first.y) * invert(modulo(second.x - first.x, p), p);
  const x = modulo(slope * slope - first.x - second.x, p);
  return { x, y: modulo(slope * (first.x - x) - first.y, p) };
}

/** By Fermat. */
function invert(value: bigint, prime: bigint): bigint {
  let result = 1n;
  let power = modulo(value, prime);
  for (let rest = prime - 2n; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * power) % prime;
    power = (power * power) % prime;
  }
  return result;
}

const modulo = (value: bigint, by: bigint): bigint => ((value % by) + by) % by;
