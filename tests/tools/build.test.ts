import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
// @ts-expect-error a script without types
import { fingerprint } from "../../tools/build.mjs";
import { ROOT } from "../../tools/sdk.js";

/** @returns a folder with a file in a folder */
function makeSources(): string {
  const root = mkdtempSync(join(tmpdir(), "build-"));
  onTestFinished(() => rmSync(root, { recursive: true }));
  mkdirSync(join(root, "agent", "deep"), { recursive: true });
  writeFileSync(join(root, "agent", "deep", "a.ts"), "1");
  writeFileSync(join(root, "main.ts"), "1");
  return root;
}

const paths = ["agent", "main.ts"];

test.each<[string, (root: string) => void]>([
  ["written", (root) => writeFileSync(join(root, "agent/deep/a.ts"), "22")],
  ["written with as many bytes", (root) => utimesSync(join(root, "main.ts"), 1, 1)],
  ["new", (root) => writeFileSync(join(root, "agent/b.ts"), "")],
  ["gone", (root) => rmSync(join(root, "agent/deep/a.ts"))],
])("a source that is %s has another fingerprint; packages have none", (_name, change) => {
  const root = makeSources();
  const before = fingerprint(root, paths);
  mkdirSync(join(root, "agent", "node_modules", "some"), { recursive: true });
  expect(fingerprint(root, paths)).toBe(before);
  change(root);
  expect(fingerprint(root, paths)).not.toBe(before);
});

test("what has just been built is not built again, and says nothing", () => {
  const build = () => spawnSync(process.execPath, ["tools/build.mjs"], { cwd: ROOT, encoding: "utf8" });
  build();
  const { status, stdout, stderr } = build();
  expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: "", stderr: "" });
});
