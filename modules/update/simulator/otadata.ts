/**
 * The record of which slot is booted: two sectors, each with a sequence number, the state of the image and a CRC of the
 * number (ESP-IDF: esp_flash_partitions.h, bootloader_common_loader.c). The higher number that counts names the slot.
 */
import { crc32 } from "../../data/crc32.js";
import { type FlashChip, OTADATA, SECTOR_BYTES, SLOTS } from "./partitions.js";

/** `esp_ota_img_states_t` */
export const IMAGE = { new: 0, pendingVerify: 1, valid: 2, invalid: 3, aborted: 4, undefined: 0xffffffff } as const;

/** `esp_ota_select_entry_t` without its label. */
export interface Entry {
  readonly sequence: number;
  readonly state: number;
  readonly crc: number;
}
export type Entries = readonly [Entry, Entry];

const ENTRY_BYTES = 32;
const STATE_AT = 24;
const CRC_AT = 28;
const BLANK = 0xffffffff;

export function readEntries(chip: FlashChip): Entries {
  return [readEntry(chip, 0), readEntry(chip, 1)];
}

function readEntry(chip: FlashChip, index: number): Entry {
  const view = new DataView(chip.read(OTADATA.address + index * SECTOR_BYTES, ENTRY_BYTES).buffer);
  return {
    sequence: view.getUint32(0, true),
    state: view.getUint32(STATE_AT, true),
    crc: view.getUint32(CRC_AT, true),
  };
}

/** Erases and writes: the power may fail between the two. */
export function writeEntry(chip: FlashChip, index: number, sequence: number, state: number): void {
  const bytes = new Uint8Array(ENTRY_BYTES).fill(0xff);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, sequence, true);
  view.setUint32(STATE_AT, state, true);
  view.setUint32(CRC_AT, crcOf(sequence), true);
  const address = OTADATA.address + index * SECTOR_BYTES;
  chip.eraseSector(address);
  chip.write(address, bytes);
}

/** `esp_rom_crc32_le` over the number, begun with all ones. */
function crcOf(sequence: number): number {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, sequence, true);
  return crc32(bytes, BLANK) >>> 0;
}

const isTakenBack = ({ state }: Entry): boolean => state === IMAGE.invalid || state === IMAGE.aborted;

/** Whatever its state: written by somebody who knew how. */
export const isWhole = ({ sequence, crc }: Entry): boolean => sequence !== BLANK && crc === crcOf(sequence);

/** `bootloader_common_ota_select_invalid`: the CRC is not looked at. */
export const isInvalid = (entry: Entry): boolean => entry.sequence === BLANK || isTakenBack(entry);

/** `bootloader_common_ota_select_valid` */
export const isValid = (entry: Entry): boolean => isWhole(entry) && !isTakenBack(entry);

/** The entry that names the slot to boot. */
export function activeIndex(entries: Entries): 0 | 1 | undefined {
  return select(entries, isValid, Math.max);
}

/** The entry of the image that was taken back, the older one where there are two. */
export function takenBackIndex(entries: Entries): 0 | 1 | undefined {
  return select(entries, (entry) => isWhole(entry) && isTakenBack(entry), Math.min);
}

function select(
  entries: Entries,
  counts: (entry: Entry) => boolean,
  choose: (a: number, b: number) => number,
): 0 | 1 | undefined {
  const [first, second] = entries;
  if (counts(first) && counts(second)) return choose(first.sequence, second.sequence) === first.sequence ? 0 : 1;
  return counts(first) ? 0 : counts(second) ? 1 : undefined;
}

export const slotOf = ({ sequence }: Entry): number => (sequence - 1) % SLOTS.length;

/** The lowest number that names the slot and is not below the one in use (`compute_ota_seq_for_target_slot`). */
export function sequenceFor(slot: number, current: number): number {
  let sequence = (slot + 1) % SLOTS.length;
  while (sequence < current) sequence += SLOTS.length;
  return sequence;
}
