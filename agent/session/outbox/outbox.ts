/**
 * Readings and events on their way to the broker, over outages of it and of the Wi-Fi. They go in the order in which
 * they were accepted.
 *
 * With QoS 1 each is delivered at least once. It may be twice: the broker had it and the acknowledgement was lost;
 * or the power failed before that came, and then it is a new message, because packet ids are kept in memory alone.
 * With QoS 0 a reading counts as sent once it has left; what is durable is sent again in the next session unless
 * this one lasts long enough to prove that the broker was there, two and a half keep-alives. Whoever uses up all
 * slots in that time has to wait.
 */

import type { Result } from "../../../modules/base/failure.js";
import type { Log } from "../../../modules/base/log.js";
import type { Clock } from "../../../modules/clock/clock.js";
import type { MqttSession, Qos } from "../../../modules/mqtt/mqtt.js";
import type { TextStore } from "../../../modules/storage/storage.js";
import { Delivery, type Dress } from "./delivery.js";
import { MessageStore } from "./message-store.js";
import { type Draft, type OutboxStats, Queue, type QueuedMessage } from "./queue.js";

export class Outbox {
  private clock: Clock;
  private log: Pick<Log, "note">;
  private store: MessageStore;
  private queue: Queue;
  private delivery: Delivery | undefined;

  /** @param store a namespace of its own */
  constructor(clock: Clock, store: TextStore, log: Pick<Log, "note">) {
    this.clock = clock;
    this.log = log;
    this.store = new MessageStore(store);
    this.queue = new Queue(this.store, log);
  }

  get stats(): OutboxStats {
    return this.queue.stats;
  }

  /**
   * Ok: what is durable is in flash, and will be delivered; a reading stays as long as there is power and room. Where
   * there is no room for a reading the oldest one falls off, and answers to commands (topic "status") last.
   * Failures: message-too-large (MAX_PAYLOAD_BYTES); and for what is durable outbox-full (all slots are in use) and
   * storage-full. Nothing that was accepted before is harmed.
   */
  add(draft: Draft): Result<void> {
    const added = this.queue.add(draft);
    if (added.ok) this.delivery?.drain();
    return added;
  }

  /** As Queue has it. */
  hasRoomFor(answers: number): boolean {
    return this.queue.hasRoomFor(answers);
  }

  /** The oldest of a topic that wait, for whoever has another way than MQTT: what went it is `taken`. */
  oldest(topic: string, count: number): QueuedMessage[] {
    return this.queue.oldest(topic, count);
  }

  taken(messages: readonly QueuedMessage[]): void {
    for (const { sequence } of messages) this.queue.finishIfWaiting(sequence);
  }

  /**
   * Delivers over this connection until `detach`; one that was attached before is not used any more.
   * @param mqtt tells the delivery of acknowledgements and of room
   * @param topics of the credentials, by name. A reading whose topic is missing is dropped; what is durable waits for
   *   credentials that have it. Neither holds others up.
   * @param dress where the other side is no broker: what it does not take now counts as without a topic
   */
  attach(
    mqtt: MqttSession,
    topics: Readonly<Record<string, string>>,
    qos: Qos,
    keepAliveMs: number,
    dress?: Dress,
  ): Delivery {
    this.delivery?.detach();
    this.delivery = new Delivery(this.clock, this.log, this.queue, mqtt, topics, qos, keepAliveMs, dress);
    this.delivery.drain();
    return this.delivery;
  }
}
