/**
 * `npm run release`: an image and what has to be known of it, signed. With a whole build of ESP-IDF the manifest is
 * the web flasher's as well.
 */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { makeImage } from "../mocks/device/image.js";
import { OTADATA, SLOTS } from "../modules/update/simulator/partitions.js";
import { ESP_WEB_TOOLS_MANIFEST, espWebToolsManifest } from "./esp-web-tools.js";
import { en } from "./flasher/en.js";
import { TABLE } from "./flasher/layout.js";
import { BOOTLOADER, descriptorOf, examine, flashSizeOf, type Placed, whyNotStartable } from "./flasher/startable.js";
import { lastReleaseIn, warningsOf } from "./release-warnings.js";
import { signersOf } from "./secure-boot.js";

export { behaviours } from "../mocks/device/image.js";

/** A file of the release, and where it goes on a blank board. */
export interface Part {
  path: string;
  offset: number;
  sizeBytes: number;
  sha256: string;
}

export interface Manifest {
  /** The image's project; of a build that has only the SDK's own, the build's name. */
  name: string;
  version: string;
  chip: "esp32s3";
  /** What devices load over the air. */
  image: {
    path: string;
    /** In its head: devices take no image of another one than their own. */
    project: string;
    sizeBytes: number;
    sha256: string;
    /** ECDSA on P-256 over the SHA-256, DER as hex. */
    signature: string;
    notes: string;
  };
  /** With `parts`: for boards on a cable. */
  flashSizeBytes?: number;
  parts?: Part[];
}

const IMAGE = "firmware.bin";
/** In the head of every image that the SDK's build for the ESP32-S3 makes, whatever it is of. */
const SDK_PROJECT = "xs_esp32";

/** What the SDK's build leaves in its `bin` folder, and where the chip looks for it. */
const BUILD = { image: "xs_esp32.bin", bootloader: "bootloader.bin", table: "partition-table.bin" } as const;
const OTADATA_FILE = "ota_data_initial.bin";

/** What an image says of itself. */
export interface ImageFacts {
  version: string;
  project: string;
  /** For secure boot, by the digests of their keys. */
  signers: string[];
}

/** @param image as the bootloader would start it, signed for secure boot or not. @throws RangeError where it would not */
export function readImage(image: Uint8Array): ImageFacts {
  const found = examine(image);
  if (typeof found !== "number") throw new RangeError(`this is no image for an ESP32-S3, or it is damaged: ${found}`);
  const { version, projectName: project } = descriptorOf(image) ?? {};
  if (!version) throw new RangeError("the image does not say which version it is");
  if (!project) throw new RangeError("the image does not say which project it is of");
  return { version, project, signers: signersOf(image, found) };
}

/** Reads the key, or makes one that its owner alone can read. */
export function openKey(path: string): KeyObject {
  if (!existsSync(path)) {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, privateKey.export({ type: "pkcs8", format: "pem" }), { mode: 0o600, flag: "wx" });
  }
  const key = privateKeyIn(path);
  if (key.asymmetricKeyDetails?.namedCurve !== "prime256v1") throw new RangeError(`${path}: a key on P-256 is needed`);
  return key;
}

function privateKeyIn(path: string): KeyObject {
  const pem = readFileSync(path);
  try {
    return createPrivateKey(pem);
  } catch {
    throw new RangeError(`${path}: a private key in PEM is needed`);
  }
}

/** What the firmware's `firmwareKey` has to be: the point as hex, not compressed (SEC 1 §2.3.3). */
export function firmwareKeyOf(key: KeyObject): string {
  const { x, y } = createPublicKey(key).export({ format: "jwk" });
  const hex = (coordinate: string) => Buffer.from(coordinate, "base64url").toString("hex");
  return `04${hex(x!)}${hex(y!)}`;
}

export interface ReleaseOptions {
  /** Folder of the release. */
  folder: string;
  image: Uint8Array;
  key: KeyObject;
  notes?: string;
  /** `bin` folder of the build that the image is of. */
  build?: string;
  /** Gets what the devices or boards would make of it, a sentence each. */
  warn?(sentence: string): void;
}

/**
 * Writes the image, the other parts of a build, and `manifest.json`; with a build that of ESP Web Tools, too.
 * @throws RangeError for an image that is none, or a build that would not start: nothing is written then
 */
export function writeRelease(options: ReleaseOptions): Manifest {
  const { folder, image, build, warn = () => {} } = options;
  const facts = readImage(image);
  const parts = build === undefined ? undefined : readParts(build, image);
  const signers = { image: facts.signers, bootloader: parts && signersOfPart(parts[0]!) };
  const manifest = manifestOf(options, facts, parts);
  for (const sentence of warningsOf(manifest, signers, lastReleaseIn(dirname(folder)))) warn(sentence);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, IMAGE), image);
  for (const { path, data } of parts ?? []) writeFileSync(join(folder, path), data);
  writeJson(join(folder, "manifest.json"), manifest);
  if (manifest.parts)
    writeJson(join(folder, ESP_WEB_TOOLS_MANIFEST), espWebToolsManifest(manifest.name, facts.version, manifest.parts));
  return manifest;
}

/** @param parts the bootloader is the first of them */
function manifestOf(options: ReleaseOptions, { version, project }: ImageFacts, parts: Placed[] | undefined): Manifest {
  const { image, key, notes = "", build } = options;
  return {
    name: project === SDK_PROJECT && build !== undefined ? basename(resolve(build)) : project,
    version,
    chip: "esp32s3",
    image: {
      path: IMAGE,
      project,
      sizeBytes: image.length,
      sha256: sha256(image),
      signature: sign("sha256", image, key).toString("hex"),
      notes,
    },
    ...(parts && { flashSizeBytes: flashSizeOf(parts[0]!.data), parts: parts.map(describePart) }),
  };
}

function writeJson(path: string, value: object): void {
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`);
}

/** The bootloader is the first of them. */
function readParts(build: string, image: Uint8Array): Placed[] {
  const read = (path: string, offset: number) => place(path, offset, readFileSync(join(build, path)));
  const parts = [
    read(BUILD.bootloader, BOOTLOADER.offset),
    read(BUILD.table, TABLE.offset),
    read(OTADATA_FILE, OTADATA.address),
    place(IMAGE, SLOTS[0]!.address, image),
  ];
  const refused = whyNotStartable(parts, flashSizeOf(parts[0]!.data))?.failure;
  if (refused) throw new RangeError(en.failures[refused.reason].what(refused.detail));
  return parts;
}

function signersOfPart({ path, data }: Placed): string[] {
  try {
    return signersOf(data, examine(data) as number);
  } catch (error) {
    throw new RangeError(`${path}: ${(error as Error).message}`);
  }
}

function place(path: string, offset: number, data: Uint8Array): Placed {
  return { path, offset, sizeBytes: data.length, data };
}

function describePart({ path, offset, data }: Placed): Part {
  return { path, offset, sizeBytes: data.length, sha256: sha256(data) };
}

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** The application of a build, or an image for virtual devices. */
export function imageOf(source: { file: string } | Parameters<typeof makeImage>[0]): Uint8Array {
  return "file" in source ? readFileSync(source.file) : makeImage(source);
}

export const imageOfBuild = (build: string): string => join(build, BUILD.image);
