/** What the outbox has accepted and the broker not confirmed, within bounds, in order of acceptance. */
import { failed, type Result, success } from "../../../modules/base/failure.js";
import type { Log } from "../../../modules/base/log.js";
import { MAX_PAYLOAD_BYTES } from "../../../modules/mqtt/mqtt.js";
import type { MessageStore } from "./message-store.js";

/** Answers to commands included. In memory: with the 16 in flash 64 entries, of five slots each, of the chip's 3,696. */
export const MAX_READINGS = 48;
/** Payloads in memory: a tenth of the chip's chunk heap. The largest window and one more fit in. */
export const MAX_READING_BYTES = 8 * 1024;

/** The topic of answers to commands, by its name in the credentials. */
const ANSWERS = "status";

/** What is to be published. */
export interface Draft {
  /** Its name in the credentials ("data", "status"), made a topic when it is sent: brokers move, topics change. */
  readonly topic: string;
  readonly payload: string;
  /** It outlives a power cut, and nothing newer takes its place. */
  readonly durable: boolean;
}

/** Not sent yet. */
export interface QueuedMessage {
  readonly sequence: number;
  readonly payload: string;
}

/** Since the start. */
export interface OutboxStats {
  /** Not confirmed yet. */
  readonly queued: number;
  /** Of these in flash. */
  readonly stored: number;
  /** Accepted and not delivered: what fell off, had no topic, is too large with its topic, or cannot be read. */
  readonly dropped: number;
  readonly sent: number;
}

export interface Entry {
  /** Order of acceptance, over restarts. */
  readonly sequence: number;
  /** Its name in the credentials. */
  readonly topic: string;
  /** The payload of a reading; the slot of what is in flash. */
  readonly content: string | number;
  /** Of the payload in memory. */
  readonly bytes: number;
}

/** It was sent, and nobody has confirmed it. */
export interface InFlight {
  readonly entry: Entry;
  /** 0 for QoS 0. */
  readonly packetId: number;
  /** In the clock's ticks. */
  readonly sentMs: number;
}

export class Queue {
  private store: MessageStore;
  /** In order of acceptance. */
  private waiting: Entry[];
  /** In the order in which they were sent first. */
  private _inFlight: InFlight[] = [];
  private _lastSequence: number;
  private readings = 0;
  private readingBytes = 0;
  private _stored: number;
  private _dropped = 0;
  private _sent = 0;

  constructor(store: MessageStore, log: Pick<Log, "note">) {
    this.store = store;
    this.waiting = store.find(log).map(({ sequence, topic, slot }) => ({ sequence, topic, content: slot, bytes: 0 }));
    this._lastSequence = this.waiting.at(-1)?.sequence ?? 0;
    this._stored = this.waiting.length;
  }

  get stats(): OutboxStats {
    return {
      queued: this.waiting.length + this._inFlight.length,
      stored: this._stored,
      dropped: this._dropped,
      sent: this._sent,
    };
  }

  get inFlight(): readonly InFlight[] {
    return this._inFlight;
  }

  /** Of what was accepted last. */
  get lastSequence(): number {
    return this._lastSequence;
  }

  /** Whether so many answers of the largest size would find room: readings make it, answers that wait do not. */
  hasRoomFor(answers: number): boolean {
    let count = this.readings + answers;
    let bytes = this.readingBytes + answers * MAX_PAYLOAD_BYTES;
    for (const { topic, content, bytes: size } of this.waiting)
      if (topic !== ANSWERS && typeof content === "string") {
        count--;
        bytes -= size;
      }
    return count <= MAX_READINGS && bytes <= MAX_READING_BYTES;
  }

  add({ topic, payload, durable }: Draft): Result<void> {
    // The first comparison saves the bytes of something huge.
    const bytes = payload.length > MAX_PAYLOAD_BYTES ? payload.length : ArrayBuffer.fromString(payload).byteLength;
    if (bytes > MAX_PAYLOAD_BYTES) return failed("message-too-large", `${bytes} bytes for ${topic}`);
    const sequence = ++this._lastSequence;
    if (durable) {
      const slot = this.store.write({ sequence, topic, payload });
      if (!slot.ok) return slot;
      this._stored++;
      this.waiting.push({ sequence, topic, content: slot.value, bytes: 0 });
    } else {
      this.makeRoom(bytes);
      this.readings++;
      this.readingBytes += bytes;
      this.waiting.push({ sequence, topic, content: payload, bytes });
    }
    return success(undefined);
  }

  first(isWanted: (entry: Entry) => boolean): Entry | undefined {
    return this.waiting.find(isWanted);
  }

  oldest(topic: string, count: number): QueuedMessage[] {
    const found: QueuedMessage[] = [];
    for (const entry of this.waiting) {
      if (found.length === count) break;
      const payload = entry.topic === topic ? this.payloadOf(entry) : undefined;
      if (payload !== undefined) found.push({ sequence: entry.sequence, payload });
    }
    return found;
  }

  /** Since somebody asked for it, it may have fallen off. */
  finishIfWaiting(sequence: number): void {
    const entry = this.waiting.find((one) => one.sequence === sequence);
    if (entry) this.finish(entry);
  }

  /** @returns undefined where flash does not give it */
  payloadOf({ content }: Entry): string | undefined {
    if (typeof content === "string") return content;
    const stored = this.store.read(content);
    return typeof stored === "object" ? stored.payload : undefined;
  }

  sendOff(entry: Entry, packetId: number, sentMs: number): void {
    this.take(entry);
    this._inFlight.push({ entry, packetId, sentMs });
  }

  /** One in flight is with the broker. */
  confirm(index: number): void {
    this._sent++;
    this.forget(this._inFlight.splice(index, 1)[0]!.entry);
  }

  /** One that nobody confirms is sent. */
  finish(entry: Entry): void {
    this._sent++;
    this.take(entry);
    this.forget(entry);
  }

  /** One in flight waits again, as if it had not been sent. */
  putBack(index: number): void {
    const { entry } = this._inFlight.splice(index, 1)[0]!;
    const after = this.waiting.findIndex(({ sequence }) => sequence > entry.sequence);
    this.waiting.splice(after < 0 ? this.waiting.length : after, 0, entry);
  }

  /** It cannot be delivered, or had to make room. */
  drop(entry: Entry): void {
    this._dropped++;
    this.take(entry);
    this.forget(entry);
  }

  /** What flash does not give: it stays there for the next start, which looks at it again. */
  leave(entry: Entry): void {
    this._dropped++;
    this._stored--;
    this.take(entry);
  }

  /**
   * The oldest reading falls off: a newer one is worth more. Somebody waits for an answer: of these the oldest goes
   * where nothing else is left. Those in flight stay, and are fewer than the bounds.
   */
  private makeRoom(bytes: number): void {
    while (this.readings >= MAX_READINGS || this.readingBytes + bytes > MAX_READING_BYTES) {
      const inMemory = this.waiting.filter(({ content }) => typeof content === "string");
      const oldest = inMemory.find(({ topic }) => topic !== ANSWERS) ?? inMemory[0];
      if (!oldest) return;
      this.drop(oldest);
    }
  }

  private take(entry: Entry): void {
    const index = this.waiting.indexOf(entry);
    if (index >= 0) this.waiting.splice(index, 1);
    else this._inFlight = this._inFlight.filter((sent) => sent.entry !== entry);
  }

  private forget({ content, bytes }: Entry): void {
    if (typeof content === "number") {
      this._stored--;
      this.store.free(content);
    } else {
      this.readings--;
      this.readingBytes -= bytes;
    }
  }
}
