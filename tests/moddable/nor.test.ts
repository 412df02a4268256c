import { beforeEach, describe, expect, test } from "vitest";
import flashModule from "../../mocks/moddable/flash.js";
import { host, makeOta } from "../../mocks/moddable/host.js";
import { Nor } from "../../mocks/moddable/nor.js";
import { SLOTS } from "../../modules/update/simulator/partitions.js";

class PowerCut extends Error {}

let operations: number;
let cutAfter: number | undefined;

function abort(reason: string): never {
  throw new Error(`abort: ${reason}`);
}

beforeEach(() => {
  operations = 0;
  cutAfter = undefined;
  const onOperation = () => {
    if (++operations === cutAfter) throw new PowerCut();
  };
  host.ota = makeOta(new Nor({ onOperation }), 0, abort);
});

const bytes = (...values: number[]) => Uint8Array.from(values);
const read = (path: string, offset: number, count: number) => [
  ...new Uint8Array(flashModule.open({ path }).read(count, offset)),
];

describe("paths and modes", () => {
  test("the slots by their role, data by its label", () => {
    expect([...flashModule]).toEqual(["nvs", "phy_init", "otadata", "identity", "ota_0", "ota_1"]);
    expect(flashModule.open({ path: "nextota" }).status()).toEqual({
      ...{ size: SLOTS[1]!.size, blockLength: 4096, blocks: SLOTS[1]!.size / 4096 },
    });
    expect(flashModule.open({ path: "otadata" }).status().blocks).toBe(2);
    for (const path of ["ota_1", "xs", "nothing"])
      expect(() => flashModule.open({ path }), path).toThrow("can't find partition");
  });

  test("nothing is written through a reader, and nothing at all once it is closed", () => {
    const reader = flashModule.open({ path: "nextota", mode: "r" });
    expect(() => reader.write(bytes(0), 0)).toThrow("read-only");
    expect(() => reader.eraseBlock(0)).toThrow("read-only");
    reader.close();
    reader.close();
    expect(() => reader.read(1, 0)).toThrow(SyntaxError);
    expect(() => flashModule.open({ path: "nextota", mode: "w" as "r" })).toThrow("invalid mode");
    expect(operations).toBe(0);
  });

  test("a write to what runs ends the machine", () => {
    expect(() => flashModule.open({ path: "running" }).write(bytes(0), 0)).toThrow("abort");
  });
});

describe("NOR", () => {
  test("erased is all ones; a write only clears bits; an erasure takes a block, not more", () => {
    const flash = flashModule.open({ path: "nextota" });
    flash.write(bytes(0xf0, 0x0f), 4095);
    flash.write(bytes(0x3c, 0xff), 4095);
    expect(read("nextota", 4094, 4)).toEqual([0xff, 0x30, 0x0f, 0xff]);
    flash.eraseBlock(0);
    expect(read("nextota", 4094, 4)).toEqual([0xff, 0xff, 0x0f, 0xff]);
    flash.eraseBlock(0, 2);
    expect(read("nextota", 4094, 4)).toEqual([0xff, 0xff, 0xff, 0xff]);
  });

  test("into a buffer of the caller's, and from a view of a larger one", () => {
    const flash = flashModule.open({ path: "nextota" });
    flash.write(bytes(1, 2, 3, 4).subarray(1, 3), 7);
    const target = new Uint8Array(4);
    expect(flash.read(target.subarray(1, 3), 7)).toBe(2);
    expect([...target]).toEqual([0, 2, 3, 0]);
    expect(() => flash.write(new Uint16Array(1) as unknown as Uint8Array, 0)).toThrow(TypeError);
    expect(() => flash.write(bytes(1), undefined as unknown as number)).toThrow(SyntaxError);
  });

  test("nothing reaches over a partition's ends", () => {
    const flash = flashModule.open({ path: "nextota" });
    const { size, blocks } = flash.status();
    expect(() => flash.write(bytes(1, 2), size - 1)).toThrow("write failed");
    expect(() => flash.write(bytes(1), -1)).toThrow("write failed");
    expect(() => flash.read(2, size - 1)).toThrow("read failed");
    expect(() => flash.eraseBlock(blocks)).toThrow("erase failed");
    expect(() => flash.eraseBlock(2, 1)).toThrow("erase failed");
    expect(flash.read(1, size - 1)).toHaveProperty("byteLength", 1);
  });

  test("the power fails in the middle of a write: pages before it are there, its page in part, those behind are not", () => {
    const flash = flashModule.open({ path: "nextota" });
    flash.eraseBlock(0);
    cutAfter = operations + 1;
    expect(() => flash.write(new Uint8Array(4096), 0)).toThrow(PowerCut);
    const after = read("nextota", 0, 4096);
    expect(after.slice(0, 2048).every((byte) => byte === 0)).toBe(true);
    const page = after.slice(2048, 2304);
    expect(page.some((byte) => byte !== 0) && page.some((byte) => byte !== 0xff)).toBe(true);
    expect(after.slice(2304).every((byte) => byte === 0xff)).toBe(true);
    // What was cleared stays so until it is erased.
    flash.write(bytes(0xff), 0);
    expect(read("nextota", 0, 1)).toEqual([0]);
  });

  test("the power fails in the middle of an erasure: neither the old nor erased", () => {
    const flash = flashModule.open({ path: "nextota" });
    flash.write(new Uint8Array(4096), 0);
    cutAfter = operations + 1;
    expect(() => flash.eraseBlock(0)).toThrow(PowerCut);
    const after = read("nextota", 0, 4096);
    expect(new Set(after).size).toBeGreaterThan(100);
    flash.eraseBlock(0);
    expect(read("nextota", 0, 4096).every((byte) => byte === 0xff)).toBe(true);
  });

  test("two operations for a write, two for each erased sector", () => {
    const flash = flashModule.open({ path: "nextota" });
    flash.write(new Uint8Array(4096), 0);
    expect(operations).toBe(2);
    flash.eraseBlock(0, 3);
    expect(operations).toBe(8);
  });
});
