import { describe, expect, test } from "vitest";
import { bytesOf, nameOf } from "../../modules/wifi/name.js";

describe("a name of the driver's, which can be any bytes", () => {
  const nameOfBytes = (...bytes: number[]) => nameOf("as it is", Uint8Array.from(bytes));
  const utf8 = (text: string) => [...new TextEncoder().encode(text)];

  test.each([
    "home",
    "",
    "Café Möwe",
    "网络",
    "📶 \u{10ffff}",
    "\ud7ff\ue000",
    '"><script>&\u007f\t',
    "x".repeat(32),
    "a\\x41",
  ])("%j is text", (name) => {
    expect(nameOfBytes(...utf8(name))).toBe("as it is");
    expect(bytesOf(name)).toBeUndefined();
  });

  test.each([
    ["Latin-1", [...utf8("Caf"), 0xe9], "Caf\\xe9"],
    ["GBK", [0xd6, 0xd0, 0xce, 0xc4, 0x20, 0x31], "\\xd6\\xd0\\xce\\xc4 1"],
    ["GBK with a backslash for its second byte", [0x81, 0x5c], "\\x81\\x5c"],
    ["a character that is cut at the end", utf8("网络").slice(0, 5), "\\xe7\\xbd\\x91\\xe7\\xbb"],
    ["a cut emoji", utf8("📶").slice(0, 3), "\\xf0\\x9f\\x93"],
    ["a lone continuation", [0x41, 0x80, 0x42], "A\\x80B"],
    ["overlong, two bytes", [0xc1, 0xbf], "\\xc1\\xbf"],
    ["overlong, three bytes", [0xe0, 0x9f, 0xbf], "\\xe0\\x9f\\xbf"],
    ["overlong, four bytes", [0xf0, 0x8f, 0xbf, 0xbf], "\\xf0\\x8f\\xbf\\xbf"],
    ["a surrogate", [0xed, 0xa0, 0x80], "\\xed\\xa0\\x80"],
    ["over U+10FFFF", [0xf4, 0x90, 0x80, 0x80], "\\xf4\\x90\\x80\\x80"],
    ["five bytes", [0xf8, 0x88, 0x80, 0x80, 0x80], "\\xf8\\x88\\x80\\x80\\x80"],
    ["0xff and a line's end", [0xff, 0x0a], "\\xff\\x0a"],
    ["NUL", [0x41, 0], "A\\x00"],
  ])("%s is none: it goes with escapes, and back to the same bytes", (_label, bytes, name) => {
    expect(nameOfBytes(...bytes)).toBe(name);
    expect([...bytesOf(name)!]).toEqual(bytes);
  });

  test.each(["C:\\xampp", "\\xd6", "\\xc3\\xa9", "网\\xd6\\xd0", "\\xD6\\xD0", "\\x"])(
    "%j that somebody typed is what it says, unless it is bytes that are no text",
    (name) => {
      expect(bytesOf(name)?.length).toBe(name === "\\xd6" ? 1 : undefined);
    },
  );
});
