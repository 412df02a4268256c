/** The outbox between a store that loses its power and a broker that loses sessions; plain JavaScript. */

import type { Delivery } from "../../agent/session/outbox/delivery.js";
import { Outbox } from "../../agent/session/outbox/outbox.js";
import {
  MAX_PAYLOAD_BYTES,
  type MqttSession,
  type Outgoing,
  type Published,
  type Qos,
} from "../../modules/mqtt/mqtt.js";
import type { TextStore } from "../../modules/storage/storage.js";
import { VirtualClock } from "./clock.js";

export interface Sent extends Outgoing {
  readonly packetId: number;
  readonly atMs: number;
}

export const TOPICS: Readonly<Record<string, string>> = { data: "devices/d/data", status: "devices/d/status" };
export const KEEP_ALIVE_MS = 60_000;

/** The port's contract from the other side: room for so many packets, ids that are in flight once, an end. */
export class ScriptedSession implements MqttSession {
  readonly sessionPresent: boolean;
  readonly sent: Sent[] = [];
  readonly ended = new Promise<never>(() => {});
  readonly #clock: VirtualClock;
  readonly #inFlight = new Set<number>();
  #lastId: number;
  /** Packets that it takes before it says "later". */
  room = Number.POSITIVE_INFINITY;
  isOver = false;

  constructor(clock: VirtualClock, sessionPresent = false, lastId = 1) {
    this.#clock = clock;
    this.sessionPresent = sessionPresent;
    this.#lastId = lastId;
  }

  publish(message: Outgoing): Published {
    const { topic, payload, qos, packetId, duplicate = false } = message;
    if (topic.startsWith("undefined") || topic === "") throw new Error(`topic ${topic}`);
    if (duplicate !== (packetId !== undefined)) throw new Error("a packet id without DUP, or the other way round");
    if (packetId !== undefined && (qos === 0 || this.#inFlight.has(packetId))) throw new Error(`id ${packetId}`);
    if (ArrayBuffer.fromString(payload).byteLength > MAX_PAYLOAD_BYTES || topic.length > 600) return "too-large";
    if (this.isOver || this.room === 0) return "later";
    this.room--;
    const id = qos === 0 ? 0 : (packetId ?? ++this.#lastId);
    if (qos === 1) this.#inFlight.add(id);
    this.sent.push({ ...message, duplicate, packetId: id, atMs: this.#clock.ticksMs() });
    return { packetId: id };
  }

  /** @returns whether it was in flight */
  acknowledge(packetId: number, attached: Delivery): boolean {
    if (!this.#inFlight.delete(packetId)) return false;
    attached.onAcknowledged(packetId);
    this.#clock.runDue();
    return true;
  }

  get unacknowledged(): number[] {
    return [...this.#inFlight];
  }

  get payloads(): string[] {
    return this.sent.map(({ payload }) => payload);
  }

  close(): void {
    this.isOver = true;
  }
}

export class Bench {
  readonly clock = new VirtualClock();
  readonly notes: string[] = [];
  outbox: Outbox;
  session!: ScriptedSession;
  attached!: Delivery;
  #lastId = 1;

  constructor(store: TextStore) {
    this.outbox = this.#open(store);
  }

  /** The power was gone: what was in memory is, too. */
  restart(store: TextStore): void {
    this.attached?.detach();
    this.outbox = this.#open(store);
  }

  attach({
    present = false,
    qos = 1 as Qos,
    topics = TOPICS,
    keepAliveMs = KEEP_ALIVE_MS,
    room = Number.POSITIVE_INFINITY,
  } = {}): ScriptedSession {
    this.session = new ScriptedSession(this.clock, present, this.#lastId);
    this.session.room = room;
    this.attached = this.outbox.attach(this.session, topics, qos, keepAliveMs);
    this.clock.runDue();
    return this.session;
  }

  /** The connection is gone. */
  lose(): void {
    this.session.close();
    this.#lastId += 100;
    this.attached.detach();
  }

  add(payload: string, durable = false, topic = "data"): boolean {
    const added = this.outbox.add({ topic, payload, durable });
    if (added.ok) this.clock.runDue();
    return added.ok;
  }

  /** All that is in flight, until nothing is. */
  acknowledgeAll(): void {
    for (let ids = this.session.unacknowledged; ids.length > 0; ids = this.session.unacknowledged)
      for (const id of ids) this.session.acknowledge(id, this.attached);
  }

  /** Lets so much time pass. */
  pass(durationMs: number): void {
    let isOver = false;
    this.clock.after(durationMs, () => {
      isOver = true;
    });
    while (!isOver) this.clock.step();
  }

  /** Acknowledges and lets time pass until everything is with the broker that can be. */
  settle(): void {
    for (let count = 0; count < 100; count++) {
      this.acknowledgeAll();
      this.pass(100);
    }
  }

  #open(store: TextStore): Outbox {
    return new Outbox(this.clock, store, { note: (text) => void this.notes.push(text) });
  }
}
