import { describe, expect, test } from "vitest";
import { Secret } from "../../modules/secret/secret.js";
import { checkSettings, settingsRecord, utf8Length } from "../../modules/settings/settings.js";
import { ScriptedStore } from "../scripted/store.js";

const typed = { ssid: "Home", password: "12345678", url: "http://provision.example.com" };
const stored = { ssid: "Home", password: new Secret("stored-pass"), url: "http://provision.example.com/" };

/** The fields that are wrong. */
function wrong(change: Partial<typeof typed>, before?: typeof stored): string[] {
  const check = checkSettings({ ...typed, ...change }, before);
  return check.ok ? [] : Object.keys(check.errors);
}

describe("a network's name", () => {
  test.each([["x"], [" lead and trail "], ["é".repeat(16)], ["文".repeat(10)], ["😀".repeat(8)], ["x".repeat(32)]])(
    "%j is one",
    (ssid) => {
      expect(wrong({ ssid })).toEqual([]);
    },
  );
  test.each([[""], ["x".repeat(33)], ["é".repeat(17)], ["文".repeat(11)], [`${"😀".repeat(8)}x`], ["a\0b"]])(
    "%j is none",
    (ssid) => {
      expect(wrong({ ssid })).toEqual(["ssid"]);
    },
  );
  test("is kept as it was typed, spaces and all", () => {
    const check = checkSettings({ ...typed, ssid: "  a b  " }, undefined);
    expect(check.ok && check.settings.ssid).toBe("  a b  ");
  });
});

describe("a password", () => {
  test.each([[""], ["12345678"], ["x".repeat(63)], [" ~!\"'<>&%+ "], ["0123456789abcdefABCDEF".padEnd(64, "0")]])(
    "%j is one",
    (password) => {
      expect(wrong({ password })).toEqual([]);
    },
  );
  test.each([
    ["1234567"],
    ["x".repeat(64)],
    ["a".repeat(65)],
    ["pässword"],
    ["12345678\n"],
    ["1234567\0"],
    ["12345678\u007f"],
  ])("%j is none", (password) => {
    expect(wrong({ password })).toEqual(["password"]);
  });
  test("that is left empty keeps the stored one, for the same network only", () => {
    const passwordOf = (ssid: string, password: string) => {
      const check = checkSettings({ ...typed, ssid, password }, stored);
      return check.ok ? check.settings.password.reveal() : undefined;
    };
    expect(passwordOf("Home", "")).toBe("stored-pass");
    expect(passwordOf("home", "")).toBe("");
    expect(passwordOf("Home", "new-password")).toBe("new-password");
  });
});

test("errors are for all fields at once, and have words", () => {
  const check = checkSettings({ ssid: "", password: "x", url: "" }, undefined);
  expect(check.ok ? [] : Object.keys(check.errors).toSorted()).toEqual(["password", "ssid", "url"]);
  for (const text of Object.values(check.ok ? {} : check.errors)) expect(text).toMatch(/^[A-Z].{10,}/);
});

test("what is checked is stored and read as it was", () => {
  const store = new ScriptedStore();
  const check = checkSettings(
    { ssid: "Möwe 😀 \"'", password: '\\u0041 "quote" ', url: "Example.COM:8001/a" },
    undefined,
  );
  if (!check.ok) throw new Error(JSON.stringify(check));
  settingsRecord(store).write(check.settings);
  const read = settingsRecord(store).read()!;
  expect({ ...read, password: read.password.reveal() }).toEqual({
    ssid: "Möwe 😀 \"'",
    password: '\\u0041 "quote" ',
    url: "http://example.com:8001/a",
  });
});

test.each([
  ["nothing", null],
  ["a list", []],
  ["an empty name", { ssid: "", password: "", url: "http://a/" }],
  ["a password that is a number", { ssid: "a", password: 5, url: "http://a/" }],
  ["no address", { ssid: "a", password: "" }],
  ["an address that is none", { ssid: "a", password: "", url: "ftp://a" }],
])("flash that holds %s has no settings", (_label, content) => {
  const store = new ScriptedStore();
  const record = settingsRecord(store) as unknown as { write(value: unknown): void };
  const raw = content as { ssid: unknown; password: unknown; url: unknown } | null;
  record.write({ ...(raw ?? {}), password: { reveal: () => (raw as { password?: unknown } | null)?.password } });
  expect(settingsRecord(store).read()).toBeUndefined();
});

test.each(["", "a", "é", "文", "😀", "\0", "a\u0301"])("the length of %j in UTF-8", (text) => {
  expect(utf8Length(text)).toBe(Buffer.byteLength(text));
});
