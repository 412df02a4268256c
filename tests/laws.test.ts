import { describe, expect, test } from "vitest";
// @ts-expect-error a script without types
import { circleViolations } from "../tools/laws/circles.mjs";
// @ts-expect-error a script without types
import { importsOf } from "../tools/laws/imports.mjs";
// @ts-expect-error a script without types
import { partitionCopies, partitionNumbers } from "../tools/laws/partitions.mjs";
// @ts-expect-error a script without types
import { privateMethodsIn, violations } from "../tools/laws.mjs";

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
  ["main.ts", "// It's the first of two.\nconsole.log(1);\n// It's the second."],
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

// None of the real table's, which this file may not hold.
const TABLE = `# Name, Type, SubType, Offset, Size
a, data, nvs, 0xb000, 0x8000
b, app, ota_0, 0x30000, 0x150000
`;

test.each([
  "const address = 0xb000;",
  "const address = 0xB000;",
  "const address = 45056;",
  "const address = 45_056;",
  "const size = 1344 * 1024;",
  "/** At 0x30000. */",
  'const usage = "read-flash 0xb000";',
  "const nvsBytes = 0x8000;",
  "/** Of the NVS partition. */\nconst imageBytes = 32_768;",
  "const partition = { bytes: 32 * 1024 };",
])("%j is a second copy of a partition's number", (text) => {
  expect(partitionCopies("tools/a.ts", text, partitionNumbers(TABLE))).toHaveLength(1);
});

test.each([
  "const MAX_BODY_BYTES = 32 * 1024;",
  "const MASK = 0x8000;",
  "const a = 0xb0001 + 10xb000;",
  "const b = 0;",
])("%j is none", (text) => {
  expect(partitionCopies("tools/a.ts", text, partitionNumbers(TABLE))).toEqual([]);
});

describe("circles", () => {
  const judge = (texts: Record<string, string>) => {
    const imports = importsOf(Object.entries(texts).map(([path, text]) => ({ path, text })));
    return circleViolations(imports) as string[];
  };
  const imports = (...specifiers: string[]) => specifiers.map((one) => `import { a } from "${one}";\n`).join("");
  const twoFiles = {
    "modules/a/a.ts": imports("./b.js"),
    "modules/a/b.ts": 'import type { A } from "./a.js";',
  };
  const threeRooms = {
    "modules/a/a.ts": imports("../b/b.js"),
    "modules/b/b.ts": 'export type { C } from "../../mocks/c/c.js";',
    "mocks/c/c.ts": imports("../../modules/a/other.js"),
    "modules/a/other.ts": "",
  };

  test("of files: also by a type, by a full name, by a dynamic import, and wherever they are", () => {
    expect(judge(twoFiles)).toEqual(["a circle of files: modules/a/a.ts, modules/a/b.ts"]);
    const [found, ...more] = judge({
      "tools/a.ts": imports("../tests/b.js"),
      "tests/b.ts": imports("modules/c/c"),
      "modules/c/c.ts": 'type A = import("../../tools/a.js").A;',
    });
    expect([found, more]).toEqual(["a circle of files: modules/c/c.ts, tests/b.ts, tools/a.ts", []]);
  });

  test("of rooms, where no file is in one", () => {
    expect(judge(threeRooms)).toEqual(["a circle of rooms: mocks/c, modules/a, modules/b"]);
  });

  test("none: a way that does not come back, a room's own files, rooms of tests and tools", () => {
    expect(
      judge({ "modules/a/a.ts": imports("./b.js", "../b/b.js"), "modules/a/b.ts": "", "modules/b/b.ts": "" }),
    ).toEqual([]);
    const rooms = {
      "tests/a/a.ts": imports("../b/b.js"),
      "tests/b/b.ts": "",
      "tests/b/c.ts": imports("../a/d.js"),
      "tests/a/d.ts": "",
    };
    expect(judge(rooms)).toEqual([]);
  });

  test("none: a folder and those in it, which are one room; siblings in it are two", () => {
    const floor = {
      "provisioning/protocols.ts": imports("./a/a.js"),
      "provisioning/a/a.ts": imports("../protocol.js"),
      "provisioning/protocol.ts": "",
    };
    expect(judge(floor)).toEqual([]);
    const siblings = {
      "provisioning/a/a.ts": imports("../b/b.js"),
      "provisioning/b/b.ts": "",
      "provisioning/b/c.ts": imports("../a/d.js"),
      "provisioning/a/d.ts": "",
    };
    expect(judge(siblings)).toEqual(["a circle of rooms: provisioning/a, provisioning/b"]);
  });
});

test.each([
  "  #wait(): void {",
  "  async #wait(): Promise<void> {",
  "  static #of(text: string): Name {",
  "  get #room(): number {",
  "  set #room(bytes: number) {",
  "  static async *#pieces() {",
  "  #later<T>(delayMs: number, value: () => T): Promise<T> {",
  "  #later<T extends Map<string, (one: number) => T>>(value: T): T {",
  "  #later<",
])("%j is a private method, in device code only", (line) => {
  const text = `// Nobody's.\nclass A {\n${line}\n`;
  expect(privateMethodsIn("modules/a/a.ts", text)).toEqual([expect.stringContaining("modules/a/a.ts:3: #")]);
  expect(privateMethodsIn("mocks/a.ts", text)).toEqual([]);
});

test.each([
  "  #options: WaitOptions;",
  "  #cancel: () => void = () => {};",
  "  #times = new Map<string, number>();",
  "    this.#wait();",
  "    if (#options in other) return;",
  "  // #wait() is gone",
  "  private wait(): void {",
])("%j is none", (line) => {
  expect(privateMethodsIn("modules/a/a.ts", `class A {\n${line}\n`)).toEqual([]);
});
