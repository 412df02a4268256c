import { inspect } from "node:util";
import { expect, test } from "vitest";
import { Secret } from "../../modules/base/secret.js";

const secret = new Secret("pass-word");

test.each<[string, () => string]>([
  ["String()", () => String(secret)],
  ["a template", () => `${secret}`],
  ["concatenation", () => "password: ".concat(secret as unknown as string)],
  ["JSON", () => JSON.stringify({ secret, list: [secret] })],
  ["join", () => [secret].join()],
  ["inspection", () => inspect(secret, { showHidden: true, depth: 9 })],
  ["its keys", () => JSON.stringify([Object.entries(secret), Reflect.ownKeys(secret).map(String)])],
  ["an error", () => new Error(`refused: ${secret}`).message],
  ["a copy", () => JSON.stringify({ ...secret })],
])("%s does not show it", (_label, show) => {
  expect(show()).not.toContain("pass-word");
});

test("it comes out where it is meant to", () => {
  expect(secret.reveal()).toBe("pass-word");
  expect([secret.isEmpty, new Secret("").isEmpty]).toEqual([false, true]);
});
