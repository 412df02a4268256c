/**
 * Readings and events on their way to the broker, over outages of it and of the Wi-Fi. They go in the order in which
 * they were accepted.
 *
 * With quality 1 each is delivered at least once. It may be twice: the broker had it and the acknowledgement was lost;
 * or the power failed before that came, and then it is a new message, because packet ids are kept in memory alone.
 * With quality 0 a reading counts as sent once it has left; what is durable is sent again in the next session unless
 * this one lasts long enough to prove that the broker was there, two and a half keep-alives. Whoever uses up all
 * slots in that time has to wait.
 */

import type { Result } from "../../../modules/base/failure.js";
import type { Clock } from "../../../modules/clock/clock.js";
import type { MqttSession, Qos } from "../../../modules/mqtt/mqtt.js";
import type { TextStore } from "../../../modules/storage/storage.js";
import { Delivery } from "./delivery.js";
import { Queue } from "./queue.js";
import { Slots } from "./slots.js";

/** What is to be published. */
export interface Draft {
  /** Its name in the credentials ("data", "status"), made a topic when it is sent: brokers move, topics change. */
  readonly topic: string;
  readonly payload: string;
  /** It outlives a power cut, and nothing newer takes its place. */
  readonly durable: boolean;
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

export interface OutboxOptions {
  readonly clock: Clock;
  /** A namespace of its own. */
  readonly store: TextStore;
  note(text: string): void;
}

/** Not sent yet. */
export interface Waiting {
  readonly sequence: number;
  readonly payload: string;
}

/** To be called from the callbacks of the session's `MqttOptions` with these names. */
export interface Attached {
  onWritable(): void;
  onAcknowledged(packetId: number): void;
  /** After the session has ended, and has told of all acknowledgements. No timer is left. */
  detach(): void;
}

export class Outbox {
  #options: OutboxOptions;
  #slots: Slots;
  #queue: Queue;
  #delivery: Delivery | undefined;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#slots = new Slots(options.store);
    this.#queue = new Queue(this.#slots, options.note);
  }

  get stats(): OutboxStats {
    return this.#queue.stats;
  }

  /**
   * Ok: what is durable is in flash, and will be delivered; a reading stays as long as there is power and room. Where
   * there is no room for a reading the oldest one falls off, and answers to commands (topic "status") last.
   * Failures: message-too-large (MAX_PAYLOAD_BYTES); and for what is durable outbox-full (all slots are in use) and
   * storage-full. Nothing that was accepted before is harmed.
   */
  add(draft: Draft): Result<void> {
    const added = this.#queue.add(draft);
    if (added.ok) this.#delivery?.drain();
    return added;
  }

  /** What is in flash, as from the factory; for the moment before a restart. */
  erase(): void {
    this.#slots.erase();
  }

  /** The oldest of a topic that wait, for whoever has another way than a session: what went it is `taken`. */
  oldest(topic: string, count: number): Waiting[] {
    return this.#queue.oldest(topic, count);
  }

  taken(messages: readonly Waiting[]): void {
    for (const { sequence } of messages) this.#queue.finishIfWaiting(sequence);
  }

  /**
   * Delivers through this session until `detach`; one that was attached before is not used any more.
   * @param topics of the credentials, by name. A reading whose topic is missing is dropped; what is durable waits for
   *   credentials that have it. Neither holds others up.
   */
  attach(session: MqttSession, topics: Readonly<Record<string, string>>, qos: Qos, keepAliveMs: number): Attached {
    this.#delivery?.detach();
    const { clock, note } = this.#options;
    this.#delivery = new Delivery({ clock, note, queue: this.#queue, session, topics, qos, keepAliveMs });
    this.#delivery.drain();
    return this.#delivery;
  }
}
