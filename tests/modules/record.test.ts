import { describe, expect, test } from "vitest";
import { checksum, StoredRecord } from "../../modules/storage/record.js";
import { ScriptedStore } from "../scripted/store.js";

interface Value {
  n: number;
  text: string;
}
const VALUE = new StoredRecord<Value>({
  key: "value",
  encode: (value) => value,
  decode: (value) => (typeof (value as Value)?.n === "number" ? (value as Value) : undefined),
});
const value = (n: number, text = "") => ({ n, text });

test("nothing is stored at first; then what was written, over and over", () => {
  const store = new ScriptedStore();
  expect(VALUE.read(store)).toBeUndefined();
  for (let n = 0; n < 12; n++) {
    expect(VALUE.write(store, value(n, "Möwe 😀 \u0000 \ud800"))).toEqual({ ok: true, value: undefined });
    expect(VALUE.read(store)).toEqual(value(n, "Möwe 😀 \u0000 \ud800"));
  }
  expect([...store.entries.keys()].toSorted()).toEqual(["value0", "value1"]);
});

test("the same value is not written again: flash wears", () => {
  const store = new ScriptedStore();
  VALUE.write(store, value(1));
  const before = store.operations;
  for (let count = 0; count < 5; count++) expect(VALUE.write(store, value(1)).ok).toBe(true);
  expect(store.operations).toBe(before);
});

test("a power cut after any operation of a write leaves the old value or the new one", () => {
  for (let earlier = 1; earlier <= 3; earlier++) {
    let cuts = 0;
    for (let cutAfter = 1; ; cutAfter++) {
      const before = new ScriptedStore();
      for (let n = 1; n <= earlier; n++) VALUE.write(before, value(n));
      const store = new ScriptedStore(new Map(before.entries));
      store.cutAfter = cutAfter;
      const written = VALUE.write(store, value(99));
      const after = new ScriptedStore(store.entries);
      if (store.operations < cutAfter) {
        expect([written.ok, VALUE.read(after)]).toEqual([true, value(99)]);
        break;
      }
      cuts++;
      expect([value(earlier), value(99)]).toContainEqual(VALUE.read(after));
      if (written.ok) expect(VALUE.read(after)).toEqual(value(99));
      // And it can be written again.
      expect(VALUE.write(after, value(100)).ok).toBe(true);
      expect(VALUE.read(after)).toEqual(value(100));
    }
    expect(cuts).toBeGreaterThanOrEqual(1);
  }
});

test("a write into a full storage fails with its reason and keeps the old value", () => {
  const store = new ScriptedStore();
  VALUE.write(store, value(1));
  store.full = true;
  expect(VALUE.write(store, value(2))).toMatchObject({ ok: false, failure: { reason: "storage-full" } });
  expect(VALUE.read(store)).toEqual(value(1));
  expect(VALUE.write(store, value(1)).ok).toBe(true); // nothing new: nothing to write
  store.full = false;
  expect(VALUE.write(store, value(2)).ok).toBe(true);
});

test("a value that is too large for NVS fails like full storage, and keeps the old one", () => {
  const store = new ScriptedStore();
  VALUE.write(store, value(1));
  for (const text of ["x".repeat(4_000), "é".repeat(2_000)])
    expect(VALUE.write(store, value(2, text))).toMatchObject({ ok: false, failure: { reason: "storage-full" } });
  expect(VALUE.read(store)).toEqual(value(1));
});

test("an erased record leaves nothing in flash; a power cut on the way leaves the newest value", () => {
  for (const writes of [1, 2, 3]) {
    const store = new ScriptedStore();
    for (let index = 1; index <= writes; index++) VALUE.write(store, value(index));
    const before = new Map(store.entries);
    expect(VALUE.erase(store).ok).toBe(true);
    expect([...store.entries]).toEqual([]);
    expect(VALUE.read(store)).toBeUndefined();
    expect(VALUE.erase(store).ok).toBe(true);
    if (writes < 2) continue;
    const cut = new ScriptedStore(before);
    cut.cutAfter = 1;
    expect(VALUE.erase(cut).ok).toBe(false);
    expect(VALUE.read(new ScriptedStore(before))).toEqual(value(writes));
  }
});

describe("a slot that is damaged does not count", () => {
  const damaged: [string, (slot: string) => string][] = [
    ["a flipped character", (slot) => slot.replace('"n":2', '"n":3')],
    ["another checksum", (slot) => slot.replace(/:[0-9a-f]{8}:/, ":00000000:")],
    ["cut", (slot) => slot.slice(0, -1)],
    ["longer", (slot) => `${slot} `],
    ["empty", () => ""],
    ["without a value", () => "9:00000000:"],
    ["of another kind", () => "hello"],
    ["with a checksum that is right over no JSON", () => `9:${checksum("{oops")}:{oops`],
    ["with a sequence that is no number", (slot) => `x${slot}`],
  ];
  test.each(damaged)("%s", (_label, damage) => {
    const store = new ScriptedStore();
    VALUE.write(store, value(1));
    VALUE.write(store, value(2));
    const newest = [...store.entries].find(([, slot]) => slot.includes('"n":2'))!;
    store.entries.set(newest[0], damage(newest[1]));
    expect(VALUE.read(store)).toEqual(value(1));
    expect(VALUE.write(store, value(3)).ok).toBe(true);
    expect(VALUE.read(store)).toEqual(value(3));
  });

  test("both: nothing is stored, and it can be written", () => {
    const store = new ScriptedStore(
      new Map([
        ["value0", "?"],
        ["value1", "2:12345678:{}"],
      ]),
    );
    expect(VALUE.read(store)).toBeUndefined();
    VALUE.write(store, value(1));
    expect(VALUE.read(store)).toEqual(value(1));
  });

  test("a value that is sound, but not of the type, is none", () => {
    const json = '{"other":true}';
    const store = new ScriptedStore(new Map([["value0", `2:${checksum(json)}:${json}`]]));
    expect(VALUE.read(store)).toBeUndefined();
  });
});

test("the checksum tells every change of one bit", () => {
  const text = '{"ssid":"Möwe","password":"12345678"}';
  const sum = checksum(text);
  expect(sum).toMatch(/^[0-9a-f]{8}$/);
  for (let index = 0; index < text.length; index++)
    for (let bit = 0; bit < 16; bit++) {
      const changed =
        text.slice(0, index) + String.fromCharCode(text.charCodeAt(index) ^ (1 << bit)) + text.slice(index + 1);
      expect(checksum(changed)).not.toBe(sum);
    }
});
