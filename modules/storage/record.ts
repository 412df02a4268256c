/**
 * A value that is stored in one piece. NVS commits each key by itself, and the SDK erases a key before it writes it,
 * so a power cut can leave an empty key. The record therefore has two slots with a sequence number and a checksum:
 * a write goes to the slot that is not in use, and the newer valid slot counts.
 *
 * Slot: `<sequence>:<CRC-32 of the JSON, hex>:<JSON>`
 */

import { failed, type Result, success } from "../base/failure.js";
import { crc32OfText } from "../data/crc32.js";
import type { TextStore } from "./storage.js";

interface Slot {
  readonly sequence: number;
  readonly json: string;
  /** The JSON, parsed. */
  readonly value: unknown;
}

/** How a value of this kind is stored: a constant, which costs no memory where it is preloaded. */
export interface RecordFormat<T> {
  /** 1 to 14 characters; the slots are `<key>0` and `<key>1`. */
  readonly key: string;
  encode(value: T): unknown;
  /** Checks what came out of flash; undefined where it is not a T. */
  decode(value: unknown): T | undefined;
}

export class StoredRecord<T> {
  private readonly format: RecordFormat<T>;

  constructor(format: RecordFormat<T>) {
    this.format = format;
  }

  read(store: TextStore): T | undefined {
    const newest = newestSlot(store, this.format.key);
    return newest && this.format.decode(newest.value);
  }

  /** Nothing of any value stays in flash. A power cut on the way leaves the newest value. */
  erase(store: TextStore): Result<void> {
    const { key } = this.format;
    const newest = (newestSlot(store, key)?.sequence ?? 0) & 1;
    try {
      for (const slot of [`${key}${newest ^ 1}`, `${key}${newest}`])
        if (store.get(slot) !== undefined) store.delete(slot);
      return success(undefined);
    } catch {
      return failed("storage-full", key);
    }
  }

  /** What was stored before the newest value is no longer in flash. */
  scrub(store: TextStore): void {
    const { key } = this.format;
    const older = `${key}${((newestSlot(store, key)?.sequence ?? 0) & 1) ^ 1}`;
    if (store.get(older) !== undefined) store.delete(older);
  }

  /** When it returns ok the value is in flash; otherwise what was stored before still is. */
  write(store: TextStore, value: T): Result<void> {
    const { key, encode } = this.format;
    const json = JSON.stringify(encode(value));
    const newest = newestSlot(store, key);
    if (newest?.json === json) return success(undefined); // flash wears: nothing new is not written
    const sequence = (newest?.sequence ?? 0) + 1;
    try {
      store.set(`${key}${sequence & 1}`, `${sequence}:${checksum(json)}:${json}`);
      return success(undefined);
    } catch {
      return failed("storage-full", key);
    }
  }
}

function newestSlot(store: TextStore, key: string): Slot | undefined {
  const even = readSlot(store, `${key}0`);
  const odd = readSlot(store, `${key}1`);
  if (!even || !odd) return even ?? odd;
  return even.sequence > odd.sequence ? even : odd;
}

function readSlot(store: TextStore, name: string): Slot | undefined {
  const match = /^(\d{1,15}):([0-9a-f]{8}):/.exec(store.get(name) ?? "");
  if (!match) return undefined;
  const json = match.input.slice(match[0].length);
  if (checksum(json) !== match[2]) return undefined;
  try {
    return { sequence: Number(match[1]), json, value: JSON.parse(json) };
  } catch {
    return undefined; // the checksum is right by chance: the other slot counts
  }
}

export function checksum(text: string): string {
  return (crc32OfText(text) >>> 0).toString(16).padStart(8, "0");
}
