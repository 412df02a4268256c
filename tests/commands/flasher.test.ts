import { join } from "node:path";
import { expect, test } from "vitest";
import { expectSentence, makeFolder, start } from "./support.js";

test("the flasher ends at once where there is no release, and says how to get one", async () => {
  const run = start("tools/flasher/cli", ["nonexistent"]);
  expect(await run.exit).toBe(1);
  expect(run.output()).toMatch(/^There is no nonexistent.manifest\.json: npm run release -- --build DIR /);
  expectSentence(run.output());
});

test("a test release says what it is for and what a board needs; the flasher does not take it", async () => {
  const cwd = makeFolder();
  const release = start("tools/release-cli", ["--test", "0.2.0", "--out", "out"], { cwd });
  expect(await release.exit).toBe(0);
  expect(release.output()).toContain("It is for virtual devices: npm run cloud -- --firmware out offers it to them.");
  expect(release.output()).toContain("A board needs code: npm run build:esp32 with ESP-IDF");
  const flasher = start("tools/flasher/cli", [join(cwd, "out")]);
  expect(await flasher.exit).toBe(1);
  expect(flasher.output()).toContain("no parts for a board on a cable");
  expectSentence(flasher.output());
});

test("a release of a build that is not there is a sentence", async () => {
  const run = start("tools/release-cli", ["--build", "nowhere"], { cwd: makeFolder() });
  expect(await run.exit).toBe(1);
  expect(run.output()).toBe(`${join("nowhere", "xs_esp32.bin")}: there is no such file.\n`);
});
