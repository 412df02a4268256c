import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { createIdentity } from "../../modules/identity/adapter.js";
import { accessPointName, normaliseMac, uuidV4 } from "../../modules/identity/identity.js";
import "../moddable/support.js";
import { ScriptedStore } from "../scripted/store.js";

const KEY = "0123456789abcdef".repeat(4);

describe("a UUID", () => {
  test.each([() => 0, () => 0.999_999_999, Math.random])("is version 4, variant 1", (random) => {
    expect(uuidV4(random)).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });

  test("is another each time", () => {
    expect(new Set(Array.from({ length: 1_000 }, () => uuidV4(Math.random))).size).toBe(1_000);
  });
});

test.each([
  ["7c:df:a1:00:00:01", "7C:DF:A1:00:00:01"],
  ["7C-DF-A1-00-00-01", "7C:DF:A1:00:00:01"],
  ["7cdfa1000001", "7C:DF:A1:00:00:01"],
  ["", undefined],
  [undefined, undefined],
  ["7cdfa10000", undefined],
  ["7cdfa100000g", undefined],
  ["7cdfa1000001 ", undefined],
])("the address %j is %j", (text, expected) => {
  expect(normaliseMac(text)).toBe(expected);
});

test("the access point is named after the last digits", () => {
  expect(accessPointName("7C:DF:A1:0A:BC:DE")).toBe("ESP32-BCDE");
});

describe("the device", () => {
  const factory = (entries: Record<string, string>) => new ScriptedStore(new Map(Object.entries(entries)));

  test("is the same at every boot", () => {
    const store = new ScriptedStore();
    const first = createIdentity(factory({}), store, Math.random);
    const second = createIdentity(factory({}), store, Math.random);
    expect([second.mac, second.uuid]).toEqual([first.mac, first.uuid]);
  });

  test("signs with the factory's key, which is nowhere in what it shows", () => {
    const identity = createIdentity(factory({ serial: "SN-1", hmac_key: KEY }), new ScriptedStore(), Math.random);
    const expected = createHmac("sha256", Buffer.from(KEY, "hex")).update("Möwe-challenge").digest("hex");
    expect(identity.sign("Möwe-challenge")).toBe(expected);
    expect(identity.serial).toBe("SN-1");
    expect(JSON.stringify(identity)).not.toContain(KEY);
  });

  test.each([[{}], [{ serial: "SN-1" }], [{ serial: "SN-1", hmac_key: "no hex" }], [{ serial: "SN-1", hmac_key: "" }]])(
    "with %j for factory data signs nothing",
    (entries) => {
      const identity = createIdentity(factory(entries), new ScriptedStore(), Math.random);
      expect(identity.sign("challenge")).toBeUndefined();
    },
  );
});
