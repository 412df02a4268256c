import { generateKeyPairSync } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { makeImage } from "../../mocks/device/image.js";
import { openKey, writeRelease } from "../../tools/release.js";
import { writeBuild as buildIn } from "./release-build.js";
import { signForSecureBoot } from "./secure-boot.js";

const folder = mkdtempSync(join(tmpdir(), "esp32-online-warnings-"));
afterAll(() => rmSync(folder, { recursive: true }));

const image = makeImage({ version: "1.2.0" });
const keyFile = join(folder, "firmware.pem");
const writeBuild = (change?: Record<string, Uint8Array>, name?: string) => buildIn(folder, change, name);

/** @returns what each of the releases that are made one after the other is warned of */
function warned(...releases: { image: Uint8Array; build?: string }[]): string[][] {
  const beside = mkdtempSync(join(folder, "warned-"));
  return releases.map((release, index) => {
    const said: string[] = [];
    const warn = (sentence: string) => void said.push(sentence);
    const out = join(beside, String(index));
    writeRelease({ ...release, folder: out, key: openKey(keyFile), warn });
    // The last one, whatever the file system's clock can tell apart.
    utimesSync(join(out, "manifest.json"), index, index);
    return said;
  });
}

test("a release like the one before is warned of nothing", () => {
  const next = makeImage({ version: "1.3.0" });
  expect(warned({ image, build: writeBuild() }, { image: next, build: writeBuild() })).toEqual([[], []]);
});

test("a version that cannot be compared is warned of, with what it means for devices", () => {
  const [[sentence, ...more] = []] = warned({ image: makeImage({ version: "nightly" }) });
  expect(sentence).toMatch(/^nightly cannot be compared .* only by "force"/);
  expect(more).toEqual([]);
});

test("an image of another project than the release before it is warned of: devices refuse it", () => {
  const other = makeImage({ version: "1.3.0", projectName: "blinds" });
  const refused =
    "The image is of the project blinds, the release before it, 1.2.0, of xs_esp32: devices that run that";
  expect(warned({ image }, { image: other }, { image: other })).toEqual([[], [expect.stringContaining(refused)], []]);
});

test("another product whose images do not say so is warned of: devices take it", () => {
  const [, warnings] = warned({ image, build: writeBuild() }, { image, build: writeBuild({}, "thermostat") });
  expect(warnings).toEqual([expect.stringMatching(/of thermostat, .* of esp32-online\. .* takes the other\.$/)]);
});

test("a build behind an image alone is warned of nothing: it may be of the same product", () => {
  const next = makeImage({ version: "1.3.0" });
  expect(warned({ image }, { image: next, build: writeBuild() }, { image })).toEqual([[], [], []]);
});

test("what stands beside the release and is none is not minded", () => {
  const beside = mkdtempSync(join(folder, "strangers-"));
  for (const [name, text] of Object.entries({ text: "{", null: "null", other: '{"name":"x","version":3}' })) {
    mkdirSync(join(beside, name));
    writeFileSync(join(beside, name, "manifest.json"), text);
  }
  writeFileSync(join(beside, "file"), "");
  const said: string[] = [];
  writeRelease({ folder: join(beside, "out"), image, key: openKey(keyFile), warn: (text) => void said.push(text) });
  expect(said).toEqual([]);
});

test("a signed bootloader is warned of, and more so where no key has signed the image, too", () => {
  const [one, two] = [1, 2].map(() => generateKeyPairSync("rsa", { modulusLength: 3072 }).privateKey);
  const signed = signForSecureBoot(image, one!);
  const signedBootloader = signForSecureBoot(makeImage({ version: "bootloader" }), one!);
  const build = writeBuild({ "bootloader.bin": signedBootloader });
  const burns = expect.stringContaining("burns eFuses");
  const startsNot = expect.stringContaining("No key has signed both");
  expect(warned({ image: signed, build })).toEqual([[burns]]);
  expect(warned({ image: signForSecureBoot(image, two!, one!), build })).toEqual([[burns]]);
  expect(warned({ image, build })).toEqual([[burns, startsNot]]);
  expect(warned({ image: signForSecureBoot(image, two!), build })).toEqual([[burns, startsNot]]);
  // Verified at updates, not at the start: CONFIG_SECURE_SIGNED_APPS_NO_SECURE_BOOT.
  expect(warned({ image: signed, build: writeBuild() })).toEqual([[]]);
});
