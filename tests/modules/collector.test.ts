import { expect, test } from "vitest";
import "../moddable/support.js";
import { Collector } from "../../modules/socket/collector.js";

const bytesOf = (text: string): ArrayBuffer => Uint8Array.from(Buffer.from(text)).buffer;

test.each([
  ["as many as expected", 12],
  ["more than expected", 5],
  ["fewer than expected", 99],
  ["nobody knew how many", 0],
])("bytes in parts are one text: %s", (_name, expectedBytes) => {
  const collector = new Collector(expectedBytes);
  // Characters of three bytes, cut.
  for (const byte of Buffer.from("文字列字")) collector.add(Uint8Array.of(byte).buffer);
  expect([collector.length, collector.text()]).toEqual([12, "文字列字"]);
});

test("parts of all sizes, and of none", () => {
  const collector = new Collector();
  expect([collector.length, collector.text()]).toEqual([0, ""]);
  const parts = ["", "a", "bc", "d".repeat(1_000), "", "e"];
  for (const part of parts) collector.add(bytesOf(part));
  expect(collector.text()).toBe(parts.join(""));
});

test("what is no UTF-8 is no text", () => {
  const collector = new Collector();
  collector.add(Uint8Array.of(0x61, 0xff).buffer);
  expect(collector.text()).toBeUndefined();
});

test.each([0, 7, 12, 600])("bytes that are written where there is room for them, %i expected", (expectedBytes) => {
  const collector = new Collector(expectedBytes);
  const bytes = Buffer.from("文字列字".repeat(100));
  for (let sent = 0; sent < bytes.length; ) {
    const room = collector.room();
    const part = bytes.subarray(sent, sent + Math.min(room.length, 5));
    room.set(part);
    collector.filled(part.length);
    sent += part.length;
  }
  expect([collector.length, collector.text()]).toEqual([1_200, "文字列字".repeat(100)]);
});
