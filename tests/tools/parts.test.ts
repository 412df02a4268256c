import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
// @ts-expect-error a script without types
import { touchedBy } from "../../tools/test/changed.mjs";
// @ts-expect-error a script without types
import { partsOf } from "../../tools/test/parts.mjs";

interface Part {
  readonly files?: readonly string[];
}

const root = new URL("../..", import.meta.url);
const parts = partsOf(root) as Record<string, Part>;
const files = readdirSync(new URL("tests", root), { recursive: true, encoding: "utf8" })
  .map((path) => `tests/${path}`)
  .filter((path) => path.endsWith(".test.ts") && !path.startsWith("tests/xs/"));

test("each folder of tests is a part, and all of it", () => {
  const folders = new Set(files.map((path) => path.split("/")[1]!).filter((name) => !name.includes(".")));
  expect(folders.size).toBeGreaterThan(15);
  for (const folder of folders) expect(parts[folder]?.files, folder).toContain(`tests/${folder}/`);
});

test("what a part names is there", () => {
  for (const [name, part] of Object.entries(parts))
    for (const beginning of part.files ?? [])
      expect(
        files.some((path) => path.startsWith(beginning)),
        `${name}: ${beginning}`,
      ).toBe(true);
});

test.each(["memory", "page", "journey", "fleet", "mqtt", "tls", "xs", "update"])("there is a part %s", (name) => {
  expect(Object.keys(parts)).toContain(name);
});

const tests = new Map([
  ["tests/a/pure.test.ts", 'import { parse } from "../../modules/url/url.js";'],
  ["tests/a/support.ts", 'import { VirtualDevice } from "../../mocks/device/virtual-device.js";'],
  ["tests/a/page.test.ts", 'readFileSync("docs/portal.md")'],
]);
const touched = (...changed: string[]) => touchedBy(changed, tests);

test.each([
  ["device code: what imports it, what runs its build, the XS tier", "modules/url/url.ts"],
  ["the protocols likewise", "provisioning/aws/create.ts"],
])("a change of %s", (_name, path) => {
  expect(touched(path)).toEqual({ everything: false, sources: [path, "tests/a/support.ts"], xs: true });
});

test.each([
  ["a mock, and not the XS tier", "mocks/cloud/cloud.ts", ["mocks/cloud/cloud.ts", "tests/a/support.ts"], false],
  ["a test alone", "tests/a/pure.test.ts", ["tests/a/pure.test.ts"], false],
  ["the scripts of the XS tier", "tests/scripted/world.ts", ["tests/scripted/world.ts"], true],
  ["a document: who reads it", "docs/portal.md", ["tests/a/page.test.ts", "tests/docs/documents.ts"], false],
  ["what is compiled of C: its tests", "tests/c/heap.c", ["tests/c/compile.ts"], false],
  ["a document that nobody names: who reads all", "docs/aws.md", ["tests/docs/documents.ts"], false],
  [
    "the captive page: what is built of it",
    "softap/page/page.css",
    ["tests/a/support.ts", "softap/page/built.ts"],
    true,
  ],
])("a change of %s", (_name, path, sources, xs) => {
  expect(touched(path)).toEqual({ everything: false, sources, xs });
});

test.each(["package.json", "package-lock.json", "vitest.config.ts", "tests/tsconfig.json"])(
  "a change of %s: everything",
  (path) => {
    expect(touched(path)).toMatchObject({ everything: true });
  },
);
