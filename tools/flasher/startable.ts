/**
 * Whether a board that holds a release's parts and nothing else starts it: what the loader in ROM, the bootloader and its
 * partition table ask for, found out before anything is written (ESP-IDF: esp_image_format.c, flash_partitions.c,
 * bootloader_utility.c).
 */
import { sha256 } from "@noble/hashes/sha2.js";
import type { Partition } from "../../modules/system/system.js";
import {
  type Descriptor,
  examineImage,
  type ImageFault,
  readDescriptor,
} from "../../modules/update/simulator/image.js";
import { type FlashChip, TYPE } from "../../modules/update/simulator/partitions.js";
import { type Failed, failed } from "./failure.js";
import { layoutOf, OTA_DATA, type Region, TABLE } from "./layout.js";
import { readTable } from "./table.js";

/** What the loader in ROM starts, by the ESP32-S3's Technical Reference Manual; it ends where the table begins. */
export const BOOTLOADER: Region = { offset: 0, sizeBytes: TABLE.offset };
/** `ESP_PARTITION_SUBTYPE_…`; started while otadata is blank, the first of them that there is. */
const FIRST_STARTED = [0x00, 0x10];
const SUBTYPE_OTADATA = 0x00;
/** In an image's header: flash size above, frequency below. */
const FLASH_SIZE_AT = 3;
const MEGABYTE = 0x10_0000;

export interface Placed extends Region {
  readonly path: string;
  readonly data: Uint8Array;
}

/** @returns the first thing that keeps the release from starting, if there is one */
export function whyNotStartable(parts: readonly Placed[], flashSizeBytes: number): Failed | undefined {
  const bootloader = parts.find(({ offset }) => offset === BOOTLOADER.offset);
  if (!bootloader) return failed("part-absent", "bootloader, 0x0");
  const table = parts.find(({ offset }) => offset === TABLE.offset);
  if (!table) return failed("part-absent", `partition table, 0x${TABLE.offset.toString(16)}`);
  const partitions = readTable(table.data);
  if (!partitions) return failed("table-damaged", table.path);
  return (
    whyWrongLayout(table, partitions) ??
    whyImage(bootloader, BOOTLOADER.sizeBytes) ??
    whyOutside(table, partitions, Math.min(flashSizeBytes, flashSizeOf(bootloader.data))) ??
    whyMisplaced(parts, partitions) ??
    whyNothingStarts(parts, partitions)
  );
}

/** @returns the image's length, or the first thing that is wrong with it */
export function examine(image: Uint8Array): number | ImageFault {
  return examineImage(flashOf(image), wholeOf(image), newSha256);
}

export function descriptorOf(image: Uint8Array): Descriptor | undefined {
  return readDescriptor(flashOf(image), wholeOf(image));
}

function wholeOf({ length: size }: Uint8Array): Partition {
  return { label: "", type: TYPE.app, subtype: 0, address: 0, size };
}

/** The board's settings have to be found again, and so has the record of the slots that this page blanks. */
function whyWrongLayout(table: Placed, partitions: readonly Partition[]): Failed | undefined {
  const otadata = partitions.find(({ type, subtype }) => type === TYPE.data && subtype === SUBTYPE_OTADATA);
  const isAgents = layoutOf(table.data) === "agent" && (!otadata || otadata.address === OTA_DATA.offset);
  return isAgents ? undefined : failed("release-layout", table.path);
}

/** @param flashSizeBytes the bootloader takes what its own header says */
function whyOutside(table: Placed, partitions: readonly Partition[], flashSizeBytes: number): Failed | undefined {
  const isOutside = partitions.some(({ address, size }) => address + size > flashSizeBytes);
  return isOutside ? failed("table-flash", `${table.path}, ${flashSizeBytes / MEGABYTE} MB`) : undefined;
}

/** Each part stands in a partition of its own, and fits; each application is an image. */
function whyMisplaced(parts: readonly Placed[], partitions: readonly Partition[]): Failed | undefined {
  for (const part of parts.filter(({ offset }) => offset > TABLE.offset)) {
    const partition = partitions.find(({ address }) => address === part.offset);
    if (!partition) return failed("part-misplaced", `${part.path}, 0x${part.offset.toString(16)}`);
    const wrong = partition.type === TYPE.app ? whyImage(part, partition.size) : whyLarge(part, partition.size);
    if (wrong) return wrong;
  }
  return undefined;
}

function whyImage(part: Placed, mostBytes: number): Failed | undefined {
  const large = whyLarge(part, mostBytes);
  if (large) return large;
  const found = examine(part.data);
  return typeof found === "number" ? undefined : failed(found, part.path);
}

function whyLarge({ path, data }: Placed, mostBytes: number): Failed | undefined {
  return data.length > mostBytes ? failed("part-large", `${path}, ${mostBytes} B`) : undefined;
}

/** The record of the slots is blank, so that the first slot is started; it has to hold something. */
function whyNothingStarts(parts: readonly Placed[], partitions: readonly Partition[]): Failed | undefined {
  const record = parts.find(({ offset }) => offset === OTA_DATA.offset);
  if (record?.data.some((byte) => byte !== 0xff)) return failed("slots-chosen", record.path);
  const applications = FIRST_STARTED.flatMap((wanted) =>
    partitions.filter(({ type, subtype }) => type === TYPE.app && subtype === wanted),
  );
  const first = applications[0];
  const place = first ? `${first.label}, 0x${first.address.toString(16)}` : "ota_0";
  return parts.some(({ offset }) => offset === first?.address) ? undefined : failed("part-absent", place);
}

/** Of the board that the bootloader was built for. */
export function flashSizeOf(bootloader: Uint8Array): number {
  return MEGABYTE << (bootloader[FLASH_SIZE_AT]! >> 4);
}

function flashOf(image: Uint8Array): FlashChip {
  return {
    read(address, lengthBytes) {
      const bytes = new Uint8Array(lengthBytes).fill(0xff);
      bytes.set(image.subarray(address, address + lengthBytes));
      return bytes;
    },
    write() {},
    eraseSector() {},
  };
}

/** In the form of the SDK's `Digest`. */
export function newSha256() {
  const hash = sha256.create();
  return {
    write: (data: ArrayBuffer) => void hash.update(new Uint8Array(data)),
    close: () => Uint8Array.from(hash.digest()).buffer,
  };
}
