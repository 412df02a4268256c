/**
 * ESP-IDF's esp_partition_… and esp_ota_… (partition_target.c, esp_ota_ops.c of version 6) over a chip and the slot that
 * runs. What returns `esp_err_t` there gives true for `ESP_OK` here, where nobody asks which error it is.
 */
import type { Partition } from "../../system/system.js";
import { type Descriptor, IMAGE_MAGIC, type NewSha256, readDescriptor, verifyImage } from "./image.js";
import {
  activeIndex,
  IMAGE,
  isWhole,
  readEntries,
  sequenceFor,
  slotOf,
  takenBackIndex,
  writeEntry,
} from "./otadata.js";
import { type FlashChip, OTADATA, SECTOR_BYTES, SLOTS } from "./partitions.js";

export interface OtaOptions {
  chip: FlashChip;
  /** Number of the slot that runs. */
  runningSlot: number;
  newSha256: NewSha256;
  /** `abort()`: ends the machine. */
  abort(reason: string): never;
}

export class Ota {
  readonly running: Partition;
  /** The slot that an update goes to. */
  readonly next: Partition;
  #options: OtaOptions;

  constructor(options: OtaOptions) {
    this.#options = options;
    this.running = SLOTS[options.runningSlot]!;
    this.next = SLOTS[(options.runningSlot + 1) % SLOTS.length]!;
  }

  read(partition: Partition, offset: number, lengthBytes: number): Uint8Array<ArrayBuffer> | undefined {
    return fits(partition, offset, lengthBytes)
      ? this.#options.chip.read(partition.address + offset, lengthBytes)
      : undefined;
  }

  write(partition: Partition, offset: number, bytes: Uint8Array): boolean {
    if (!fits(partition, offset, bytes.length)) return false;
    this.protect(partition);
    if (bytes.length) this.#options.chip.write(partition.address + offset, bytes);
    return true;
  }

  erase(partition: Partition, offset: number, lengthBytes: number): boolean {
    if (!fits(partition, offset, lengthBytes) || offset % SECTOR_BYTES || lengthBytes % SECTOR_BYTES) return false;
    this.protect(partition);
    for (let at = 0; at < lengthBytes; at += SECTOR_BYTES)
      this.#options.chip.eraseSector(partition.address + offset + at);
    return true;
  }

  /** CONFIG_SPI_FLASH_DANGEROUS_WRITE_ABORTS */
  private protect(partition: Partition): void {
    if (partition === this.running) this.#options.abort("a write to the partition that runs");
  }

  /** `esp_ota_begin`; without a size, one after the other. @returns undefined where it refuses */
  begin(partition: Partition, sizeBytes?: number): Writer | undefined {
    if (!SLOTS.includes(partition) || partition === this.running || this.onTrial) return undefined;
    if (sizeBytes !== undefined) {
      const erasedBytes = sizeBytes ? Math.ceil(sizeBytes / SECTOR_BYTES) * SECTOR_BYTES : partition.size;
      if (!this.erase(partition, 0, erasedBytes)) return undefined;
    }
    this.forgetOther();
    return new Writer(this, partition, sizeBytes === undefined);
  }

  /** `esp_ota_invalidate_inactive_ota_data_slot` */
  private forgetOther(): void {
    const entries = readEntries(this.#options.chip);
    const active = activeIndex(entries);
    if (active === undefined) return;
    const other = entries[1 - active]!;
    if (isWhole(other) && SLOTS[slotOf(other)] !== this.running)
      this.#options.chip.eraseSector(otadataSector(1 - active));
  }

  verify(partition: Partition): boolean {
    return verifyImage(this.#options.chip, partition, this.#options.newSha256) !== undefined;
  }

  /** `esp_ota_set_boot_partition` */
  setBoot(partition: Partition): boolean {
    const slot = SLOTS.indexOf(partition);
    if (slot < 0 || !this.verify(partition)) return false;
    const entries = readEntries(this.#options.chip);
    const active = activeIndex(entries);
    if (active === undefined) writeEntry(this.#options.chip, 0, slot + 1, IMAGE.new);
    else {
      const { sequence } = entries[active];
      if (slotOf(entries[active]) === slot) writeEntry(this.#options.chip, active, sequence, IMAGE.new);
      else writeEntry(this.#options.chip, 1 - active, sequenceFor(slot, sequence), IMAGE.new);
    }
    return true;
  }

  /** `esp_ota_get_state_partition` of the one that runs. */
  get onTrial(): boolean {
    const entry = readEntries(this.#options.chip).find((one) => SLOTS[slotOf(one)] === this.running && isWhole(one));
    return entry?.state === IMAGE.pendingVerify;
  }

  /** `esp_ota_mark_app_valid_cancel_rollback` */
  accept(): boolean {
    const entries = readEntries(this.#options.chip);
    const active = activeIndex(entries);
    if (active === undefined) return false;
    const { sequence, state } = entries[active];
    if (state !== IMAGE.valid) writeEntry(this.#options.chip, active, sequence, IMAGE.valid);
    return true;
  }

  /** `esp_ota_get_last_invalid_partition` and its description. */
  rolledBack(): Descriptor | undefined {
    const entries = readEntries(this.#options.chip);
    const index = takenBackIndex(entries);
    const partition = index === undefined ? undefined : SLOTS[slotOf(entries[index])];
    return partition && this.verify(partition) ? readDescriptor(this.#options.chip, partition) : undefined;
  }
}

/** `esp_ota_handle_t` */
export class Writer {
  #ota: Ota;
  #partition: Partition;
  #erases: boolean;
  #writtenBytes = 0;

  constructor(ota: Ota, partition: Partition, erases: boolean) {
    this.#ota = ota;
    this.#partition = partition;
    this.#erases = erases;
  }

  /** `esp_ota_write`: behind what was written before. */
  append(bytes: Uint8Array): boolean {
    if (!bytes.length) return true;
    if (this.#erases && !this.eraseFor(bytes.length)) return false;
    if (this.#writtenBytes === 0 && bytes[0] !== IMAGE_MAGIC) return false;
    return this.writeAt(bytes, this.#writtenBytes);
  }

  /** Sectors that nothing was written to yet. */
  private eraseFor(lengthBytes: number): boolean {
    const start = Math.ceil(this.#writtenBytes / SECTOR_BYTES) * SECTOR_BYTES;
    const end = Math.ceil((this.#writtenBytes + lengthBytes) / SECTOR_BYTES) * SECTOR_BYTES;
    return start >= end || this.#ota.erase(this.#partition, start, end - start);
  }

  /** `esp_ota_write_with_offset` */
  writeAt(bytes: Uint8Array, offset: number): boolean {
    if (!this.#ota.write(this.#partition, offset, bytes)) return false;
    this.#writtenBytes += bytes.length;
    return true;
  }

  /** `esp_ota_end` */
  end(): boolean {
    return this.#writtenBytes > 0 && this.#ota.verify(this.#partition);
  }
}

const otadataSector = (index: number): number => OTADATA.address + index * SECTOR_BYTES;

/** C's sizes have no sign: what is negative is far too large. */
function fits(partition: Partition, offset: number, lengthBytes: number): boolean {
  return offset >= 0 && lengthBytes >= 0 && offset + lengthBytes <= partition.size;
}
