import { createHash, createPublicKey, generateKeyPairSync, verify } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { makeImage } from "../../mocks/device/image.js";
import { NVS, OTADATA, SLOTS } from "../../modules/update/simulator/partitions.js";
import { firmwareKeyOf, openKey, readImage, writeRelease } from "../../tools/release.js";
import { partitions, partitionTable } from "../flasher/support.js";
import { makeImage as imageFor } from "../scripted/image.js";
import { writeBuild } from "./release-build.js";

const folder = mkdtempSync(join(tmpdir(), "esp32-online-release-"));
afterAll(() => rmSync(folder, { recursive: true }));

const image = makeImage({ version: "1.2.0" });
const keyFile = join(folder, "keys", "firmware.pem");
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

test("the key is made once, for its owner alone, and the firmware's form of it checks what it signs", () => {
  const key = openKey(keyFile);
  expect(statSync(keyFile).mode & 0o777).toBe(0o600);
  expect(firmwareKeyOf(openKey(keyFile))).toBe(firmwareKeyOf(key));
  const manifest = writeRelease({ folder: join(folder, "signed"), image, key });

  // From the hex alone, as a device has it.
  const point = Buffer.from(firmwareKeyOf(key), "hex");
  expect([point.length, point[0]]).toEqual([65, 4]);
  const coordinate = (start: number) => point.subarray(start, start + 32).toString("base64url");
  const jwk = { kty: "EC", crv: "P-256", x: coordinate(1), y: coordinate(33) };
  const publicKey = createPublicKey({ key: jwk, format: "jwk" });
  const signature = Buffer.from(manifest.image.signature, "hex");
  const written = readFileSync(join(folder, "signed", manifest.image.path));
  expect(verify("sha256", written, publicKey, signature)).toBe(true);
  written[5000]! ^= 1;
  expect(verify("sha256", written, publicKey, signature)).toBe(false);
});

test("a key on another curve is refused, and stays as it is", () => {
  const other = join(folder, "other.pem");
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "secp384r1" });
  writeFileSync(other, privateKey.export({ type: "pkcs8", format: "pem" }));
  expect(() => openKey(other)).toThrow("P-256");
});

test("the manifest says what the image is", () => {
  const out = join(folder, "plain");
  const manifest = writeRelease({ folder: out, image, key: openKey(keyFile), notes: "faster" });
  expect(JSON.parse(readFileSync(join(out, "manifest.json"), "utf8"))).toEqual(manifest);
  expect(manifest).toEqual({
    name: "xs_esp32",
    version: "1.2.0",
    chip: "esp32s3",
    image: {
      path: "firmware.bin",
      project: "xs_esp32",
      sizeBytes: image.length,
      sha256: sha256(image),
      signature: manifest.image.signature,
      notes: "faster",
    },
  });
});

test("with a whole build it is the web flasher's, too: every part with its place, the settings' left out", () => {
  const out = join(folder, "whole");
  const build = writeBuild(folder);
  const { flashSizeBytes, parts } = writeRelease({ folder: out, image, key: openKey(keyFile), build });
  expect(flashSizeBytes).toBe(8 * 1024 * 1024);
  expect(parts!.map(({ path, offset }) => [path, offset])).toEqual([
    ["bootloader.bin", 0],
    ["partition-table.bin", 0x8000],
    ["ota_data_initial.bin", OTADATA.address],
    ["firmware.bin", SLOTS[0]!.address],
  ]);
  for (const part of parts!) {
    const bytes = readFileSync(join(out, part.path));
    expect([part.sizeBytes, part.sha256], part.path).toEqual([bytes.length, sha256(bytes)]);
  }
});

/** By the type that the package esp-web-tools 10.4 publishes (`src/const.ts`, `Manifest`): what it looks at, and no more. */
const known: Readonly<Record<string, (value: unknown) => boolean>> = {
  name: (value) => typeof value === "string",
  version: (value) => typeof value === "string",
  home_assistant_domain: (value) => typeof value === "string",
  funding_url: (value) => typeof value === "string",
  new_install_prompt_erase: (value) => typeof value === "boolean",
  new_install_improv_wait_time: (value) => Number.isInteger(value),
  builds: (value) => Array.isArray(value) && value.length > 0,
};

test("with a whole build it is ESP Web Tools', too: it asks before it erases, and waits for Improv", () => {
  const out = join(folder, "web-tools");
  const { version, parts } = writeRelease({ folder: out, image, key: openKey(keyFile), build: writeBuild(folder) });
  const manifest = JSON.parse(readFileSync(join(out, "esp-web-tools.json"), "utf8"));
  for (const [name, value] of Object.entries(manifest)) expect(known[name]?.(value), name).toBe(true);
  expect(manifest).toMatchObject({
    name: "esp32-online",
    version,
    new_install_prompt_erase: true,
    new_install_improv_wait_time: 10,
  });
  // Of esptool-js's names of chips; without a type of the port it is for both.
  expect(manifest.builds.map(({ chipFamily }: { chipFamily: string }) => chipFamily)).toEqual(["ESP32-S3"]);
  expect(manifest.builds[0]).not.toHaveProperty("serialType");
  const written = parts!.map(({ path, offset }) => ({ path, offset }));
  expect(manifest.builds[0].parts).toEqual(written);
  const address = "https://example.com/release/esp-web-tools.json";
  for (const { path, offset } of written) {
    const { pathname } = new URL(path, address);
    expect(statSync(join(out, pathname.replace("/release/", ""))).isFile()).toBe(true);
    expect(offset + statSync(join(out, path)).size <= NVS.address || offset >= NVS.address + NVS.size).toBe(true);
  }
});

test("an image alone is no release for a cable", () => {
  const out = join(folder, "alone");
  writeRelease({ folder: out, image, key: openKey(keyFile) });
  expect(() => statSync(join(out, "esp-web-tools.json"))).toThrow("ENOENT");
});

test("a build for a board with more flash is a release for such boards", () => {
  const out = join(folder, "large");
  const files = { label: "files", type: 1, subtype: 0x82, address: 2 ** 23, size: 2 ** 20 };
  const build = writeBuild(folder, {
    "bootloader.bin": imageFor({ version: "bootloader", flash: 0x4f }),
    "partition-table.bin": partitionTable([...partitions, files]),
  });
  expect(writeRelease({ folder: out, image, key: openKey(keyFile), build }).flashSizeBytes).toBe(16 * 1024 * 1024);
});

test("a build that would not start is no release, and nothing of it is written", () => {
  const out = join(folder, "startless");
  const build = writeBuild(folder, { "bootloader.bin": makeImage({ version: "bootloader" }).fill(0, 12, 13) });
  expect(() => writeRelease({ folder: out, image, key: openKey(keyFile), build })).toThrow(
    "The image bootloader.bin is for another chip.",
  );
  expect(() => statSync(out)).toThrow("ENOENT");
});

test.each([
  ["no image", Buffer.from("not at all")],
  ["one with a wrong bit", Buffer.from(image.map((byte, index) => (index === 5000 ? byte ^ 1 : byte)))],
  ["one without its end", image.subarray(0, -1)],
  ["one with something behind it", Buffer.concat([image, Buffer.alloc(16)])],
])("%s is no release", (_what, bytes) => {
  expect(() => readImage(bytes)).toThrow(RangeError);
  expect(() => writeRelease({ folder: join(folder, "bad"), image: bytes, key: openKey(keyFile) })).toThrow(RangeError);
  expect(() => statSync(join(folder, "bad"))).toThrow("ENOENT");
});

test("the manifests carry the image's own project; of the SDK's, which all its builds say, the build's name", () => {
  const key = openKey(keyFile);
  const made = (projectName: string, name: string) => {
    const out = mkdtempSync(join(folder, "named-"));
    const options = { folder: out, image: makeImage({ version: "1.2.0", projectName }), key };
    const manifest = writeRelease({ ...options, build: writeBuild(folder, {}, name) });
    const webTools = JSON.parse(readFileSync(join(out, "esp-web-tools.json"), "utf8"));
    return [manifest.name, manifest.image.project, webTools.name];
  };
  expect(made("blinds", "thermostat")).toEqual(["blinds", "blinds", "blinds"]);
  expect(made("xs_esp32", "thermostat")).toEqual(["thermostat", "xs_esp32", "thermostat"]);
});
