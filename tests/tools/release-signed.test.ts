import { createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { makeImage } from "../../mocks/device/image.js";
import { SLOTS } from "../../modules/update/simulator/partitions.js";
import { loadRelease } from "../../tools/flasher/release.js";
import { openKey, readImage, writeRelease } from "../../tools/release.js";
import { sha256 } from "../flasher/support.js";
import { writeBuild } from "./release-build.js";
import { keyDigest, signForSecureBoot } from "./secure-boot.js";

const folder = mkdtempSync(join(tmpdir(), "esp32-online-signed-"));
afterAll(() => rmSync(folder, { recursive: true }));

const image = makeImage({ version: "1.2.0" });
const keyFile = join(folder, "firmware.pem");
const { privateKey: signer } = generateKeyPairSync("rsa", { modulusLength: 3072 });
const signed = signForSecureBoot(image, signer);
const signedBootloader = signForSecureBoot(makeImage({ version: "bootloader" }), signer);

test("images signed for secure boot are released whole: hash, signature and parts cover their signature sectors", async () => {
  const out = join(folder, "secure");
  const build = writeBuild(folder, { "bootloader.bin": signedBootloader });
  const key = openKey(keyFile);
  const manifest = writeRelease({ folder: out, image: signed, key, build });
  expect(readImage(signed)).toEqual({ version: "1.2.0", project: "xs_esp32", signers: [keyDigest(signer)] });
  expect(manifest.image).toMatchObject({ sizeBytes: signed.length, sha256: sha256(signed) });
  const signature = Buffer.from(manifest.image.signature, "hex");
  expect(verify("sha256", signed, createPublicKey(key), signature)).toBe(true);
  expect(readFileSync(join(out, "firmware.bin")).equals(signed)).toBe(true);
  // As the flasher writes them.
  const loaded = await loadRelease(async (path) => readFileSync(join(out, path)));
  if (!loaded.ok) throw new Error(loaded.failure.reason);
  const dataAt = (at: number) => Buffer.from(loaded.value.parts.find(({ offset }) => offset === at)!.data);
  expect(dataAt(0).equals(signedBootloader)).toBe(true);
  expect(dataAt(SLOTS[0]!.address).equals(signed)).toBe(true);
});

test("an image that was changed after it was signed is no release", () => {
  const changed = Buffer.concat([makeImage({ version: "1.2.1" }), signed.subarray(image.length)]);
  expect(() => writeRelease({ folder: join(folder, "bad"), image: changed, key: openKey(keyFile) })).toThrow(
    "signature block 1 is not of this image",
  );
  expect(() => statSync(join(folder, "bad"))).toThrow("ENOENT");
});

test("a bootloader with something behind it is no release, and is named", () => {
  const bootloader = Buffer.concat([signedBootloader, Buffer.alloc(16)]);
  const build = writeBuild(folder, { "bootloader.bin": bootloader });
  expect(() => writeRelease({ folder: join(folder, "bad"), image: signed, key: openKey(keyFile), build })).toThrow(
    /^bootloader\.bin: \d+ bytes .* behind the image$/,
  );
});
