/**
 * Images in the form that ESP-IDF builds for an ESP32-S3, for virtual devices: no code in them, but what a device that
 * starts them is and does.
 */
import { createHash } from "node:crypto";
import {
  CHECKSUM_SEED,
  CHIP_ID,
  DESCRIPTOR_MAGIC,
  HEADER_BYTES,
  IMAGE_MAGIC,
  SEGMENT_HEADER_BYTES,
} from "../../modules/update/simulator/image.js";
import type { FlashChip } from "../../modules/update/simulator/partitions.js";

export const behaviours = ["good", "crash", "offline"] as const;
/** Of a device that starts the image; "offline": it does not find any network. */
export type Behaviour = (typeof behaviours)[number];

export interface ImageOptions {
  /** At most 31 characters of ASCII. */
  version: string;
  behaviour?: Behaviour;
  /** Default: that of the SDK's project for the ESP32-S3. */
  projectName?: string;
  /** At least; filled up with bytes that depend on the version. */
  sizeBytes?: number;
}

/** SOC_DROM_LOW: the first segment is mapped, its data begins 32 bytes behind the image's start. */
const firstLoadAddress = 0x3c000000 + HEADER_BYTES + SEGMENT_HEADER_BYTES;
const descriptorBytes = 256;
const behaviourBytes = 64;
/** Where in the image; NUL ends it. */
const behaviourAt = HEADER_BYTES + SEGMENT_HEADER_BYTES + descriptorBytes;
const behaviourMark = "virtual device: ";
const sdkProject = "xs_esp32";
const checksumBlockBytes = 16;
/** Size and frequency of the flash, four bits each. */
const flash8MB80MHz = 0x3f;

/** @throws RangeError for a version or a name that does not fit */
export function makeImage(options: ImageOptions): Buffer {
  const { version, behaviour = "good", sizeBytes = 10_000 } = options;
  const fixed = Buffer.concat([descriptor(options), text(behaviourMark + behaviour, behaviourBytes)]);
  const segments = [
    segment(firstLoadAddress, fixed),
    // Padding, as ESP-IDF has it between segments: nothing loads it.
    segment(0, filler(version, Math.max(0, sizeBytes - fixed.length))),
  ];
  const body = Buffer.concat([header(segments.length), ...segments]);
  const block = Buffer.alloc(checksumBlockBytes - (body.length % checksumBlockBytes));
  block[block.length - 1] = segments.reduce((sum, bytes) => sum ^ parity(bytes), CHECKSUM_SEED);
  const image = Buffer.concat([body, block]);
  return Buffer.concat([image, createHash("sha256").update(image).digest()]);
}

/** `esp_image_header_t` */
function header(segmentCount: number): Buffer {
  const bytes = Buffer.alloc(HEADER_BYTES);
  bytes.set([IMAGE_MAGIC, segmentCount, 0, flash8MB80MHz]);
  bytes.writeUInt16LE(CHIP_ID, 12);
  bytes.writeUInt16LE(0xffff, 17);
  bytes[23] = 1; // a SHA-256 is appended
  return bytes;
}

/** `esp_app_desc_t` */
function descriptor({ version, projectName = sdkProject }: ImageOptions): Buffer {
  const bytes = Buffer.alloc(descriptorBytes);
  bytes.writeUInt32LE(DESCRIPTOR_MAGIC);
  bytes.set(text(version, 32), 16);
  bytes.set(text(projectName, 32), 48);
  return bytes;
}

function segment(loadAddress: number, data: Buffer): Buffer {
  const bytes = Buffer.alloc(SEGMENT_HEADER_BYTES);
  bytes.writeUInt32LE(loadAddress);
  bytes.writeUInt32LE(data.length, 4);
  return Buffer.concat([bytes, data]);
}

function parity(segmentBytes: Buffer): number {
  return segmentBytes.subarray(SEGMENT_HEADER_BYTES).reduce((sum, byte) => sum ^ byte, 0);
}

function text(value: string, fieldBytes: number): Buffer {
  if (!/^[\x20-\x7e]+$/.test(value) || value.length >= fieldBytes)
    throw new RangeError(`${JSON.stringify(value)}: 1 to ${fieldBytes - 1} characters of ASCII`);
  const bytes = Buffer.alloc(fieldBytes);
  bytes.write(value, "ascii");
  return bytes;
}

/** Unlike from version to version and from block to block: what stands at the wrong place is seen. */
function filler(seed: string, minimumBytes: number): Buffer {
  const parts: Buffer[] = [];
  for (let index = 0; index * 32 < minimumBytes; index++)
    parts.push(createHash("sha256").update(`${seed} ${index}`).digest());
  return Buffer.concat(parts);
}

/** What a device that starts the image in this slot does; "good" where the image does not say. */
export function readBehaviour(chip: FlashChip, slotAddress: number): Behaviour {
  const bytes = Buffer.from(chip.read(slotAddress + behaviourAt, behaviourBytes));
  const said = bytes.toString("latin1").split("\0")[0]!;
  return behaviours.find((behaviour) => said === behaviourMark + behaviour) ?? "good";
}
