import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type NvsEntry, readNvs, writeNvs } from "../../tools/nvs/nvs.js";

const cli = fileURLToPath(new URL("../../build/host/tools/nvs/cli.js", import.meta.url));
const run = (...args: string[]) =>
  new Promise<{ code: unknown; stdout: string; stderr: string }>((done) => {
    const child = execFile(process.execPath, [cli, ...args], { cwd: folder }, (_error, stdout, stderr) =>
      done({ code: child.exitCode, stdout, stderr }),
    );
  });

const entries: NvsEntry[] = [
  { namespace: "factory", key: "hmac_key", value: { type: "string", value: "5e5e" } },
  { namespace: "agent", key: "n", value: { type: "i64", value: -(2n ** 60n) } },
  { namespace: "agent", key: "blob", value: { type: "blob", value: Uint8Array.of(0x5e, 0x5e) } },
  { namespace: "agent", key: "none", value: { type: "blob", value: new Uint8Array() } },
];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nvs-"));
  writeFileSync(join(folder, "board.nvs.bin"), writeNvs(entries, 0x5000));
});
afterEach(() => rmSync(folder, { recursive: true }));

test("dump tells what there is, and secrets only when asked for", async () => {
  const { code, stdout } = await run("dump", "board.nvs.bin");
  expect(code).toBe(0);
  expect(stdout.split("\n").map((line) => line.split(/ {2,}/))).toEqual([
    ["factory/hmac_key", "string", "4 bytes"],
    ["agent/n", "i64", "-1152921504606846976"],
    ["agent/blob", "blob", "2 bytes"],
    ["agent/none", "blob", "0 bytes"],
    [""],
  ]);
  expect((await run("dump", "board.nvs.bin", "--secrets")).stdout).toContain('"5e5e"');
  expect(await run("dump", "board.nvs.bin", "--json")).toMatchObject({ code: 2, stdout: "" });
});

test("make writes what dump has printed", async () => {
  writeFileSync(join(folder, "board.jsonl"), (await run("dump", "board.nvs.bin", "--json", "--secrets")).stdout);
  expect(await run("make", "board.jsonl", "again.bin", "--size", "0x5000")).toMatchObject({ code: 0, stderr: "" });
  const again = readFileSync(join(folder, "again.bin"));
  expect(Buffer.compare(again, readFileSync(join(folder, "board.nvs.bin")))).toBe(0);
  expect(statSync(join(folder, "again.bin")).mode & 0o777).toBe(0o600);
  expect(readNvs(again)).toEqual({ entries, problems: [] });
});

test.each([
  ['{"namespace":"agent","key":"n","type":"u8","value":"5e5e"}', "line 1"],
  ['\n{"namespace":"agent","key":"n","type":"u64","value":"5e5e"}', "line 2"],
  ['{"namespace":"agent","key":"n","type":"blob","value":"5e5"}', "line 1"],
  ['{"namespace":"agent","key":"n","type":"u8","value":256}', "agent/n"],
  ["5e5e", "line 1"],
])("make refuses %j with its place, and without its value", async (text, place) => {
  writeFileSync(join(folder, "bad.jsonl"), text);
  const { code, stderr } = await run("make", "bad.jsonl", "bad.bin");
  expect(code).toBe(1);
  expect(stderr).toContain(place);
  expect(stderr).not.toContain("5e5");
});

test("what is damaged is told, and the rest is printed", async () => {
  const image = readFileSync(join(folder, "board.nvs.bin"));
  image[64 + 32 * 2]! ^= 1; // the key's data
  writeFileSync(join(folder, "board.nvs.bin"), image);
  const { code, stdout, stderr } = await run("dump", "board.nvs.bin");
  expect([code, stderr]).toEqual([1, "board.nvs.bin: page 0, entry 1 (hmac_key): data damaged (CRC-32)\n"]);
  expect(stdout).toContain("agent/n");
});

test.each([[[]], [["dump"]], [["dump", "a", "b"]], [["make", "a"]], [["look", "a"]], [["--colour"]]])(
  "%j: says how it is used, and ends with 2",
  async (args) => {
    expect(await run(...args)).toMatchObject({ code: 2, stdout: "", stderr: expect.stringContaining("Usage:") });
  },
);
