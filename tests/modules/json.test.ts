import { describe, expect, test, vi } from "vitest";
import { chipFacts } from "../../mocks/moddable/chip.js";
import { parseObject, parseOwn } from "../../modules/data/json.js";

const MAX_VALUES = 300;

describe("a JSON object", () => {
  test.each([
    ["{}", {}],
    [' {"a":[1,{"b":"x"}],"c":null} ', { a: [1, { b: "x" }], c: null }],
    ['{"a":"[,{,\\\\","b":"\\",,,{"}', { a: "[,{,\\", b: '",,,{' }],
  ])("%s is read", (text, expected) => {
    expect(parseOwn(text)).toEqual(expected);
  });

  test.each(["", "null", "[]", '"text"', "1", "{", '{"a":}', '{"a":1,}', "OTA接口运行正常", '{"a"', "\\"])(
    "%j is none",
    (text) => {
      expect(parseOwn(text)).toBeUndefined();
    },
  );

  test("is no deeper than anybody of good will nests", () => {
    const nested = (depth: number) => `{"a":${"[".repeat(depth - 1)}${"]".repeat(depth - 1)}}`;
    expect(parseOwn(nested(12))).toBeDefined();
    expect(parseOwn(nested(13))).toBeUndefined();
  });

  const list = (value: string, count: number) => `{"a":[${Array(count).fill(value).join(",")}]}`;
  const members = (count: number) => `{${Array.from({ length: count }, (_, index) => `"k${index}":0`).join(",")}}`;

  test("has no more values than the heap takes: numbers, objects, lists, members", () => {
    // The outer object and its list are two of them, the first value of a list comes with it.
    expect(parseOwn(list("0", MAX_VALUES - 1))).toBeDefined();
    expect(parseOwn(list("0", MAX_VALUES))).toBeUndefined();
    expect(parseOwn(members(MAX_VALUES))).toBeDefined();
    expect(parseOwn(members(MAX_VALUES + 1))).toBeUndefined();
    expect(parseOwn(list("{}", MAX_VALUES / 2))).toBeUndefined();
    expect(parseOwn(list("[0]", MAX_VALUES / 2))).toBeUndefined();
  });

  test("may be as long as it likes where it is text", () => {
    const text = ",[{:".repeat(2_000);
    expect(parseOwn(JSON.stringify({ text }))).toEqual({ text });
  });

  test("of the chip, which says the most of all, stays far below", () => {
    const facts = JSON.parse(chipFacts("ota_0")) as { partitions: object[] };
    const dozen = { ...facts, partitions: Array(12).fill(facts.partitions[0]) };
    expect(parseOwn(JSON.stringify(dozen))).toEqual(dozen);
    expect((JSON.stringify(dozen).match(/[,[{]/g) ?? []).length).toBeLessThan(MAX_VALUES / 2);
  });
});

describe("names that the reader does not know", () => {
  const names = new Set(["a", "b"]);

  test.each([
    ['{"a":1,"x":2}', { a: 1, "": 2 }],
    ['{"x":{"y":[{"z":1}]},"a":{"b":2,"c":3}}', { "": { "": [{ "": 1 }] }, a: { b: 2, "": 3 } }],
    ['{"x" : "a" , "\\u0061" : ":" , "\\u0078":{}}', { "": {}, a: ":" }],
    ['{"__proto__":{"a":1},"constructor":2,"toString":3}', { "": 3 }],
    ['{"a":"\\"x\\":1","b":["x",":","\\\\"]}', { a: '"x":1', b: ["x", ":", "\\"] }],
    [`{"${"n".repeat(5_000)}":1,"b":2}`, { "": 1, b: 2 }],
  ])("%s", (text, expected) => {
    const read = parseObject(text, names)!;
    expect(read).toEqual(expected);
    expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
  });

  test("are not in what the engine parses, nor are those of a text that is no JSON", () => {
    const parse = vi.spyOn(JSON, "parse");
    for (const text of ['{"x":1,"y":{"z":2}}', '{"x":1,"y":}', '{"x" "y":1}', '{"x":"y":1}', '{"x"::1,"y"}'])
      parseObject(text, names);
    for (const [text] of parse.mock.calls) expect(text).not.toMatch(/"[xyz]"\s*:/);
    parse.mockRestore();
  });
});
