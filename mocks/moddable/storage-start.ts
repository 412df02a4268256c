/** What modules/system/esp32/storage_start.c does before any JavaScript: NVS opens, or is erased and gets back its factory record. */
import { factoryNamespace } from "../../tools/factory/record.js";
import { nvsCrc, pageBytes, pageStates, version2 } from "../../tools/nvs/layout.js";
import { type NvsEntry, type NvsValue, readNvs } from "../../tools/nvs/nvs.js";
import { NvsPartition } from "../../tools/nvs/partition.js";

/** `ESP_ERR_NVS_…` */
const NO_FREE_PAGES = 0x110d;
const NEW_VERSION = 0x1110;
const IN_THIS_START = 1 << 16;
const FROM_COPY = 1 << 17;
const HEADER = { version: 8, crc: 28 } as const;
const REPAIRED = { namespace: "start", key: "repaired" } as const;

export interface OpenedStorage {
  /** The partition as it is now. */
  readonly image: Uint8Array;
  /** As `storage_repaired` has it. */
  readonly repaired: number;
}

/**
 * @param image the NVS partition; stays as it is
 * @param copy the partition with the record's copy
 */
export function openStorage(image: Uint8Array, copy: Uint8Array): OpenedStorage {
  const error = initError(image);
  const partition = new NvsPartition(error ? new Uint8Array(image.length).fill(0xff) : image.slice());
  if (error) {
    partition.set({ ...REPAIRED, value: { type: "u16", value: error } });
    complete(partition, recordIn(asOfThisVersion(image)));
  }
  const isFromCopy = complete(partition, recordIn(copy));
  const ever = partition.get(REPAIRED.namespace, REPAIRED.key)?.value ?? 0;
  const done = (error ? IN_THIS_START : 0) + (isFromCopy ? FROM_COPY : 0);
  return { image: partition.bytes, repaired: Number(ever) + done };
}

/** As nvs_flash_init: 0 where it opens. */
function initError(image: Uint8Array): number {
  if (pagesOf(image).some((page) => isWhole(page) && page[HEADER.version]! < version2)) return NEW_VERSION;
  return new NvsPartition(image.slice()).problems.some((problem) => problem.startsWith("no page is blank"))
    ? NO_FREE_PAGES
    : 0;
}

/** C looks at no header. */
function asOfThisVersion(image: Uint8Array): Uint8Array {
  const bytes = image.slice();
  for (const page of pagesOf(bytes)) {
    if (!isWhole(page)) continue;
    page[HEADER.version] = version2;
    viewOf(page).setUint32(HEADER.crc, crcOf(page), true);
  }
  return bytes;
}

function recordIn(image: Uint8Array): NvsEntry[] {
  return readNvs(image).entries.filter(({ namespace }) => namespace === factoryNamespace);
}

/** Adds what is missing, unless what is there is of another record. */
function complete(partition: NvsPartition, record: readonly NvsEntry[]): boolean {
  const there = (entry: NvsEntry) => partition.get(entry.namespace, entry.key);
  const isOther = (entry: NvsEntry) => there(entry) !== undefined && !isSame(there(entry)!, entry.value);
  if (record.some(isOther)) return false;
  return record.filter((entry) => !there(entry) && partition.set(entry)).length > 0;
}

const isSame = (one: NvsValue, other: NvsValue) => JSON.stringify(one) === JSON.stringify(other);

const pagesOf = (image: Uint8Array) =>
  Array.from({ length: image.length / pageBytes }, (_, at) => image.subarray(at * pageBytes, (at + 1) * pageBytes));
const viewOf = (page: Uint8Array) => new DataView(page.buffer, page.byteOffset, page.length);
const crcOf = (page: Uint8Array) => nvsCrc(page.subarray(4, HEADER.crc));
const isWhole = (page: Uint8Array) =>
  viewOf(page).getUint32(0, true) !== pageStates.blank && viewOf(page).getUint32(HEADER.crc, true) === crcOf(page);
