import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readPage, sendForm } from "../../mocks/phone.js";
import { expectSentence, makeFolder, type Run, start } from "./support.js";

const timeout = 60_000;

/** Waits for the output to match. @returns what the group holds */
async function said({ output }: Run, pattern: RegExp): Promise<string> {
  await expect.poll(output, { timeout }).toMatch(pattern);
  return pattern.exec(output())![1]!;
}

/** A person sets the board up and enters its code. */
async function setUp(run: Run): Promise<void> {
  const portal = await said(run, /captive page: +(\S+)/);
  const [, url = ""] = /name="url"[^>]*value="([^"]*)"/.exec(await readPage(portal)) ?? [];
  expect((await sendForm(portal, { ssid: "Home", password: "correct horse", url })).status).toBe(303);
  const cloud = await said(run, /Open: +(http:\S+)\/activate/);
  const code = await said(run, /code +(\d{6})/);
  const body = JSON.stringify({ code });
  const headers = { "content-type": "application/json" };
  expect((await fetch(`${cloud}/admin/activate`, { method: "POST", headers, body })).status).toBe(200);
  await said(run, /(Online at )/);
}

async function end(run: Run, signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
  run.child.kill(signal);
  await run.exit;
}

test("killed, the next start is online without a new code; one beside it says so; --blank begins anew", async () => {
  const cwd = makeFolder();
  const first = start("mocks/start", [], { cwd });
  await setUp(first);
  const beside = start("mocks/start", ["--blank"], { cwd });
  expect(await beside.exit).toBe(1);
  expect(beside.output()).toBe("A virtual device runs from .state/start.json already: end that one first.\n");
  await end(first, "SIGKILL");
  expect(statSync(join(cwd, ".state/start.cloud.json")).mode & 0o777).toBe(0o600);

  const second = start("mocks/start", [], { cwd });
  await said(second, /(Online at )/);
  expect(second.output()).not.toContain("captive page");
  expect(second.output()).not.toContain("enter the code");
  await end(second);

  const blank = start("mocks/start", ["--blank"], { cwd });
  await said(blank, /captive page: +(\S+)/);
  await end(blank);
}, 200_000);

test.each(["start.json", "start.nvs.bin", "start.json.flash", "start.cloud.json"])(
  "a damaged %s is a sentence, and --blank helps",
  async (name) => {
    const cwd = makeFolder();
    const first = start("mocks/start", [], { cwd });
    await said(first, /captive page: +(\S+)/);
    await end(first);
    writeFileSync(join(cwd, ".state", name), '{"device":{"mac":');
    const run = start("mocks/start", [], { cwd });
    expect(await run.exit).toBe(1);
    expectSentence(run.output());
    expect(run.output()).toMatch(new RegExp(`${name} is damaged: .*\nA blank board .*npm start -- --blank\n$`));
    const blank = start("mocks/start", ["--blank"], { cwd });
    await said(blank, /captive page: +(\S+)/);
    expect(readdirSync(join(cwd, ".state")).filter((file) => file.endsWith(".new"))).toEqual([]);
  },
  200_000,
);

test("what the cloud knew is missing: a new code is due, and that is said", async () => {
  const cwd = makeFolder();
  const first = start("mocks/start", [], { cwd });
  await setUp(first);
  await end(first);
  rmSync(join(cwd, ".state/start.cloud.json"));
  expect(existsSync(join(cwd, ".state/start.json"))).toBe(true);
  const second = start("mocks/start", [], { cwd });
  await said(second, /(needs a new code)/);
}, 200_000);

test("two virtual devices do not share a state file", async () => {
  const cwd = makeFolder();
  const first = start("mocks/device/cli", ["--state", "board.json"], { cwd });
  await said(first, /(portal http)/);
  const second = start("mocks/device/cli", ["--state", "board.json"], { cwd });
  expect(await second.exit).toBe(1);
  expect(second.output()).toMatch(/^A virtual device runs from .*board\.json already: end that one first\.\n$/);
});
