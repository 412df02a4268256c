/**
 * `npm run release`: an image and what has to be known of it, signed. With a whole build of ESP-IDF the manifest is
 * the web flasher's as well.
 */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { makeImage } from "../mocks/device/image.js";
import { readDescriptor, verifyImage } from "../modules/update/simulator/image.js";
import { FLASH_BYTES, type FlashChip, OTADATA, SLOTS } from "../modules/update/simulator/partitions.js";
import { TABLE } from "./flasher/layout.js";

export { behaviours } from "../mocks/device/image.js";

/** A file of the release, and where it goes on a blank board. */
export interface Part {
  path: string;
  offset: number;
  sizeBytes: number;
  sha256: string;
}

export interface Manifest {
  name: string;
  version: string;
  chip: "esp32s3";
  /** What devices load over the air. */
  image: {
    path: string;
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

const NAME = "esp32-online";
const IMAGE = "firmware.bin";

/** What the SDK's build leaves in its `bin` folder, and where the chip looks for it. */
const BUILD = { image: "xs_esp32.bin", bootloader: "bootloader.bin", table: "partition-table.bin" } as const;
const OTADATA_FILE = "ota_data_initial.bin";
const OFFSETS = { bootloader: 0, table: TABLE.offset } as const;

/** @param image as the bootloader would start it. @throws RangeError where it would not */
export function versionOf(image: Uint8Array): string {
  const chip: FlashChip = {
    read(address, lengthBytes) {
      const bytes = new Uint8Array(lengthBytes).fill(0xff);
      bytes.set(image.subarray(address, address + lengthBytes));
      return bytes;
    },
    write() {},
    eraseSector() {},
  };
  const slot = { ...SLOTS[0]!, address: 0 };
  const lengthBytes = verifyImage(chip, slot, newSha256);
  if (lengthBytes !== image.length) throw new RangeError("this is no image for an ESP32-S3, or it is damaged");
  const version = readDescriptor(chip, slot)?.version;
  if (!version) throw new RangeError("the image does not say which version it is");
  return version;
}

function newSha256() {
  const hash = createHash("sha256");
  return {
    write: (data: ArrayBuffer) => void hash.update(new Uint8Array(data)),
    close: () => Uint8Array.from(hash.digest()).buffer,
  };
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
}

/** Writes the image, the other parts of a build, and `manifest.json`. @throws RangeError for an image that is none */
export function writeRelease({ folder, image, key, notes = "", build }: ReleaseOptions): Manifest {
  const version = versionOf(image);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, IMAGE), image);
  const manifest: Manifest = {
    name: NAME,
    version,
    chip: "esp32s3",
    image: {
      path: IMAGE,
      sizeBytes: image.length,
      sha256: sha256(image),
      signature: sign("sha256", image, key).toString("hex"),
      notes,
    },
    ...(build !== undefined && { flashSizeBytes: FLASH_BYTES, parts: copyParts(build, folder, image) }),
  };
  writeFileSync(join(folder, "manifest.json"), `${JSON.stringify(manifest, null, 2)}\n`);
  return manifest;
}

function copyParts(build: string, folder: string, image: Uint8Array): Part[] {
  const copy = (name: string, offset: number): Part => {
    const bytes = readFileSync(join(build, name));
    writeFileSync(join(folder, name), bytes);
    return partOf(name, offset, bytes);
  };
  return [
    copy(BUILD.bootloader, OFFSETS.bootloader),
    copy(BUILD.table, OFFSETS.table),
    copy(OTADATA_FILE, OTADATA.address),
    partOf(IMAGE, SLOTS[0]!.address, image),
  ];
}

function partOf(path: string, offset: number, bytes: Uint8Array): Part {
  return { path, offset, sizeBytes: bytes.length, sha256: sha256(bytes) };
}

const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** The application of a build, or an image for virtual devices. */
export function imageOf(source: { file: string } | Parameters<typeof makeImage>[0]): Uint8Array {
  return "file" in source ? readFileSync(source.file) : makeImage(source);
}

export const imageOfBuild = (build: string): string => join(build, BUILD.image);
