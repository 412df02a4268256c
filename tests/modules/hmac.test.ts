import { createHmac } from "node:crypto";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 as noble } from "@noble/hashes/sha2.js";
import { describe, expect, test } from "vitest";
import { fromHex, toHex } from "../../modules/data/hex.js";
import { sha256 as chipSha256 } from "../../modules/identity/adapter.js";
import { hmacSha256 } from "../../modules/identity/hmac.js";
import "../moddable/support.js";
import { nobleSha256 } from "./identities.js";
import { rfc4231 } from "./rfc4231.js";

const repeated = (byte: number, count: number) => new Uint8Array(count).fill(byte);

describe.each([
  ["noble", nobleSha256],
  ["the chip's Digest", chipSha256],
])("over %s", (_name, sha256) => {
  test.each(rfc4231)("RFC 4231, case $name", ({ key, data, digest }) => {
    const signature = toHex(hmacSha256(sha256, fromHex(key)!, fromHex(data)!));
    expect(signature.slice(0, digest.length)).toBe(digest);
    expect(signature).toBe(toHex(hmac(noble, fromHex(key)!, fromHex(data)!)));
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
