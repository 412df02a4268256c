import { expect, test } from "vitest";
import { type CborValue, decodeCbor, encodeCbor } from "../../mocks/aws/cbor.js";

/** RFC 8949, appendix A. */
test.each<[string, CborValue]>([
  ["00", 0],
  ["17", 23],
  ["1818", 24],
  ["1903e8", 1000],
  ["1a000f4240", 1_000_000],
  ["1affffffff", 0xffffffff],
  ["20", -1],
  ["3903e7", -1000],
  ["f4", false],
  ["f5", true],
  ["f6", null],
  ["60", ""],
  ["6449455446", "IETF"],
  ["62c3bc", "ü"],
  ["a0", {}],
  ["a56161614161626142616361436164614461656145", { a: "A", b: "B", c: "C", d: "D", e: "E" }],
])("%s", (hex, value) => {
  expect(encodeCbor(value).toString("hex")).toBe(hex);
  expect(decodeCbor(Buffer.from(hex, "hex"))).toEqual(value);
});

test("maps and texts without their lengths", () => {
  expect(decodeCbor(Buffer.from("bf6346756ef563416d7421ff", "hex"))).toEqual({ Fun: true, Amt: -2 });
  expect(decodeCbor(Buffer.from("7f657374726561646d696e67ff", "hex"))).toBe("streaming");
  const value = { a: { b: "c" }, d: "e".repeat(70_000) };
  expect(encodeCbor(value, true)[0]).toBe(0xbf);
  expect(decodeCbor(encodeCbor(value, true))).toEqual(value);
  expect(decodeCbor(encodeCbor(value))).toEqual(value);
});

test.each([
  ["nothing", ""],
  ["half a number", "19"],
  ["half a text", "6449"],
  ["half a map", "a26161"],
  ["an open map", "bf6161f5"],
  ["something behind", "0000"],
  ["a key that is no text", "a10000"],
  ["a length of eight bytes", "1b000000e8d4a51000"],
  ["a byte string", "4101"],
  ["a list", "80"],
  ["a tag", "c000"],
  ["a float", "f90000"],
  ["a break of its own", "ff"],
  ["text that is not UTF-8", "61ff"],
])("%s is refused", (_, hex) => {
  expect(() => decodeCbor(Buffer.from(hex, "hex"))).toThrow(RangeError);
});

test("numbers that are not integers of 32 bits are not written", () => {
  for (const value of [0.5, 2 ** 32, Number.NaN]) expect(() => encodeCbor(value)).toThrow(RangeError);
});
