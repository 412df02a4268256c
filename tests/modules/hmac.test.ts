import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { sha256 as chipSha256 } from "../../modules/identity/adapter.js";
import { fromHex, hmacSha256, toHex } from "../../modules/identity/hmac.js";
import "../moddable/support.js";
import { nobleSha256 } from "./identities.js";

const bytes = (text: string) => Uint8Array.from(Buffer.from(text));
const repeated = (byte: number, count: number) => new Uint8Array(count).fill(byte);

/** RFC 4231 §4, all seven. */
const vectors: [string, Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>, string][] = [
  ["1", repeated(0x0b, 20), bytes("Hi There"), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"],
  [
    "2, a key shorter than the digest",
    bytes("Jefe"),
    bytes("what do ya want for nothing?"),
    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
  ],
  [
    "3, long data",
    repeated(0xaa, 20),
    repeated(0xdd, 50),
    "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
  ],
  [
    "4, a key of 25 bytes",
    Uint8Array.from({ length: 25 }, (_, index) => index + 1),
    repeated(0xcd, 50),
    "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
  ],
  ["5, truncated to 128 bits", repeated(0x0c, 20), bytes("Test With Truncation"), "a3b6167473100ee06e0c796c2955552b"],
  [
    "6, a key longer than a block",
    repeated(0xaa, 131),
    bytes("Test Using Larger Than Block-Size Key - Hash Key First"),
    "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
  ],
  [
    "7, key and data longer than a block",
    repeated(0xaa, 131),
    bytes(
      "This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed before being used by the HMAC algorithm.",
    ),
    "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
  ],
];

describe.each([
  ["noble", nobleSha256],
  ["the chip's Digest", chipSha256],
])("over %s", (_name, sha256) => {
  test.each(vectors)("RFC 4231, case %s", (_label, key, message, expected) => {
    expect(toHex(hmacSha256(sha256, key, message)).slice(0, expected.length)).toBe(expected);
  });

  test("keys at a block's bound, and messages of nothing", () => {
    for (const length of [0, 1, 63, 64, 65]) {
      const [key, message] = [repeated(7, length), new Uint8Array(0)];
      expect(toHex(hmacSha256(sha256, key, message))).toBe(createHmac("sha256", key).update(message).digest("hex"));
      expect([...key]).toEqual(new Array(length).fill(7)); // the caller's key stays
    }
  });
});

test.each([
  ["", undefined],
  ["0", undefined],
  ["0g", undefined],
  [" 00", undefined],
  ["00ff", [0, 255]],
  ["DeadBEEF", [0xde, 0xad, 0xbe, 0xef]],
])("%j from hex", (text, expected) => {
  const read = fromHex(text);
  expect(read && [...read]).toEqual(expected);
  if (read) expect(toHex(read)).toBe(text.toLowerCase());
});
