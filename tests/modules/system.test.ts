import { readFileSync } from "node:fs";
import { afterEach, describe, expect, test, vi } from "vitest";
import { chipFacts } from "../../mocks/moddable/chip.js";
import FFI from "../../mocks/moddable/ffi.js";
import { host } from "../../mocks/moddable/host.js";
import { system } from "../../modules/system/adapter.js";
import { readPartitions } from "../../tools/partitions.js";
import "../moddable/support.js";

const source = (path: string) => readFileSync(new URL(`../../modules/system/${path}`, import.meta.url), "utf8");

afterEach(() => {
  host.isDebug = false;
  vi.restoreAllMocks();
});

test("the facts are the chip's", () => {
  expect(system.facts()).toEqual(JSON.parse(chipFacts("ota_0")));
  expect(system.facts()?.partitions.map(({ label }) => label)).toContain("otadata");
});

test.each<[string, string]>([
  ["nothing, as the simulator does", ""],
  ["no JSON", '{"model":9,'],
])("a chip that says %s has no facts", (_name, said) => {
  vi.spyOn(FFI.prototype, "chip_facts").mockImplementation((json) => Buffer.from(json).write(said));
  expect(system.facts()).toBeUndefined();
});

test.each([true, false])("a build for development: %s", (isDebug) => {
  host.isDebug = isDebug;
  expect(system.isDebug).toBe(isDebug);
});

describe("the mock's facts", () => {
  const facts = JSON.parse(chipFacts("ota_0")) as Record<string, unknown> & { partitions: Record<string, unknown>[] };

  test("have the partitions of the build", () => {
    expect(facts.partitions).toEqual(readPartitions());
  });

  test("have the members that C writes", () => {
    const written = source("esp32/chip_facts.c").matchAll(/\\"(\w+)\\":|append_text\(writer, "(\w+)"/g);
    const names = [...written].map((match) => match[1] ?? match[2]).sort();
    expect([...Object.keys(facts), ...Object.keys(facts.partitions[0]!)].sort()).toEqual(names);
  });
});

describe("C's side of a call", () => {
  test("wants whole buffers, and no views of them", () => {
    const ffi = new FFI();
    expect(() => ffi.efuse_serial(new ArrayBuffer(31))).toThrow(RangeError);
    expect(() => ffi.efuse_hmac(new ArrayBuffer(1), 1, new ArrayBuffer(31))).toThrow(RangeError);
    expect(() => ffi.efuse_serial(new Uint8Array(32) as never)).toThrow(TypeError);
  });

  test("writes no further than it may, and says nothing where the facts do not fit", () => {
    const { length } = chipFacts("ota_0");
    const json = new ArrayBuffer(length + 1);
    expect(new FFI().chip_facts(json, length)).toBe(0);
    expect(new Uint8Array(json).subarray(length)).toEqual(new Uint8Array(1));
    expect(new FFI().chip_facts(json, length + 1)).toBe(length);
  });
});
