/** Brings what is queued to the broker, over one connection. */
import type { Log } from "../../../modules/base/log.js";
import type { Clock, Timer } from "../../../modules/clock/clock.js";
import type { MqttSession, Qos } from "../../../modules/mqtt/mqtt.js";
import type { Entry, InFlight, Queue } from "./queue.js";

/** Messages of QoS 1 that the broker has not acknowledged: brokers take 20 and more at once (mosquitto: 20). */
export const WINDOW = 8;
/** Of what has waited for the connection so many go at once: a short outage is made up for without a pause. */
export const BACKLOG_BURST = 8;
/** Then one in this time: a thousand devices that come back together send 10,000 a second, not all they have. */
export const BACKLOG_INTERVAL_MS = 100;
/**
 * Nobody acknowledges QoS 0. A ping goes out in one keep-alive, and its answer, which a broker that reads in order
 * sends after it has read the message, has come in one and a half more, or the connection has ended.
 */
export const PROOF_KEEP_ALIVES = 2.5;
/** Without a keep-alive: some brokers accept everybody, look at the password then, and close. */
export const MIN_PROOF_MS = 5_000;

/** Says of each message whether it may go now, and as what; undefined where a broker takes all of them as they are. */
export interface Dress {
  /** @param payload undefined: it is in flash, and can wait */
  takes(topic: string, payload: string | undefined): boolean;
  dressed(topic: string, payload: string): string;
}

export class Delivery {
  private clock: Clock;
  private log: Pick<Log, "note">;
  private queue: Queue;
  private mqtt: MqttSession;
  private topics: Readonly<Record<string, string>>;
  private qos: Qos;
  private keepAliveMs: number;
  private dress?: Dress;
  /** What was accepted up to here has waited for the connection, and goes at a bounded rate. */
  private backlogEnd: number;
  /** Of those in flight the first ones were sent on this connection; the others are sent again. */
  private sentHere = 0;
  /** When the next one would be due if there were no burst. */
  private dueMs: number;
  private isTopicMissing = false;
  private isOver = false;
  /** Its turn is set. */
  private isDraining = false;
  private wake: Timer | undefined;

  constructor(
    clock: Clock,
    log: Pick<Log, "note">,
    queue: Queue,
    mqtt: MqttSession,
    topics: Readonly<Record<string, string>>,
    qos: Qos,
    keepAliveMs: number,
    dress: Dress | undefined,
  ) {
    this.clock = clock;
    this.log = log;
    this.queue = queue;
    this.mqtt = mqtt;
    this.topics = topics;
    this.qos = qos;
    this.keepAliveMs = keepAliveMs;
    if (dress) this.dress = dress;
    this.backlogEnd = queue.lastSequence;
    this.dueMs = clock.ticksMs();
    const resumes = mqtt.sessionPresent && qos === 1;
    for (let index = queue.inFlight.length - 1; index >= 0; index--) {
      const { packetId, entry } = queue.inFlight[index]!;
      if (!resumes || packetId === 0 || this.topicOf(entry) === undefined) queue.putBack(index);
    }
  }

  onAcknowledged(packetId: number): void {
    if (this.isOver) return;
    const queue = this.queue;
    const index = queue.inFlight.findIndex((sent) => sent.packetId === packetId);
    // One that is not sent again yet: the id is another message's.
    if (index < 0 || index >= this.sentHere) return;
    this.sentHere--;
    queue.confirm(index);
    this.drain();
  }

  /** After the connection has ended, and MQTT has told of all acknowledgements. No timer is left. */
  detach(): void {
    this.isOver = true;
    this.clock.cancel(this.wake);
    this.wake = undefined;
  }

  /**
   * There is something new, or room again: sends what can be sent, in a turn of its own. The chip's stack has no room for
   * it on top of all who ask.
   */
  drain(): void {
    if (this.isOver || this.isDraining) return;
    this.isDraining = true;
    this.clock.cancel(this.wake);
    this.wake = this.clock.after(0, drainNow, this);
  }

  /** For the timer. */
  drainNow(): void {
    this.isDraining = false;
    this.confirmProven();
    let wakeMs = Number.POSITIVE_INFINITY;
    for (let entry = this.next(); entry; entry = this.next()) {
      wakeMs = this.pauseMs(entry);
      if (wakeMs > 0 || !this.send(entry)) break;
    }
    this.wakeIn(wakeMs > 0 ? wakeMs : Number.POSITIVE_INFINITY);
  }

  /** In flight, and not sent on this connection yet. */
  private get firstAgain(): InFlight | undefined {
    return this.queue.inFlight[this.sentHere];
  }

  private next(): Entry | undefined {
    const queue = this.queue;
    if (this.firstAgain) return this.firstAgain.entry;
    if (this.qos === 1 && queue.inFlight.length >= WINDOW) return undefined;
    // What is in flash waits for credentials with its topic, and holds nobody up.
    return queue.first((entry) => typeof entry.content === "string" || this.topicOf(entry) !== undefined);
  }

  /** @returns false where MQTT wants a pause */
  private send(entry: Entry): boolean {
    const queue = this.queue;
    const qos = this.qos;
    const topic = this.topicOf(entry);
    if (topic === undefined) {
      queue.drop(entry);
      this.noteMissing(entry.topic);
      return true;
    }
    const payload = queue.payloadOf(entry);
    if (payload === undefined) {
      queue.leave(entry);
      this.log.note(`outbox: message ${entry.sequence} cannot be read`);
      return true;
    }
    const again = this.firstAgain;
    const repeated = again && { packetId: again.packetId, duplicate: true };
    const dressed = this.dress?.dressed(entry.topic, payload) ?? payload;
    const published = this.mqtt.publish({ topic, payload: dressed, qos, ...repeated });
    if (published === "later") return false;
    if (published === "too-large") {
      queue.drop(entry);
      this.log.note(`outbox: message ${entry.sequence} for ${entry.topic} is too large for a packet`);
      return true;
    }
    const nowMs = this.clock.ticksMs();
    this.dueMs = Math.max(this.dueMs, nowMs) + BACKLOG_INTERVAL_MS;
    if (qos === 0 && typeof entry.content === "string") queue.finish(entry);
    else {
      if (!again) queue.sendOff(entry, published.packetId, nowMs);
      this.sentHere++;
    }
    return true;
  }

  /** Once for each connection: the statistics count. */
  private noteMissing(name: string): void {
    if (this.isTopicMissing) return;
    this.isTopicMissing = true;
    const why = this.dress ? "nobody behind the gateway listens" : `the credentials have no topic "${name}"`;
    this.log.note(`outbox: ${why}: readings for it are dropped`);
  }

  /** 0 or less where it may go now, as what is live always may. */
  private pauseMs({ sequence }: Entry): number {
    if (sequence > this.backlogEnd) return 0;
    return this.dueMs - (BACKLOG_BURST - 1) * BACKLOG_INTERVAL_MS - this.clock.ticksMs();
  }

  /** QoS 0: the connection has lasted for so long after it was sent that the broker has it. */
  private confirmProven(): void {
    const queue = this.queue;
    while (this.unprovenMs() <= 0) {
      this.sentHere--;
      queue.confirm(0);
    }
  }

  /** Until the first one is proven; infinite where nothing waits for that. */
  private unprovenMs(): number {
    const first = this.queue.inFlight[0];
    if (!first || this.qos === 1) return Number.POSITIVE_INFINITY;
    return first.sentMs + Math.max(MIN_PROOF_MS, this.keepAliveMs * PROOF_KEEP_ALIVES) - this.clock.ticksMs();
  }

  /** Or sooner, where something is proven then. */
  private wakeIn(delayMs: number): void {
    this.clock.cancel(this.wake);
    this.wake = undefined;
    const wakeMs = Math.min(delayMs, this.unprovenMs());
    if (Number.isFinite(wakeMs)) this.wake = this.clock.after(wakeMs, drainNow, this);
  }

  private topicOf({ topic, content }: Entry): string | undefined {
    if (this.dress?.takes(topic, typeof content === "string" ? content : undefined) === false) return undefined;
    // Compared first: XS would keep each name that it is asked to look up (docs/memory.md).
    const topics = this.topics;
    return Object.keys(topics).includes(topic) ? topics[topic] : undefined;
  }
}

function drainNow(delivery: Delivery): void {
  delivery.drainNow();
}
