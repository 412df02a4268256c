import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { AGENT_MANIFEST, type Platform, readParts } from "../../tools/manifests.js";
import { openProduct } from "../../tools/product.js";
import { ROOT } from "../../tools/sdk.js";

/** @param files by name; of an object its JSON. @returns the folder, which goes with the test */
function write(files: Record<string, object | string>): string {
  const folder = mkdtempSync(join(tmpdir(), "manifests-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), typeof content === "string" ? content : JSON.stringify(content));
  }
  return folder;
}

function read(files: Record<string, object | string>, platform: Platform = "lin") {
  const folder = write(files);
  const { config, modules, resources } = readParts(join(folder, "manifest.json"), platform);
  const relative = (found: Map<string, string>) =>
    Object.fromEntries([...found].map(([name, file]) => [name, file.slice(folder.length + 1)]));
  return { config, modules: relative(modules), resources: relative(resources) };
}

test("what includes wins over what is included, a platform's part over both, and objects grow together", () => {
  const files = {
    "manifest.json": {
      include: [AGENT_MANIFEST, "./parts/manifest.json"],
      config: { dataIntervalMs: 5, led: { pin: 1 } },
      platforms: { lin: { config: { productId: "simulated" } }, esp32: { config: { productId: "real" } } },
    },
    "parts/manifest.json": { config: { dataIntervalMs: 7, extra: true, led: { pin: 2, level: 3 } } },
  };
  expect(read(files).config).toMatchObject({
    ...{ dataIntervalMs: 5, extra: true, led: { pin: 1, level: 3 }, productId: "simulated", language: "zh-CN" },
  });
  expect(read(files, "esp32").config).toMatchObject({ productId: "real" });
});

test("modules are the files that their names stand for, on this platform", () => {
  const files = {
    "manifest.json": {
      include: AGENT_MANIFEST,
      modules: { main: "./main", "*": ["./one", "$(MODULES)/base/time/*"], "parts/*": "./parts/*", "~": "./two" },
      resources: { "*": "./private-ca", "*-mask": ["./none"] },
      platforms: { esp32: { modules: { led: "./esp32/led" } }, lin: { modules: { led: "./simulator/led" } } },
    },
    ...{ "main.ts": "", "one.js": "", "two.ts": "", "parts/a.ts": "", "parts/b.mjs": "", "parts/b.d.ts": "" },
    ...{ "esp32/led.ts": "", "simulator/led.ts": "", "private-ca.der": "", "private-ca.md": "" },
  };
  const { modules, resources } = read(files);
  expect(modules).toEqual({
    ...{ main: "main.ts", one: "one.js", "parts/a": "parts/a.ts", "parts/b": "parts/b.mjs", led: "simulator/led.ts" },
  });
  expect(Object.keys(resources)).toContain("private-ca.der");
  expect(read(files, "esp32").modules.led).toBe("esp32/led.ts");
});

test("a folder with spaces in its path is none for the SDK's make", () => {
  expect(() => openProduct(join(tmpdir(), "my kettle"), "lin")).toThrow("takes no path with spaces");
});

test("the repository itself is the product that is the agent and nothing else", () => {
  const { name, output, parts } = openProduct(undefined, "esp32");
  expect([name, output]).toEqual(["esp32-online", join(ROOT, "build")]);
  expect(parts.modules.get("main")).toBe(join(ROOT, "main.ts"));
  expect(openProduct(ROOT, "esp32")).toEqual(openProduct(undefined, "esp32"));
});

// With the repository's own its main.ts takes the product's place.
test("docs let a product include the agent's manifest", () => {
  const texts = readdirSync(join(ROOT, "docs"))
    .filter((name) => name.endsWith(".md"))
    .map((name) => readFileSync(join(ROOT, "docs", name), "utf8"));
  const included = texts.flatMap((text) => [...text.matchAll(/"include": *\["([^"]*)"/g)].map(([, path]) => path!));
  expect(included.length).toBeGreaterThanOrEqual(2);
  for (const path of included) expect(path).toMatch(/\/agent\/manifest\.json$/);
});
