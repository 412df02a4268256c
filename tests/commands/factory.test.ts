import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeFolder, start } from "./support.js";

const MAC = "7C:DF:A1:00:BE:EF";

/** @returns the working folder, with a batch of one board in `factory/b` */
async function makeBatch(...args: string[]): Promise<string> {
  const cwd = makeFolder();
  const run = start("tools/factory/cli", ["--batch", "b", "--count", "1", "--serials", "SN-####", ...args], { cwd });
  expect(await run.exit, run.output()).toBe(0);
  return cwd;
}

const image = join("factory", "b", "SN-0001.nvs.bin");

test("--factory: a board with MAC, serial number and image of its record, and the second time with what it has kept", async () => {
  const cwd = await makeBatch();
  const list = join(cwd, "factory", "b", "devices.json");
  const { devices } = JSON.parse(readFileSync(list, "utf8"));
  for (const args of [
    ["--mac", MAC],
    ["--mac", MAC.toLowerCase()],
  ]) {
    const run = start("mocks/device/cli", ["--factory", image, ...args], { cwd });
    await expect.poll(run.output, { timeout: 30_000 }).toMatch(new RegExp(`^device ${MAC} .*SN-0001\\.json`, "m"));
    run.child.kill("SIGTERM");
    await run.exit;
    const { device } = JSON.parse(readFileSync(join(cwd, ".state", "SN-0001.json"), "utf8"));
    expect(device).toEqual({ mac: MAC, serial: "SN-0001", hmacKey: devices[0].hmac_key });
  }
}, 60_000);

test.each<[string, string[], RegExp]>([
  ["no MAC address", [], /^SN-0001 has no MAC address in factory.b.devices\.json: say with --mac/],
  ["no image", ["--factory", "none"], /^none: there is no such file\.\n$/],
  ["no record", ["--factory", join("factory", "b", "devices.json")], /has no factory record/],
  ["what the image says", ["--serial-number", "SN-2"], /^--factory says what --serial-number/],
])("--factory: %s is a sentence", async (_what, args, sentence) => {
  const cwd = await makeBatch();
  const run = start("mocks/device/cli", ["--factory", image, ...args], { cwd });
  expect([1, 2]).toContain(await run.exit);
  expect(run.output()).toMatch(sentence);
});
