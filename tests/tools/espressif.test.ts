/**
 * What docs/flashing.md says of secure boot, walked as it stands there with Espressif's espsecure and espefuse: but the
 * eFuses are a file, and the build has no code.
 */
import { execFileSync } from "node:child_process";
import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { makeImage } from "../../mocks/device/image.js";
import { ROOT } from "../../tools/sdk.js";
import { sectionsOf, withoutRemark } from "../docs/documents.js";
import { commandOf, esptoolTest } from "../flasher/espressif.js";
import { writeBuild } from "./release-build.js";
import { keyDigest, signForSecureBoot } from "./secure-boot.js";

const TITLE = "Releases for secure boot";
/** A dozen starts of Python. */
const TIMEOUT_MS = 300_000;
const VIRTUAL = ["--chip", "esp32s3", "--virt", "--path-efuse-file", "efuses.bin", "--do-not-confirm"];
const BUILD = "build/esp32-online/bin/esp32/esp32s3/release/esp32-online";

/** Its commands, as a shell has them. */
const lines = sectionsOf("docs/flashing.md")
  .filter(({ title }) => title === TITLE)
  .flatMap(({ blocks }) => blocks)
  .flatMap((block) => (block.language === "sh" ? block.lines.map(withoutRemark) : []));

/** A line for the tools of the version that is there. */
function spoken(line: string): string {
  const [name, ...words] = line.split(" ");
  if (name === "espefuse") return commandOf(name, ...VIRTUAL, ...words.slice(words.indexOf("PORT") + 1)).join(" ");
  if (name === "espsecure") return commandOf(name, ...words).join(" ");
  return line.replace("npm run release --", `node ${join(ROOT, "build/host/tools/release-cli.js")}`);
}

function openFolder() {
  const cwd = mkdtempSync(join(tmpdir(), "esp32-online-tools-"));
  onTestFinished(() => rmSync(cwd, { recursive: true }));
  const run = (...script: readonly string[]) =>
    execFileSync("sh", ["-ec", script.map(spoken).join("\n")], { cwd, encoding: "utf8", stdio: "pipe" });
  return { cwd, run, read: (path: string) => readFileSync(join(cwd, path)) };
}

test("the section is there, and each of its commands is one of those that are walked", () => {
  const names = new Set(lines.map((line) => line.split(" ")[0]!.replace(/=.*/, "=")));
  expect([...names].sort()).toEqual(["BUILD=", "espefuse", "espsecure", "npm"]);
});

esptoolTest("a build is signed, released, and verified by espsecure", { timeout: TIMEOUT_MS }, () => {
  const { cwd, run, read } = openFolder();
  mkdirSync(join(cwd, BUILD, ".."), { recursive: true });
  const made = writeBuild(cwd, { "xs_esp32.bin": makeImage({ version: "0.1.0", sizeBytes: 100_000 }) });
  execFileSync("mv", [made, join(cwd, BUILD)]);
  writeFileSync(join(cwd, "key.bin"), Buffer.alloc(32, 7));
  writeFileSync(join(cwd, "serial.bin"), Buffer.concat([Buffer.from("SN-0001"), Buffer.alloc(25)]));
  const said = run(...lines);
  const digest = /^Signed for secure boot by the key with the digest (\S+)$/m.exec(said)?.[1];

  // All that a board of it would have.
  run("espsecure digest-sbv2-public-key --keyfile secure-boot.pem --output digest.bin");
  expect(read("digest.bin").toString("hex")).toBe(digest);
  run("espsecure verify-signature --version 2 --keyfile secure-boot.pem build/release/0.1.0/bootloader.bin");
  run("espefuse --port PORT burn-key BLOCK_KEY1 digest.bin SECURE_BOOT_DIGEST0");
  const efuses = run("espefuse --port PORT summary");
  expect(efuses).toMatch(/^KEY_PURPOSE_0 .* = HMAC_UP /m);
  expect(efuses).toMatch(/^KEY_PURPOSE_1 .* = SECURE_BOOT_DIGEST0 /m);
  expect(efuses).toContain(`= ${Buffer.from("SN-0001").toString("hex").match(/../g)!.join(" ")} 00 `);
  expect(efuses.replaceAll(" ", "")).toContain(`=${digest}`);

  // What was changed on its way is found by both.
  const image = read(`${BUILD}/xs_esp32.bin`);
  writeFileSync(join(cwd, BUILD, "xs_esp32.bin"), image.fill(image[5000]! ^ 1, 5000, 5001));
  const verify = `espsecure verify-signature --version 2 --keyfile secure-boot.pem ${BUILD}/xs_esp32.bin`;
  expect(() => run(verify)).toThrow();
  expect(() => run(`npm run release -- --build ${BUILD}`)).toThrow(/damaged/);
});

esptoolTest("a build that is signed once more is no release", { timeout: TIMEOUT_MS }, () => {
  const { cwd, run } = openFolder();
  writeFileSync(join(cwd, "app.bin"), makeImage({ version: "0.1.0" }));
  const sign = "espsecure sign-data --keyfile key.pem --version 2 app.bin";
  run("espsecure generate-signing-key --version 2 --scheme rsa3072 key.pem", sign);
  run("npm run release -- --image app.bin");
  run(sign);
  expect(() => run("npm run release -- --image app.bin")).toThrow(/no signature stand behind the image/);
});

esptoolTest("espsecure takes what the tests sign", { timeout: TIMEOUT_MS }, () => {
  const { cwd, run, read } = openFolder();
  const [one, two] = [1, 2].map(() => generateKeyPairSync("rsa", { modulusLength: 3072 }).privateKey);
  writeFileSync(join(cwd, "app.bin"), signForSecureBoot(makeImage({ version: "0.1.0" }), one!, two!));
  for (const [name, key] of Object.entries({ one: one!, two: two! })) {
    writeFileSync(join(cwd, "key.pem"), key.export({ type: "pkcs8", format: "pem" }));
    run("espsecure verify-signature --version 2 --keyfile key.pem app.bin");
    run("espsecure digest-sbv2-public-key --keyfile key.pem --output digest.bin");
    expect(read("digest.bin").toString("hex"), name).toBe(keyDigest(key));
    rmSync(join(cwd, "digest.bin"));
  }
});
