import { expect, test } from "vitest";
import { objectIn, parseTexts } from "../../modules/data/texts.js";

test.each([
  ['{"a":{"b":"}"},"c":1}', "a", '{"b":"}"}'],
  ['{"x":[{"a" : {"b":{"c":"{\\"{"}}}]}', "a", '{"b":{"c":"{\\"{"}}'],
  ['{"a":"{}"}', "a", undefined],
  ['{"a":{"b":1}', "b", undefined],
  ['{"a":{"b":1', "a", undefined],
  ["", "a", undefined],
])("the object in %s under %s", (json, name, expected) => {
  expect(objectIn(json, name)).toBe(expected);
});

test("numbers keep their digits", () => {
  expect([...parseTexts('{"a":12345678901234567890,"b":-1.5e3,"c":"x"}', 3)!]).toEqual([
    ["a", "12345678901234567890"],
    ["b", "-1.5e3"],
    ["c", "x"],
  ]);
});

test.each(['{"a":1-}', '{"a":}', '{"a":true}', '{"a":[]}', '{"a":--1}', '{"a":.}'])("%s is refused", (json) => {
  expect(parseTexts(json, 1)).toBeUndefined();
});
