/** Keys do not end up in a commit: what the commands write, where README and docs say so, Git does not see. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { openDemo } from "../mocks/aws/demo.js";
import { flashFileOf } from "../mocks/device/flash-file.js";
import { flashFile } from "../mocks/device/state-file.js";
import { readCredential } from "../tools/factory/credential-files.js";
import { countedRows } from "../tools/factory/rows.js";
import { runBatch } from "../tools/factory/run.js";
import { ROOT } from "../tools/sdk.js";

const folder = mkdtempSync(join(tmpdir(), "esp32-online-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** @returns those of the paths that a commit would take */
function seen(paths: readonly string[]): string[] {
  const input = paths.join("\n");
  const { stdout } = spawnSync("git", ["check-ignore", "--stdin"], { cwd: ROOT, input, encoding: "utf8" });
  const ignored = new Set(stdout.split("\n"));
  return paths.filter((path) => !ignored.has(path));
}

const filesIn = (path: string) =>
  readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1));

test("the question itself: sources are seen", () => {
  expect(seen(["main.ts", "factory/a.svg", "tools/factory/cli.ts", "mocks/aws/aws.ts"])).toEqual([
    "main.ts",
    "tools/factory/cli.ts",
    "mocks/aws/aws.ts",
  ]);
  const { stdout } = spawnSync("git", ["ls-files", "-ci", "--exclude-standard"], { cwd: ROOT, encoding: "utf8" });
  expect(stdout).toBe("");
});

test("every file that a command of README and docs names", () => {
  const docs = readdirSync(join(ROOT, "docs")).filter((name) => name.endsWith(".md"));
  const lines = ["README.md", "README.zh-CN.md", ...docs.map((name) => `docs/${name}`)]
    .flatMap((name) => readFileSync(join(ROOT, name), "utf8").split("\n"))
    .filter((line) => /npm run|esptool|espefuse|espsecure|^ +--/.test(line));
  const named = lines.flatMap(
    (line) => line.match(/(?<![\w/.:-])[\w][\w./-]*\.(?:json|jsonl|csv|bin|pem|key)\b/g) ?? [],
  );
  expect(named.length).toBeGreaterThan(10);
  expect(seen([...new Set(named)])).toEqual([]);
});

test("the virtual device: its state, its flash, and what stands there for a moment", () => {
  const files = ["board.json", flashFile("board.json"), flashFileOf("board.json")];
  expect(seen(files.flatMap((file) => [file, `${file}.new`]))).toEqual([]);
});

test("a batch of the factory", async () => {
  const out = join(folder, "factory");
  await runBatch({
    ...{ batch: "b1", out, serials: "SN-####", first: 1, openNetwork: false, recordsOnly: false },
    ...{ readCredential: (c, k) => readCredential("", c, k), rows: () => countedRows(1, {}) },
  });
  const made = filesIn(out);
  expect(made).toContain("b1/SN-0001.nvs.bin");
  expect(seen(made.map((file) => `factory/${file}`))).toEqual([]);
});

test("the mock AWS account, in whatever folder", async () => {
  const { aws } = await openDemo(join(folder, "aws"), () => {});
  await aws.stop();
  const made = filesIn(join(folder, "aws"));
  expect(made).toContain("claim.key");
  expect(seen(made.flatMap((file) => [file, `account/${file}`]))).toEqual([]);
});

test("releases and the key that signs them", () => {
  expect(seen([".state/firmware-key.pem", "build/release/0.2.0/firmware.bin", "release/manifest.json"])).toEqual([]);
});
