/** Whatever is written, rewritten and erased in a partition is read again as it is, also after the power was off. */
import { describe, expect, test } from "vitest";
import { Random } from "../../tools/fuzz/random.js";
import { maxDataBytes, pageBytes } from "../../tools/nvs/layout.js";
import { type NvsEntry, type NvsValue, readNvs, writeNvs } from "../../tools/nvs/nvs.js";
import { NvsPartition } from "../../tools/nvs/partition.js";
import { numberTypes } from "../../tools/nvs/value.js";

const blank = (pages: number) => new NvsPartition(new Uint8Array(pages * pageBytes).fill(0xff));
const blob = (length: number, first = 0): NvsValue => ({
  type: "blob",
  value: Uint8Array.from({ length }, (_, at) => first + at),
});
const text = (length: number): NvsValue => ({ type: "string", value: "x".repeat(length) });
const entry = (key: string, value: NvsValue, namespace = "agent"): NvsEntry => ({ namespace, key, value });

/** Lengths at which something changes: nothing, an entry, a page, and each less and more by one. */
const lengths = [0, 1, 31, 32, 33, 3_967, 3_968, 3_969, 3_999, 4_000, 4_001, 7_999, 8_000, 8_001, 11_000];

function randomValue(random: Random): NvsValue {
  const kind = random.below(4);
  if (kind === 0) return text(Math.min(random.pick(lengths), maxDataBytes - 1));
  if (kind === 1) return { type: "blob", value: random.bytes(random.pick(lengths)) };
  if (kind === 2)
    return { type: "string", value: random.pick(["", "\0", "a\0\0b", "Möwe", "\u{1F600} 中文", "é".repeat(20)]) };
  const type = random.pick(numberTypes);
  const bits = BigInt(type.slice(1));
  const raw = BigInt(`0x${Buffer.from(random.bytes(8)).toString("hex")}`);
  const value = type.startsWith("i") ? BigInt.asIntN(Number(bits), raw) : BigInt.asUintN(Number(bits), raw);
  return type === "u64" || type === "i64" ? { type, value } : { type, value: Number(value) };
}

type Model = Map<string, NvsEntry>;

/** A line each: vitest compares long arrays element by element, which takes minutes here. */
function told(entries: Iterable<NvsEntry>): string[] {
  return [...entries].map(({ namespace, key, value: { type, value } }) => {
    return `${namespace}/${key} ${type} ${typeof value === "object" ? Buffer.from(value).toString("hex") : value}`;
  });
}

function expectModel(entries: NvsEntry[], model: Model): void {
  expect(told(entries).sort()).toEqual(told(model.values()).sort());
}

/** A row of random changes, each of them at once in the model and in flash. @returns how often there was no room */
function play(random: Random, pages: number, changes: number): number {
  let partition = blank(pages);
  const model: Model = new Map();
  let refused = 0;
  for (let change = 0; change < changes; change++) {
    const [namespace, key] = [random.pick(["agent", "factory"]), `key${random.below(20)}`];
    if (random.percent(20)) {
      expect(partition.erase(namespace, key)).toBe(model.delete(`${namespace}/${key}`));
    } else {
      const written = entry(key, randomValue(random), namespace);
      if (partition.set(written)) model.set(`${namespace}/${key}`, written);
      else refused++;
    }
    if (change % 10 > 0) continue;
    expectModel(partition.entries(), model);
    const { entries, problems } = readNvs(partition.bytes);
    expect(problems).toEqual([]);
    expectModel(entries, model);
    if (random.percent(30)) partition = new NvsPartition(partition.bytes.slice()); // the power was off
    expectModel(partition.entries(), model);
  }
  return refused;
}

test.each([3, 4, 6, 16])("random changes in %i pages", (pages) => {
  const refused = [1, 2, 3].map((seed) => play(new Random(seed), pages, 300)).reduce((sum, each) => sum + each, 0);
  // They are full again and again, and lose nothing by it.
  expect(refused).toBeGreaterThan(0);
});

test("every length at every place in a page", () => {
  for (let before = 0; before < 126; before++) {
    for (const value of [blob(lengths[before % lengths.length]!), text(1 + ((before * 37) % 3_999))]) {
      const partition = blank(8);
      const numbers = Array.from({ length: before }, (_, at) => entry(`n${at}`, { type: "u8", value: at }));
      for (const number of numbers) expect(partition.set(number)).toBe(true);
      expect(partition.set(entry("value", value))).toBe(true);
      const { entries, problems } = readNvs(partition.bytes);
      expect(problems).toEqual([]);
      expect(told(entries)).toEqual(told([...numbers, entry("value", value)]));
    }
  }
});

test.each(lengths)("a blob of %i bytes replaces itself again and again, between its two first chunks", (length) => {
  const partition = blank(9);
  for (let round = 0; round < 30; round++) {
    expect(partition.set(entry("blob", blob(length, round)))).toBe(true);
    const { entries, problems } = readNvs(partition.bytes);
    expect(problems).toEqual([]);
    expect(told(entries)).toEqual(told([entry("blob", blob(length, round))]));
  }
});

test("a full partition keeps what it has, takes what replaces it entry by entry, and one page stays blank", () => {
  const partition = blank(4);
  const model: Model = new Map();
  for (let at = 0; ; at++) {
    const number = entry(`n${at}`, { type: "u32", value: at });
    if (!partition.set(number)) break;
    model.set(number.key, number);
  }
  expect(model.size).toBe(3 * 126 - 1);
  expectModel(readNvs(partition.bytes).entries, model);
  expect(partition.erase("agent", "n7")).toBe(true);
  model.delete("n7");
  for (let round = 0; round < 300; round++) {
    const number = entry("other", { type: "i64", value: BigInt(round) });
    partition.erase("agent", "other");
    expect(partition.set(number)).toBe(true);
    model.set("other", number);
  }
  const { entries, problems } = readNvs(partition.bytes);
  expect(problems).toEqual([]);
  expectModel(entries, model);
});

test("flash is only ever cleared bit by bit, or wiped a page at a time", () => {
  const partition = blank(3);
  const random = new Random(7);
  for (let change = 0; change < 500; change++) {
    const before = partition.bytes.slice();
    partition.set(entry(`key${random.below(4)}`, { type: "string", value: "y".repeat(random.below(1_200)) }));
    for (let page = 0; page < 3; page++) {
      const [old, now] = [before, partition.bytes].map((bytes) =>
        bytes.subarray(page * pageBytes, (page + 1) * pageBytes),
      );
      const isCleared = now!.every((byte, at) => (byte & ~old![at]!) === 0);
      expect(isCleared || now!.every((byte) => byte === 0xff)).toBe(true);
    }
  }
});

describe("what no partition can hold is refused with the entry's name, and without its value", () => {
  test.each<[string, NvsEntry]>([
    ["a long key", entry("sixteen letters!", text(1))],
    ["a long namespace", entry("key", text(1), "sixteen letters!")],
    ["no key", entry("", text(1))],
    ["a key with a NUL", entry("a\0b", text(1))],
    ["a string of 4,000 bytes", entry("key", text(4_000))],
    ["4,000 bytes in fewer characters", entry("key", { type: "string", value: "é".repeat(2_000) })],
    ["4,000 bytes with a NUL of two", entry("key", { type: "string", value: `${"x".repeat(3_998)}\0` })],
    ["half a surrogate pair", entry("key", { type: "string", value: "secret\ud800" })],
    ["u8 256", entry("key", { type: "u8", value: 256 })],
    ["i8 -129", entry("key", { type: "i8", value: -129 })],
    ["u16 1.5", entry("key", { type: "u16", value: 1.5 })],
    ["u32 NaN", entry("key", { type: "u32", value: Number.NaN })],
    ["i64 2^63", entry("key", { type: "i64", value: 2n ** 63n })],
    ["u64 -1", entry("key", { type: "u64", value: -1n })],
  ])("%s", (_name, bad) => {
    const partition = blank(3);
    expect(() => partition.set(bad)).toThrow(RangeError);
    expect(() => writeNvs([bad], 0x3000)).toThrow(`${bad.namespace}/${bad.key}: `);
    expect(() => partition.set(bad)).not.toThrow("secret");
    expect(partition.bytes.every((byte) => byte === 0xff)).toBe(true);
  });

  test("more than there is room for, and the same key twice", () => {
    const many = Array.from({ length: 9 }, (_, at) => entry(`key${at}`, text(3_000)));
    expect(() => writeNvs(many, 0x3000)).toThrow("agent/key2: no room in 12288 bytes");
    expect(() => writeNvs([many[0]!, many[0]!], 0x3000)).toThrow("agent/key0: it is there twice");
    expect(() => writeNvs([entry("blob", blob(8_001))], 0x3000)).toThrow("agent/blob");
  });

  test.each([0, 0x2000, 0x3001, 0x3800])("a size of %i bytes", (size) => {
    expect(() => writeNvs([], size)).toThrow("4096");
  });
});
