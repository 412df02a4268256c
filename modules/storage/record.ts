/**
 * A value that is stored in one piece. NVS commits each key by itself, and the SDK erases a key before it writes it,
 * so a power cut can leave an empty key. The record therefore has two slots with a sequence number and a checksum:
 * a write goes to the slot that is not in use, and the newer valid slot counts.
 *
 * Slot: `<sequence>:<CRC-32 of the JSON, hex>:<JSON>`
 */

import { failed, type Result, success } from "../base/failure.js";
import { crc32OfText } from "../data/crc32.js";
import type { Store } from "./storage.js";

interface Slot {
  readonly sequence: number;
  readonly json: string;
  /** The JSON, parsed. */
  readonly value: unknown;
}

export interface RecordOptions<T> {
  readonly store: Store;
  /** 1 to 14 characters; the slots are `<key>0` and `<key>1`. */
  readonly key: string;
  encode(value: T): unknown;
  /** Checks what came out of flash; undefined where it is not a T. */
  decode(value: unknown): T | undefined;
}

export class StoredRecord<T> {
  #options: RecordOptions<T>;

  constructor(options: RecordOptions<T>) {
    this.#options = options;
  }

  read(): T | undefined {
    const newest = this.#newest();
    return newest && this.#options.decode(newest.value);
  }

  /** Nothing of any value stays in flash. A power cut on the way leaves the newest value. */
  erase(): Result<void> {
    const { store, key } = this.#options;
    const newest = (this.#newest()?.sequence ?? 0) & 1;
    try {
      for (const slot of [`${key}${newest ^ 1}`, `${key}${newest}`])
        if (store.get(slot) !== undefined) store.delete(slot);
      return success(undefined);
    } catch {
      return failed("storage-full", key);
    }
  }

  /** What was stored before the newest value is no longer in flash. */
  scrub(): void {
    const { store, key } = this.#options;
    const older = `${key}${((this.#newest()?.sequence ?? 0) & 1) ^ 1}`;
    if (store.get(older) !== undefined) store.delete(older);
  }

  /** When it returns ok the value is in flash; otherwise what was stored before still is. */
  write(value: T): Result<void> {
    const json = JSON.stringify(this.#options.encode(value));
    const newest = this.#newest();
    if (newest?.json === json) return success(undefined); // flash wears: nothing new is not written
    const sequence = (newest?.sequence ?? 0) + 1;
    const { store, key } = this.#options;
    try {
      store.set(`${key}${sequence & 1}`, `${sequence}:${checksum(json)}:${json}`);
      return success(undefined);
    } catch {
      return failed("storage-full", key);
    }
  }

  #newest(): Slot | undefined {
    const even = this.#slot(0);
    const odd = this.#slot(1);
    if (!even || !odd) return even ?? odd;
    return even.sequence > odd.sequence ? even : odd;
  }

  #slot(index: 0 | 1): Slot | undefined {
    const { store, key } = this.#options;
    const match = /^(\d{1,15}):([0-9a-f]{8}):/.exec(store.get(`${key}${index}`) ?? "");
    if (!match) return undefined;
    const json = match.input.slice(match[0].length);
    if (checksum(json) !== match[2]) return undefined;
    try {
      return { sequence: Number(match[1]), json, value: JSON.parse(json) };
    } catch {
      return undefined; // the checksum is right by chance: the other slot counts
    }
  }
}

export function checksum(text: string): string {
  return (crc32OfText(text) >>> 0).toString(16).padStart(8, "0");
}
