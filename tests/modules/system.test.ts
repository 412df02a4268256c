import { readFileSync } from "node:fs";
import FFI from "mc/ffi";
import * as functions from "modules/system/chip-adapter";
import { afterEach, describe, expect, test, vi } from "vitest";
import { chipFacts } from "../../mocks/moddable/chip.js";
import { host } from "../../mocks/moddable/host.js";
import { system } from "../../modules/system/adapter.js";
import { readPartitions } from "../../tools/partitions.js";
import "../moddable/support.js";

const source = (path: string) => readFileSync(new URL(`../../modules/system/${path}`, import.meta.url), "utf8");

const said = vi.hoisted(() => ({ facts: undefined as string | undefined }));
vi.mock("modules/system/chip-adapter", async (original) => {
  const real = await original<typeof functions>();
  const facts = (json: ArrayBuffer) =>
    said.facts === undefined ? real.facts(json) : Buffer.from(json).write(said.facts);
  return { ...real, facts };
});

afterEach(() => {
  host.isDebug = false;
  said.facts = undefined;
});

test("the facts are the chip's", () => {
  expect(system.facts()).toEqual(JSON.parse(chipFacts("ota_0")));
  expect(system.facts()?.partitions.map(({ label }) => label)).toContain("otadata");
});

test.each<[string, string]>([
  ["nothing, as the simulator does", ""],
  ["no JSON", '{"model":9,'],
])("a chip that says %s has no facts", (_name, text) => {
  said.facts = text;
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

  test("says nothing where the facts do not fit", () => {
    const { length } = chipFacts("ota_0");
    expect(functions.facts(new ArrayBuffer(length))).toBe(0);
    expect(functions.facts(new ArrayBuffer(length + 1))).toBe(length);
  });

  test("has a function for each that is bound by its name, on the chip and on the host", () => {
    const adapter = source("chip-adapter.ts");
    const bound = [...adapter.matchAll(/native\("(\w+)"\)/g)].map((match) => match[1]).sort();
    const defined = [...source("native/chip_xs.c").matchAll(/^void (\w+)\(xsMachine/gm)]
      .map((match) => match[1])
      .sort();
    expect(defined).toEqual(bound);
    const exported = [...adapter.matchAll(/^export function (\w+)/gm)].map((match) => match[1]).sort();
    expect(Object.keys(functions).sort()).toEqual(exported);
  });
});
