/** `rsa` (modules/crypt/etc/rsa.js): the bare operation, as the SDK's. */
import type RSAType from "rsa";

export default class RSA implements RSAType {
  #exponent: bigint;
  #modulus: bigint;

  constructor(exponent: bigint, modulus: bigint) {
    this.#exponent = exponent;
    this.#modulus = modulus;
  }

  process(number: bigint): bigint {
    let result = 1n;
    let power = number % this.#modulus;
    for (let rest = this.#exponent; rest > 0n; rest >>= 1n) {
      if (rest & 1n) result = (result * power) % this.#modulus;
      power = (power * power) % this.#modulus;
    }
    return result;
  }
}
