import { beforeEach, describe, expect, test } from "vitest";
import { host } from "../../mocks/moddable/host.js";
import { Nvs } from "../../mocks/moddable/nvs.js";
import Preference from "../../mocks/moddable/preference.js";

class PowerCut extends Error {}

/** What of the flash was committed last. */
let flash: Uint8Array | undefined;

function powerOn(cutAfter?: number): void {
  host.nvs = new Nvs({
    ...(flash && { image: flash }),
    commit: (image) => {
      flash = image.slice();
    },
    onOperation: (count) => {
      if (count === cutAfter) throw new PowerCut();
    },
  });
}

beforeEach(() => {
  flash = undefined;
  powerOn();
});

describe("values", () => {
  test.each([true, false, 0, -1, 2 ** 31 - 1, -(2 ** 31), "", "Möwe \u{1F600}", "a\0b\0"])("%j comes back", (value) => {
    Preference.set("agent", "value", value);
    powerOn();
    expect(Preference.get("agent", "value")).toBe(value);
  });

  test("a buffer comes back as a buffer of its own", () => {
    const bytes = Uint8Array.of(1, 2, 255);
    Preference.set("agent", "value", bytes.buffer);
    bytes[0] = 9;
    powerOn();
    const value = Preference.get("agent", "value");
    expect(value).toBeInstanceOf(ArrayBuffer);
    expect([...new Uint8Array(value as ArrayBuffer)]).toEqual([1, 2, 255]);
  });

  test.each([1.5, 2 ** 31, Number.NaN, null, undefined, {}, new Uint8Array(1)])(
    "%j is refused, and the old value stays",
    (value) => {
      Preference.set("agent", "value", 1);
      expect(() => Preference.set("agent", "value", value as number)).toThrow();
      expect(Preference.get("agent", "value")).toBe(1);
    },
  );

  test("a string of 3,999 bytes is kept, of 4,000 not; and the old value is gone then", () => {
    Preference.set("agent", "value", `${"é".repeat(1999)}x`);
    expect(() => Preference.set("agent", "value", "x".repeat(4000))).toThrow("nvs set fail");
    expect(Preference.get("agent", "value")).toBeUndefined();
  });
});

describe("names", () => {
  const long = "sixteen letters!";

  test("15 bytes are allowed for a domain and a key", () => {
    Preference.set(long.slice(1), long.slice(1), 1);
    expect(Preference.get(long.slice(1), long.slice(1))).toBe(1);
  });

  test("more are refused", () => {
    expect(() => Preference.set(long, "key", 1)).toThrow("nvs_open fail");
    expect(() => Preference.set("agent", long, 1)).toThrow("nvs set fail");
    expect(() => Preference.set("agent", "é".repeat(8), 1)).toThrow("nvs set fail");
    expect(() => Preference.get("agent", long)).toThrow("nvs get fail");
    expect(Preference.get(long, "key")).toBeUndefined();
  });

  test("keys lists a domain's", () => {
    Preference.set("agent", "one", 1);
    Preference.set("agent", "two", 2);
    Preference.set("other", "three", 3);
    Preference.delete("agent", "one");
    expect(Preference.keys("agent")).toEqual(["two"]);
    expect(Preference.keys("none")).toEqual([]);
  });
});

describe("room", () => {
  test("the partition holds fifteen pages of 126 entries, the namespace's own among them", () => {
    let count = 0;
    expect(() => {
      for (;;) Preference.set("agent", `key${count++}`, 1);
    }).toThrow("nvs set fail");
    expect(count - 1).toBe(15 * 126 - 1);
  });

  test("rewriting one value goes on for ever: erased entries are reclaimed", () => {
    for (let round = 0; round < 3000; round++) Preference.set("agent", "value", `round ${round}`);
    expect(Preference.get("agent", "value")).toBe("round 2999");
  });

  test("a string does not spread over two pages: fifteen of 3,999 bytes do not fit beside anything else", () => {
    for (let key = 0; key < 14; key++) Preference.set("agent", `key${key}`, "x".repeat(3999));
    Preference.set("agent", "e", "x".repeat(3000));
    expect(() => Preference.set("agent", "f", "x".repeat(1000))).toThrow("nvs set fail");
  });

  test("after a failure for want of room, something shorter still fits", () => {
    for (let key = 0; key < 14; key++) Preference.set("agent", `key${key}`, "x".repeat(3990));
    expect(() => Preference.set("agent", "blob", new ArrayBuffer(9000))).toThrow("nvs set fail");
    Preference.set("agent", "blob", new ArrayBuffer(100));
    expect(Preference.keys("agent")).toContain("blob");
  });

  test("how full the pages are outlives the power", () => {
    for (let key = 0; key < 15 * 126 - 1; key++) Preference.set("agent", `key${key}`, 1);
    powerOn();
    expect(() => Preference.set("agent", "more", 1)).toThrow("nvs set fail");
  });
});

describe("a power cut", () => {
  test("between erasing and writing loses the old value and the new one", () => {
    Preference.set("agent", "value", "old");
    powerOn(1);
    expect(() => Preference.set("agent", "value", "new")).toThrow(PowerCut);
    powerOn();
    expect(Preference.get("agent", "value")).toBeUndefined();
  });

  test("after the write keeps the new one", () => {
    Preference.set("agent", "value", "old");
    powerOn(2);
    expect(() => Preference.set("agent", "value", "new")).toThrow(PowerCut);
    powerOn();
    expect(Preference.get("agent", "value")).toBe("new");
  });

  test("the first write of a key is one operation", () => {
    Preference.set("agent", "value", 1);
    expect(host.nvs.operations).toBe(1);
    Preference.set("agent", "value", 1);
    expect(host.nvs.operations).toBe(3);
    Preference.delete("agent", "none");
    expect(host.nvs.operations).toBe(3);
  });
});
