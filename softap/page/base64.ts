const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** For constants of the build, at link time (RFC 4648 §4): what is no base64 is not looked for. */
export function fromBase64(text: string): Uint8Array {
  const digits = text.replace(/=+$/, "");
  const bytes = new Uint8Array((digits.length * 3) >> 2);
  let bits = 0;
  let position = 0;
  for (let index = 0; index < digits.length; index++) {
    bits = (bits << 6) | ALPHABET.indexOf(digits[index]!);
    const left = 6 - 2 * (index & 3); // bits that belong to the next byte
    if (left < 6) bytes[position++] = bits >> left;
  }
  return bytes;
}
