import { describe, expect, test } from "vitest";
import { chipFacts } from "../../mocks/moddable/chip.js";
import { parseObject } from "../../modules/data/json.js";

const MAX_VALUES = 300;
const MAX_NAMES = 160;
const MAX_NAME_LENGTH = 48;

describe("a JSON object", () => {
  test.each([
    ["{}", {}],
    [' {"a":[1,{"b":"x"}],"c":null} ', { a: [1, { b: "x" }], c: null }],
    ['{"a":"[,{,\\\\","b":"\\",,,{"}', { a: "[,{,\\", b: '",,,{' }],
  ])("%s is read", (text, expected) => {
    expect(parseObject(text)).toEqual(expected);
  });

  test.each(["", "null", "[]", '"text"', "1", "{", '{"a":}', '{"a":1,}', "OTA接口运行正常", '{"a"', "\\"])(
    "%j is none",
    (text) => {
      expect(parseObject(text)).toBeUndefined();
    },
  );

  test("is no deeper than anybody of good will nests", () => {
    const nested = (depth: number) => `{"a":${"[".repeat(depth - 1)}${"]".repeat(depth - 1)}}`;
    expect(parseObject(nested(12))).toBeDefined();
    expect(parseObject(nested(13))).toBeUndefined();
  });

  const list = (value: string, count: number) => `{"a":[${Array(count).fill(value).join(",")}]}`;
  const members = (count: number) => `{${Array.from({ length: count }, (_, index) => `"k${index}":0`).join(",")}}`;

  test("has no more values than the heap takes: numbers, objects, lists, members", () => {
    // The outer object and its list are two of them, the first value of a list comes with it.
    expect(parseObject(list("0", MAX_VALUES - 1))).toBeDefined();
    expect(parseObject(list("0", MAX_VALUES))).toBeUndefined();
    expect(parseObject(members(MAX_NAMES))).toBeDefined();
    expect(parseObject(members(MAX_NAMES + 1))).toBeUndefined();
    expect(parseObject(list("{}", MAX_VALUES / 2))).toBeUndefined();
    expect(parseObject(list("[0]", MAX_VALUES / 2))).toBeUndefined();
  });

  test("has no longer names than it may, however long its texts are", () => {
    const named = (length: number) => JSON.stringify({ text: "x".repeat(300), ["n".repeat(length)]: "y".repeat(300) });
    expect(parseObject(named(MAX_NAME_LENGTH))).toBeDefined();
    expect(parseObject(named(MAX_NAME_LENGTH + 1))).toBeUndefined();
    expect(parseObject(`{"${"n".repeat(MAX_NAME_LENGTH + 1)}" : 0}`)).toBeUndefined();
  });

  test("may be as long as it likes where it is text", () => {
    const text = ",[{:".repeat(2_000);
    expect(parseObject(JSON.stringify({ text }))).toEqual({ text });
  });

  test("of the chip, which says the most of all, stays far below", () => {
    const facts = JSON.parse(chipFacts("ota_0")) as { partitions: object[] };
    const dozen = { ...facts, partitions: Array(12).fill(facts.partitions[0]) };
    expect(parseObject(JSON.stringify(dozen))).toEqual(dozen);
    expect((JSON.stringify(dozen).match(/[,[{]/g) ?? []).length).toBeLessThan(MAX_VALUES / 2);
  });
});
