import { deflateRawSync, gunzipSync, gzipSync, inflateRawSync, constants as zlib } from "node:zlib";
import { describe, expect, test } from "vitest";
import { crc32 } from "../../modules/data/crc32.js";
import { deflate } from "../../softap/deflate.js";
import { gzipAround } from "../../softap/gzip.js";
import { built } from "../../softap/page/built.js";

const utf8 = (text: string) => new TextEncoder().encode(text);

/** The same on every run (mulberry32). */
function randomBytes(count: number, seed: number, values = 256): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length: count }, () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % values;
  });
}

const samples: Readonly<Record<string, Uint8Array>> = {
  nothing: new Uint8Array(0),
  "a byte": utf8("a"),
  "two bytes": utf8("ab"),
  "three bytes": utf8("abc"),
  "a run longer than any match": utf8("a".repeat(1_000)),
  "every byte": Uint8Array.from({ length: 256 }, (_, byte) => byte),
  markup: utf8('<li class="q4"><bdi>Café ☕ 文字</bdi>strong</li>'.repeat(50)),
  noise: randomBytes(5_000, 1),
  "matches at every distance up to the window's": Uint8Array.of(
    ...randomBytes(30_000, 2),
    ...randomBytes(30_000, 2),
    ...randomBytes(10_000, 3),
  ),
  "more than 65,535 bytes, with matches": randomBytes(70_000, 4, 3),
};

describe.each(Object.entries(samples))("%s", (_name, bytes) => {
  test("deflates to what inflates to it", () => {
    const inflated = inflateRawSync(deflate(bytes), { finishFlush: zlib.Z_SYNC_FLUSH });
    expect(Buffer.compare(inflated, bytes)).toBe(0);
  });

  test.each(Object.keys(built))("stands in the middle of one gzip member, %s", (language) => {
    const { head, tail } = built[language]!;
    const inflated = gunzipSync(Buffer.concat(gzipAround(built[language]!, bytes)));
    expect(Buffer.compare(inflated, Buffer.concat([head.raw, bytes, tail.raw]))).toBe(0);
  });
});

test("every length of a match", () => {
  const text = utf8(Array.from({ length: 300 }, (_, length) => `${"z".repeat(length)}${length}`).join("|"));
  expect(Buffer.compare(inflateRawSync(deflate(text), { finishFlush: zlib.Z_SYNC_FLUSH }), text)).toBe(0);
});

test("random fillings of small alphabets, seeded", () => {
  for (let seed = 0; seed < 300; seed++) {
    const bytes = randomBytes(1 + ((seed * 37) % 2_000), seed, 1 + (seed % 5));
    const inflated = gunzipSync(Buffer.concat(gzipAround(built.en!, bytes)));
    expect(Buffer.compare(inflated.subarray(built.en!.head.raw.length).subarray(0, bytes.length), bytes)).toBe(0);
  }
});

test("a damaged part is noticed: the CRC is that of the whole", () => {
  const parts = gzipAround(built.en!, utf8("filling")).map((part) => Buffer.from(part));
  for (const byte of [0, 4]) {
    const damaged = Buffer.concat(parts);
    damaged[damaged.length - 8 + byte]! ^= 1;
    expect(() => gunzipSync(damaged)).toThrow();
  }
});

test("the CRC is zlib's, in one piece or in two", () => {
  const bytes = randomBytes(1_000, 7);
  const ofZlib = gzipSync(bytes).readInt32LE(gzipSync(bytes).length - 8);
  expect(crc32(bytes)).toBe(ofZlib);
  expect(crc32(bytes.subarray(400), crc32(bytes.subarray(0, 400)))).toBe(crc32(bytes));
});

test("text that repeats itself is not sent again: within twice of what zlib makes of it", () => {
  const bytes = samples.markup!;
  expect(deflate(bytes).length).toBeLessThan(2 * deflateRawSync(bytes, { level: 9 }).length);
});

test("head and tail are sent from where they lie", () => {
  const parts = gzipAround(built.en!, utf8("filling"));
  expect(parts[0]).toBe(built.en!.head.deflated);
  expect(parts[2]).toBe(built.en!.tail.deflated);
});
