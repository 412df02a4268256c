import { randomBytes } from "node:crypto";
import { expect, test } from "vitest";
import { fromBase64, isBase64, toBase64 } from "../../modules/data/base64.js";

test("bytes of every length and value, there and back", () => {
  for (let length = 0; length < 300; length++) {
    const bytes = randomBytes(length);
    const text = bytes.toString("base64");
    expect(isBase64(text)).toBe(true);
    expect(Buffer.from(fromBase64(text))).toEqual(bytes);
    expect(toBase64(bytes)).toBe(text);
  }
  const all = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
  expect(Buffer.from(fromBase64(all.toString("base64")))).toEqual(all);
  expect(toBase64(all)).toBe(all.toString("base64"));
});

test.each([
  "A",
  "AA",
  "AAA",
  "AA==AA==",
  "=AAA",
  "AAA\n",
  "AA A",
  "AA-_",
  "AA.A",
  "[AAA",
  "`AAA",
  "{AAA",
  "@AAA",
  "A文AA",
  "A===",
])("%j is none", (text) => {
  expect(isBase64(text)).toBe(false);
});
