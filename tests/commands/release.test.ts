import { generateKeyPairSync } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeImage } from "../../mocks/device/image.js";
import { keyDigest, signForSecureBoot } from "../tools/secure-boot.js";
import { makeFolder, start } from "./support.js";

/** @returns its exit code, what it says, and what it says on stderr */
async function release(cwd: string, ...args: readonly string[]) {
  const run = start("tools/release-cli", args, { cwd });
  let stderr = "";
  run.child.stderr!.on("data", (part: Buffer) => {
    stderr += part.toString();
  });
  return [await run.exit, run.output(), stderr] as const;
}

test("what devices make of a release is a warning on stderr: the release is there", async () => {
  const [code, said, stderr] = await release(makeFolder(), "--test", "nightly");
  expect([code, stderr]).toEqual([0, expect.stringMatching(/^Warning: nightly cannot be compared [^\n]*\n$/)]);
  expect(said).toContain(`in ${join("build", "release", "nightly")}\n`);
});

test("a release of an image that is signed for secure boot names its key", async () => {
  const cwd = makeFolder();
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 3072 });
  writeFileSync(join(cwd, "app.bin"), signForSecureBoot(makeImage({ version: "0.3.0" }), privateKey));
  const [code, said, stderr] = await release(cwd, "--image", "app.bin");
  expect([code, stderr]).toEqual([0, ""]);
  expect(said).toContain(`\nSigned for secure boot by the key with the digest ${keyDigest(privateKey)}\n`);
});
