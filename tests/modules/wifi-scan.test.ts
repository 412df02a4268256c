import { afterEach, describe, expect, test, vi } from "vitest";
import { failed } from "../../modules/base/failure.js";
import { explainJoin, isReadable, strongest } from "../../modules/wifi/scan.js";

const network = (ssid: string, rssi: number, secured = true) => ({ ssid, rssi, secured });

test("of each name the strongest, strongest first", () => {
  const found = [network("a", -70), network("b", -50), network("a", -40), network("c", -90, false), network("a", -80)];
  expect(strongest(found)).toEqual([network("a", -40), network("b", -50), network("c", -90, false)]);
});

test("names differ in case and spaces", () => {
  expect(strongest([network("a", -1), network("A", -2), network("a ", -3)])).toHaveLength(3);
});

test("nothing found, and the list that was given stays as it was", () => {
  expect(strongest([])).toEqual([]);
  const found = Object.freeze([network("a", -70), network("b", -50)]);
  expect(strongest(found).map(({ ssid }) => ssid)).toEqual(["b", "a"]);
});

test("names of Object's own are names", () => {
  expect(strongest([network("__proto__", -1), network("constructor", -2)]).map(({ ssid }) => ssid)).toEqual([
    "__proto__",
    "constructor",
  ]);
});

test("more names than a person looks through are left out, the weakest first", () => {
  const many = Array.from({ length: 80 }, (_, index) => network(`n${index}`, -index));
  const kept = strongest(many);
  expect(kept.length).toBeLessThanOrEqual(40);
  expect(kept.at(-1)!.rssi).toBe(1 - kept.length);
});

test("a network that was not joined and is in reach refused", () => {
  const notFound = failed("wifi-not-found", "a").failure;
  expect(explainJoin(notFound, [network("a", -70)], "a").reason).toBe("wifi-refused");
  expect(explainJoin(notFound, [network("b", -70)], "a").reason).toBe("wifi-not-found");
  expect(explainJoin(failed("wifi-password").failure, [network("a", -70)], "a").reason).toBe("wifi-password");
});

describe("a name of the driver's, which can be any bytes", () => {
  afterEach(() => vi.unstubAllGlobals());

  /** As XS gives the bytes of the string that the driver made of them. */
  const isReadableOf = (...bytes: number[]) => {
    class XsBuffer extends ArrayBuffer {
      static override fromString = () => Uint8Array.from(bytes).buffer;
    }
    vi.stubGlobal("ArrayBuffer", XsBuffer);
    return isReadable("");
  };
  const utf8 = (text: string) => [...new TextEncoder().encode(text)];

  test.each(["home", "", "Café Möwe", "网络", "📶 \u{10ffff}", "\ud7ff\ue000", '"><script>&\u007f\t', "x".repeat(32)])(
    "%j is text",
    (name) => {
      expect(isReadableOf(...utf8(name))).toBe(true);
    },
  );

  test.each([
    ["Latin-1", [...utf8("Caf"), 0xe9]],
    ["GBK", [0xd6, 0xd0, 0xce, 0xc4]],
    ["a character that is cut at the end", utf8("网络").slice(0, 5)],
    ["a cut emoji", utf8("📶").slice(0, 3)],
    ["a lone continuation", [0x41, 0x80, 0x42]],
    ["overlong, two bytes", [0xc1, 0xbf]],
    ["overlong, three bytes", [0xe0, 0x9f, 0xbf]],
    ["overlong, four bytes", [0xf0, 0x8f, 0xbf, 0xbf]],
    ["a surrogate", [0xed, 0xa0, 0x80]],
    ["over U+10FFFF", [0xf4, 0x90, 0x80, 0x80]],
    ["five bytes", [0xf8, 0x88, 0x80, 0x80, 0x80]],
    ["0xff", [0xff, 0xfe]],
    ["NUL", [0x41, 0]],
  ])("%s is none", (_label, bytes) => {
    expect(isReadableOf(...bytes)).toBe(false);
  });
});
