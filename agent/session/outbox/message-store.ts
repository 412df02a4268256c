/**
 * Durable messages in flash: each under a key of its own, a slot. NVS commits each key by itself, and a slot that has a
 * message is not written: a power cut harms no other.
 *
 * Slot: `<CRC-32 of the rest, hex>:<sequence>:<characters of the topic's name>:<name><payload>`
 */
import { failed, type Result, success } from "../../../modules/base/failure.js";
import type { Log } from "../../../modules/base/log.js";
import { checksum } from "../../../modules/storage/record.js";
import type { TextStore } from "../../../modules/storage/storage.js";

/** With the largest payloads a quarter of the NVS partition: 28 of its 1,890 entries each. */
export const MAX_STORED = 16;

export interface Stored {
  /** Order of acceptance. */
  readonly sequence: number;
  /** Its name in the credentials. */
  readonly topic: string;
  readonly payload: string;
}

export interface Found {
  readonly sequence: number;
  readonly topic: string;
  readonly slot: number;
}

export class MessageStore {
  private store: TextStore;
  /** Bit by slot: it has a message, or could not be read. */
  private taken = 0;

  constructor(store: TextStore) {
    this.store = store;
  }

  /**
   * What is in flash at the start, in order; without the payloads, for which memory has no room. What is damaged is
   * freed. What cannot be read is left alone: it may be there at the next start.
   */
  find(log: Pick<Log, "note">): Found[] {
    const found: Found[] = [];
    for (let slot = 0; slot < MAX_STORED; slot++) {
      const stored = this.read(slot);
      if (stored === "unreadable" || typeof stored === "object") this.taken |= 1 << slot;
      if (stored === "unreadable") log.note(`outbox: slot ${slot} cannot be read`);
      if (stored === "damaged") {
        log.note(`outbox: what slot ${slot} has is damaged`);
        this.free(slot);
      }
      if (typeof stored === "object") found.push({ sequence: stored.sequence, topic: stored.topic, slot });
    }
    return found.sort((a, b) => a.sequence - b.sequence);
  }

  read(slot: number): Stored | "empty" | "damaged" | "unreadable" {
    try {
      const text = this.store.get(key(slot));
      return text === undefined ? "empty" : (decoded(text) ?? "damaged");
    } catch {
      return "unreadable";
    }
  }

  /** @returns the slot; when it returns ok the message is in flash */
  write({ sequence, topic, payload }: Stored): Result<number> {
    let slot = 0;
    while (this.taken & (1 << slot)) slot++;
    if (slot >= MAX_STORED) return failed("outbox-full");
    const rest = `${sequence}:${topic.length}:${topic}${payload}`;
    try {
      this.store.set(key(slot), `${checksum(rest)}:${rest}`);
    } catch {
      return failed("storage-full", "outbox");
    }
    this.taken |= 1 << slot;
    return success(slot);
  }

  /** Also what flash did not want to give up before. @returns false where it still does not */
  erase(): boolean {
    let isDone = true;
    for (let slot = 0; slot < MAX_STORED; slot++) isDone = this.free(slot) && isDone;
    return isDone;
  }

  /**
   * @returns false where flash refuses: the message stays until another takes its slot; a start before that sends it once
   *   more. It was sent, or was no message: nothing is lost
   */
  free(slot: number): boolean {
    this.taken &= ~(1 << slot);
    try {
      this.store.delete(key(slot));
      return true;
    } catch {
      return false;
    }
  }
}

function key(slot: number): string {
  return `slot${slot}`;
}

function decoded(text: string): Stored | undefined {
  const match = /^([0-9a-f]{8}):(\d{1,15}):(\d{1,4}):/.exec(text);
  if (!match || checksum(text.slice(match[1]!.length + 1)) !== match[1]) return undefined;
  const start = match[0].length;
  const end = start + Number(match[3]);
  return { sequence: Number(match[2]), topic: text.slice(start, end), payload: text.slice(end) };
}
