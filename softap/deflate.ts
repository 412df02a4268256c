/**
 * Deflates text that repeats itself (RFC 1951): one block with the fixed codes, for each position one earlier place to
 * look for a match. A page of 4 KiB loses more than half of it; what a better search would find is not worth the time.
 */

const SYMBOLS = 288;
const END_OF_BLOCK = 256;
const MIN_MATCH = 3;
/** One less than may be: the longest has a symbol of its own. */
const MAX_MATCH = 257;
const MAX_DISTANCE = 32_768;
const HASHES = 1024;
/** In the bits of a block's header: not the last one, fixed codes. */
const FIXED_BLOCK = 0b010;

/** §3.2.6, as they are sent: the highest bit first. */
const CODES = Uint16Array.from({ length: SYMBOLS }, (_, symbol) => {
  if (symbol < 144) return reverse(0x30 + symbol, 8);
  if (symbol < 256) return reverse(0x190 + symbol - 144, 9);
  return symbol < 280 ? reverse(symbol - 256, 7) : reverse(0xc0 + symbol - 280, 8);
});
const DISTANCE_CODES = Uint8Array.from({ length: 30 }, (_, symbol) => reverse(symbol, 5));

function reverse(code: number, bits: number): number {
  let result = 0;
  for (let bit = 0; bit < bits; bit++) result |= ((code >> bit) & 1) << (bits - 1 - bit);
  return result;
}

/** @returns blocks that are not the stream's last, up to a whole byte (what zlib calls a sync flush) */
export function deflate(bytes: Uint8Array): Uint8Array {
  const { length } = bytes;
  const out = new BitWriter(length);
  const lastSeen = new Uint16Array(HASHES); // a position, modulo 65,536: what stands there is looked at anyway
  out.put(FIXED_BLOCK, 3);
  for (let position = 0; position < length; ) {
    const hash = ((bytes[position]! << 6) ^ (bytes[position + 1]! << 3) ^ bytes[position + 2]!) & (HASHES - 1);
    const distance = (position - lastSeen[hash]!) & 0xffff;
    lastSeen[hash] = position;
    let match = 0;
    if (distance && distance <= position && distance <= MAX_DISTANCE) {
      const most = Math.min(MAX_MATCH, length - position);
      while (match < most && bytes[position + match] === bytes[position + match - distance]) match++;
    }
    if (match < MIN_MATCH) out.symbol(bytes[position++]!);
    else {
      out.match(match, distance);
      position += match;
    }
  }
  return out.end();
}

class BitWriter {
  #bytes: Uint8Array;
  #length = 0;
  /** Not yet in a byte, the first the lowest. */
  #bits = 0;
  #count = 0;

  /** @param literals at most; a literal has up to nine bits */
  constructor(literals: number) {
    this.#bytes = new Uint8Array(literals + (literals >> 3) + 8);
  }

  put(bits: number, count: number): void {
    this.#bits |= bits << this.#count;
    this.#count += count;
    while (this.#count >= 8) {
      this.#bytes[this.#length++] = this.#bits;
      this.#bits >>>= 8;
      this.#count -= 8;
    }
  }

  symbol(symbol: number): void {
    this.put(CODES[symbol]!, symbol < 144 || symbol >= 280 ? 8 : symbol < 256 ? 9 : 7);
  }

  /** §3.2.5: the symbols grow with the logarithm, the bits behind them say the rest. */
  match(length: number, distance: number): void {
    const more = length - MIN_MATCH;
    const lengthBits = Math.max(0, 29 - Math.clz32(more));
    this.symbol(257 + 4 * lengthBits + (more >> lengthBits));
    this.put(more & ((1 << lengthBits) - 1), lengthBits);
    const back = distance - 1;
    const distanceBits = Math.max(0, 30 - Math.clz32(back));
    this.put(DISTANCE_CODES[2 * distanceBits + (back >> distanceBits)]!, 5);
    this.put(back & ((1 << distanceBits) - 1), distanceBits);
  }

  /** An empty stored block brings the stream to a whole byte. */
  end(): Uint8Array {
    this.symbol(END_OF_BLOCK);
    this.put(0, 3);
    if (this.#count) this.put(0, 8 - this.#count);
    for (const byte of [0, 0, 0xff, 0xff]) this.put(byte, 8);
    return this.#bytes.subarray(0, this.#length);
  }
}
