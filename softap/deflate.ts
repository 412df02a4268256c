/**
 * Deflates text that repeats itself (RFC 1951): one block with the fixed codes, for each position one earlier place to
 * look for a match. A page of 4 KiB loses more than half of it; what a better search would find is not worth the time.
 */

const END_OF_BLOCK = 256;
const MIN_MATCH = 3;
/** One less than may be: the longest has a symbol of its own. */
const MAX_MATCH = 257;
const MAX_DISTANCE = 32_768;
const HASHES = 2048;
/** A block's header: not the last one, fixed codes. */
const FIXED_BLOCK = 0b010;
/** An empty stored block behind what brings it to a whole byte. */
const EMPTY_BLOCK = [0, 0, 0xff, 0xff];

/** What is sent for a byte, and behind these for a match of each length: symbol and the bits that follow it. */
const CODES = Uint16Array.from({ length: 256 + MAX_MATCH + 1 }, (_, index) => codeOf(index).bits);
const WIDTHS = Uint8Array.from({ length: 256 + MAX_MATCH + 1 }, (_, index) => codeOf(index).width);
const DISTANCE_CODES = Uint8Array.from({ length: 30 }, (_, symbol) => reverse(symbol, 5));

function codeOf(index: number): { bits: number; width: number } {
  if (index < 256) return symbolCode(index);
  const more = Math.max(0, index - 256 - MIN_MATCH);
  const extra = Math.max(0, 29 - Math.clz32(more));
  const { bits, width } = symbolCode(257 + 4 * extra + (more >> extra));
  return { bits: bits | ((more & ((1 << extra) - 1)) << width), width: width + extra };
}

/** §3.2.6 */
function symbolCode(symbol: number): { bits: number; width: number } {
  if (symbol < 144) return { bits: reverse(0x30 + symbol, 8), width: 8 };
  if (symbol < 256) return { bits: reverse(0x190 + symbol - 144, 9), width: 9 };
  if (symbol < 280) return { bits: reverse(symbol - END_OF_BLOCK, 7), width: 7 };
  return { bits: reverse(0xc0 + symbol - 280, 8), width: 8 };
}

/** Codes are sent with their highest bit first. */
function reverse(code: number, width: number): number {
  let result = 0;
  for (let bit = 0; bit < width; bit++) result |= ((code >> bit) & 1) << (width - 1 - bit);
  return result;
}

/**
 * In one loop without calls: on the chip each of them costs as much as a byte.
 * @returns blocks that are not the stream's last, up to a whole byte (what zlib calls a sync flush)
 */
export function deflate(bytes: Uint8Array): Uint8Array {
  const { length } = bytes;
  const out = new Uint8Array(length + (length >> 3) + 16); // nine bits for each byte at most
  const lastSeen = new Uint16Array(HASHES); // modulo 65,536: what stands there is compared anyway
  let outLength = 0;
  let bits = FIXED_BLOCK; // not yet in a byte, the first the lowest
  let count = 3;
  let end = 0; // of the last match
  for (let position = 0; position < length; position++) {
    const hash = ((bytes[position]! << 6) ^ (bytes[position + 1]! << 3) ^ bytes[position + 2]!) & (HASHES - 1);
    const distance = (position - lastSeen[hash]!) & 0xffff;
    lastSeen[hash] = position;
    if (position < end) continue; // in a match: another one may begin here later
    end = position;
    if (distance && distance <= position && distance <= MAX_DISTANCE) {
      const most = Math.min(length, position + MAX_MATCH);
      for (let from = position - distance; end < most && bytes[end] === bytes[from]; from++) end++;
    }
    const match = end - position;
    const isMatch = match >= MIN_MATCH;
    const code = isMatch ? 256 + match : bytes[position]!;
    bits |= CODES[code]! << count;
    count += WIDTHS[code]!;
    for (; count >= 8; count -= 8, bits >>>= 8) out[outLength++] = bits;
    if (!isMatch) {
      end = position;
      continue;
    }
    // §3.2.5: the symbol grows with the logarithm, the bits behind it say the rest.
    const back = distance - 1;
    const extra = back < 4 ? 0 : 30 - Math.clz32(back);
    bits |= (DISTANCE_CODES[2 * extra + (back >> extra)]! | ((back & ((1 << extra) - 1)) << 5)) << count;
    for (count += 5 + extra; count >= 8; count -= 8, bits >>>= 8) out[outLength++] = bits;
  }
  // The end's symbol is seven zeros, the stored block's header three more.
  for (count += 10; count > 0; count -= 8, bits >>>= 8) out[outLength++] = bits;
  out.set(EMPTY_BLOCK, outLength);
  // A copy: a slow reader must not hold the whole work space.
  return out.slice(0, outLength + EMPTY_BLOCK.length);
}
