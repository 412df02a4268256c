import { expect, test } from "vitest";
import "../moddable/support.js";
import type { Frame } from "../../softap/gzip.js";
import { built } from "../../softap/page/built.js";
import { isFresh } from "../../tools/page.js";

const tag = Object.keys(built)[0]!;
const frame = built[tag]!;
const { head, tail } = frame;
const other = (bytes: Uint8Array) => bytes.map((byte, at) => (at === bytes.length >> 1 ? byte ^ 1 : byte));

test("the page as it was built is fresh", () => {
  expect(isFresh(built)).toBe(true);
});

test.each<[string, Frame]>([
  ["text", { ...frame, head: { ...head, raw: other(head.raw) } }],
  ["checksum", { ...frame, tail: { ...tail, crc: tail.crc ^ 1 } }],
  ["shift", { ...frame, tailShift: frame.tailShift.map((bits) => bits ^ 1) }],
  ["deflated text", { ...frame, tail: { ...tail, deflated: head.deflated.subarray(10) } }],
])("another %s is not: the page is built anew", (_name, changed) => {
  expect(isFresh({ ...built, [tag]: changed })).toBe(false);
});
