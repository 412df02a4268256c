import { expect, test } from "vitest";
// @ts-expect-error a script without types
import { violations } from "../tools/laws.mjs";

const check = (path: string, text: string) => violations(path, text, () => true) as string[];

test.each([
  ["modules/a/a.ts", 'import { readFileSync } from "node:fs";'],
  ["softap/a.ts", 'import { sha256 } from "@noble/hashes/sha2.js";'],
  ["provisioning/a.ts", 'import { cloud } from "../mocks/cloud/cloud.js";'],
  ["provisioning/a.ts", 'export * from "../tests/a.js";'],
  ["modules/a/a.ts", 'import type { Protocol } from "../../provisioning/protocol.js";'],
  ["provisioning/a/a.ts", 'import { Portal } from "../../softap/portal.js";'],
  ["softap/a.ts", 'import { showingOnce } from "../agent/display/display.js";'],
  ["modules/a/a.ts", 'import WiFi from "wifi";'],
  ["modules/a/a.ts", 'import { b } from "./b";'],
  ["modules/a/a.ts", "const key = Buffer.from(text);"],
  ["modules/a/a.ts", "  setTimeout(() => {}, 5);"],
  ["main.ts", "console.log(1);"],
  ["modules/a/a.ts", "const NAME = /^[a-z]+$/;"],
  ["modules/a/a.ts", 'export const NAME: RegExp = new RegExp("a");'],
  ["mocks/a.ts", "\n".repeat(301)],
])("%s with %j breaks a law", (path, text) => {
  expect(check(path, text)).toHaveLength(1);
});

test.each([
  ["modules/wifi/adapter.ts", 'import WiFi from "wifi";\nimport type { Clock } from "../clock/clock.js";'],
  ["modules/a/a.ts", "// a URL is no Buffer.\nconst name = 'process.env';\noptions.process(1);"],
  ["modules/a/a.ts", "function isName(text: string): boolean {\n  return /^[a-z]+$/.test(text);\n}"],
  ["agent/a.ts", 'import { openPortal } from "../softap/portal.js";\nimport { b } from "../modules/b/b.js";'],
  ["mocks/a.ts", 'import { readFileSync } from "node:fs";\nconst NAME = /^[a-z]+$/;'],
])("%s with %j keeps them", (path, text) => {
  expect(check(path, text)).toEqual([]);
});
