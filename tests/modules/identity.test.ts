import { createHmac } from "node:crypto";
import FFI from "mc/ffi";
import { afterEach, describe, expect, test, vi } from "vitest";
import { blankEfuses, type Efuses, host } from "../../mocks/moddable/host.js";
import { BoardIdentity } from "../../modules/identity/adapter.js";
import { accessPointName, normaliseMac, uuidV4 } from "../../modules/identity/identity.js";
import "../moddable/support.js";
import { ScriptedStore } from "../scripted/store.js";

const KEY = "0123456789abcdef".repeat(4);
const hmac = (key: string | Uint8Array, text: string) => createHmac("sha256", key).update(text).digest("hex");

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
    const first = new BoardIdentity(factory({}), store, Math.random);
    const second = new BoardIdentity(factory({}), store, Math.random);
    expect([second.mac, second.uuid]).toEqual([first.mac, first.uuid]);
  });

  describe("'s MAC address", () => {
    const chipSays = (error: number, bytes: number[] = []) =>
      vi.spyOn(FFI.prototype, "station_mac").mockImplementation((mac) => {
        new Uint8Array(mac).set(bytes);
        return error;
      });
    afterEach(() => vi.restoreAllMocks());
    const create = (store: ScriptedStore) => new BoardIdentity(factory({}), store, Math.random).mac;

    test("is the chip's, whatever the radio does, and whatever is stored", () => {
      const store = new ScriptedStore(new Map([["mac", "02:00:00:00:00:01"]]));
      chipSays(0, [0x7c, 0xdf, 0xa1, 0, 0, 9]);
      expect(create(store)).toBe("7C:DF:A1:00:00:09");
    });

    test("is made up once where there is no radio", () => {
      chipSays(-2);
      const store = new ScriptedStore();
      const made = create(store);
      expect(made).toMatch(/^02(:[0-9A-F]{2}){5}$/);
      expect([create(store), store.get("mac")]).toEqual([made, made]);
    });

    test.each([
      ["fails", -1, [0x7c, 0xdf, 0xa1, 0, 0, 9]],
      ["fails with a broken eFuse", 0x10b, []],
      ["gives zeros", 0, []],
      ["gives a group's", 0, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff]],
    ])("is never made up on a chip: it %s", (_label, error, bytes) => {
      chipSays(error, bytes);
      const store = new ScriptedStore();
      expect(() => create(store)).toThrow("MAC");
      expect(store.get("mac")).toBeUndefined();
    });
  });

  test("signs with the factory's key, which is nowhere in what it shows", () => {
    const identity = new BoardIdentity(factory({ serial: "SN-1", hmac_key: KEY }), new ScriptedStore(), Math.random);
    expect(identity.sign("Möwe-challenge", "bytes")).toBe(hmac(Buffer.from(KEY, "hex"), "Möwe-challenge"));
    expect(identity.sign("Möwe-challenge", "text")).toBe(hmac(KEY, "Möwe-challenge"));
    expect(identity.serial).toBe("SN-1");
    expect(JSON.stringify(identity)).not.toContain(KEY);
  });

  test.each(["correct horse battery", "sixteen letters!", `${"0123456789abcdef".repeat(2)}0`, "x".repeat(128)])(
    "has no bytes for the key %j: the text is the key",
    (key) => {
      const identity = new BoardIdentity(factory({ serial: "SN-1", hmac_key: key }), new ScriptedStore(), Math.random);
      expect(identity.serial).toBe("SN-1");
      expect(identity.sign("challenge", "bytes")).toBeUndefined();
      expect(identity.sign("challenge", "text")).toBe(hmac(key, "challenge"));
    },
  );

  test.each([
    [{}],
    [{ serial: "SN-1" }],
    [{ serial: "SN-1", hmac_key: "" }],
    [{ serial: "SN-1", hmac_key: "fifteen letters" }],
    [{ serial: "SN-1", hmac_key: "00ff" }],
    [{ serial: "SN-1", hmac_key: "x".repeat(129) }],
    [{ serial: "SN-1", hmac_key: "not printable: \n, ä" }],
  ])("with %j for factory data signs nothing, and has no serial number", (entries) => {
    const identity = new BoardIdentity(factory(entries), new ScriptedStore(), Math.random);
    expect([identity.sign("challenge", "bytes"), identity.sign("challenge", "text")]).toEqual([undefined, undefined]);
    expect(identity.serial).toBeUndefined();
  });

  test.each(["", "SN 1", "SN-1\r\nX: y", "é", "x".repeat(65)])("has no serial number %j", (serial) => {
    const identity = new BoardIdentity(factory({ serial, hmac_key: KEY }), new ScriptedStore(), Math.random);
    expect(identity.serial).toBeUndefined();
  });

  test("its token is read when it is asked for, never shown by accident, and none where it makes no sense", () => {
    const tokenIn = (entries: Record<string, string>) =>
      new BoardIdentity(factory(entries), new ScriptedStore(), Math.random).deviceToken();
    expect(tokenIn({ device_token: "t0ken/+=" })?.reveal()).toBe("t0ken/+=");
    expect(JSON.stringify(tokenIn({ device_token: "t0ken" }))).not.toContain("t0ken");
    for (const device_token of ["", "a b", "x".repeat(257)]) expect(tokenIn({ device_token })).toBeUndefined();
    expect(tokenIn({})).toBeUndefined();
  });

  describe("'s access point", () => {
    const of = (entries: Record<string, string>, store = new ScriptedStore(), isOpen = false) => {
      const { accessPointPassword, isPasswordOwn } = new BoardIdentity(factory(entries), store, Math.random, isOpen);
      return [accessPointPassword?.reveal(), isPasswordOwn];
    };
    const OWN = expect.stringMatching(/^[a-km-np-z2-9]{10}$/);

    test("has the password of the label", () => {
      expect(of({ ap_password: "from the label" })).toEqual(["from the label", false]);
      expect(of({ ap_password: "from the label" }, undefined, true)).toEqual(["from the label", false]);
    });

    test("has one of its own where the factory gave none: made at the first start, another on each board", () => {
      const store = new ScriptedStore();
      const first = of({}, store);
      expect(first).toEqual([OWN, true]);
      expect(of({}, store)).toEqual(first);
      expect(of({})).not.toEqual(first);
    });

    test("is open where the build says so and the factory nothing; never for a password that is damaged", () => {
      expect(of({}, undefined, true)).toEqual([undefined, false]);
      for (const ap_password of ["short", "\u0000".repeat(9), "x".repeat(65)])
        expect(of({ ap_password }, undefined, true)).toEqual([OWN, true]);
    });

    test("gets another one where what was kept is damaged", () => {
      expect(of({}, new ScriptedStore(new Map([["ap_password", "short"]])))).toEqual([OWN, true]);
    });
  });

  describe("what the factory says of the product", () => {
    const productOf = (entries: Record<string, string>) =>
      new BoardIdentity(factory(entries), new ScriptedStore(), Math.random).product;
    const url = "https://factory.example.com/ota/";

    test("takes the build's place", () => {
      expect(productOf({ hw_version: "2.1", product_id: "lamp", url, url_locked: "1" })).toEqual({
        hardwareVersion: "2.1",
        productId: "lamp",
        provisioningUrl: url,
        provisioningUrlLocked: true,
      });
      expect(productOf({ url })).toEqual({ provisioningUrl: url, provisioningUrlLocked: false });
      expect(productOf({ min_version: "1.2" })).toEqual({ factoryMinimumVersion: "1.2" });
    });

    test.each([
      [{}],
      [{ hw_version: "2 1" }],
      [{ product_id: "lamp\r\nX: y" }],
      [{ product_id: "x".repeat(65) }],
      [{ url: "no address", url_locked: "1" }],
      [{ url_locked: "1" }],
      [{ min_version: "1 2" }],
    ])("with %j there is nothing", (entries) => {
      expect(productOf(entries)).toEqual({});
    });
  });

  describe("with eFuses", () => {
    const key = Uint8Array.from({ length: 32 }, (_, index) => 3 * index);
    const burnt = (serial: string): Efuses => ({
      userData: Uint8Array.from(Buffer.alloc(32).fill(serial, 0, serial.length, "latin1")),
      key,
      keyPurpose: "HMAC_UP",
    });
    const nvs = { serial: "SN-NVS", hmac_key: KEY };
    const identityWith = (efuses: Efuses, entries: Record<string, string> = nvs) => {
      host.efuses = efuses;
      return new BoardIdentity(factory(entries), new ScriptedStore(), Math.random);
    };
    afterEach(() => {
      host.efuses = blankEfuses;
    });

    test.each(["S", "SN-0A1B2C3D-7CDFA1000001", "0123456789abcdef".repeat(2)])(
      "is %s, and the chip signs",
      (serial) => {
        const identity = identityWith(burnt(serial));
        expect(identity.serial).toBe(serial);
        for (const text of ["c", "Möwe-challenge", "x".repeat(500)])
          expect(identity.sign(text, "bytes")).toBe(hmac(key, text));
        // The chip has no text of its key; NVS's is another device's.
        expect(identity.sign("challenge", "text")).toBeUndefined();
      },
    );

    test("needs nothing in NVS", () => {
      const identity = identityWith(burnt("SN-1"), {});
      expect([identity.serial, identity.sign("c", "bytes")]).toEqual(["SN-1", hmac(key, "c")]);
    });

    test("that refuse to sign signs nothing", () => {
      const identity = identityWith(burnt("SN-1"));
      host.efuses = blankEfuses;
      expect(identity.sign("challenge", "bytes")).toBeUndefined();
    });

    test.each<[string, Efuses]>([
      ["nothing", blankEfuses],
      ["a serial number alone", { ...blankEfuses, userData: burnt("SN-1").userData }],
      ["a key alone", { ...burnt("SN-1"), userData: blankEfuses.userData }],
      ["a key for something else", { ...burnt("SN-1"), keyPurpose: "HMAC_DOWN_ALL" }],
      ["a serial number that is no text", burnt("\xff\xfeSN")],
      ["a zero within the serial number", burnt("SN\x001")],
    ])("that have %s is NVS's", (_name, efuses) => {
      const identity = identityWith(efuses);
      expect(identity.serial).toBe("SN-NVS");
      expect(identity.sign("challenge", "bytes")).toBe(hmac(Buffer.from(KEY, "hex"), "challenge"));
    });
  });
});
