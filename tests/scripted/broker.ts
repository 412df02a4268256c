/**
 * A broker that takes everything, acknowledges it a moment later, and keeps the device's session where it is persistent:
 * what was not acknowledged comes again, with DUP and its packet id (MQTT 3.1.1 §4.4). Connections break where the test
 * says so; what is under way then is lost.
 */

import { type Failure, failed } from "../../modules/base/failure.js";
import type { Clock } from "../../modules/clock/clock.js";
import type { Message, MqttOptions, MqttSession, Outgoing, Published } from "../../modules/mqtt/mqtt.js";

/** What goes over the wire with quality 1: the device's message and its acknowledgement, the broker's and its. */
export type Packet = "publish up" | "puback down" | "publish down" | "puback up";

/** A message for the device that it has not acknowledged. */
interface Kept {
  readonly topic: string;
  readonly payload: string;
  /** 0: it was never sent. */
  packetId: number;
}

/** As mosquitto has it, max_inflight_messages. */
const WINDOW = 20;
const MAX_PACKET_ID = 65_535;
/** Of a message, as the socket hands it on. */
const PIECE_BYTES = 100;
/** MQTT 3.1.1 §3.1.2.10; the device notices silence then. */
const SILENT_KEEP_ALIVES = 1.5;

export class ScriptedBroker {
  readonly clock: Clock;
  readonly take: (message: Message) => void;
  /** Topics whose retained message was deleted, by an empty one (MQTT 3.1.1 §3.3.1.3). */
  readonly cleared: string[] = [];
  /** The connection breaks in the place of this packet. */
  breaksAt: (packet: Packet) => boolean = () => false;
  /** For the device, not acknowledged, in order: what a connection without "clean" finds. */
  kept: Kept[] | undefined;
  /** Of the device and of the broker: they go on over sessions. */
  readonly #ids = { up: 0, down: 0 };
  #session: ScriptedSession | undefined;

  /** @param take hears what is published */
  constructor(clock: Clock, take: (message: Message) => void) {
    this.clock = clock;
    this.take = take;
  }

  open(options: MqttOptions, ackMs: number): ScriptedSession {
    const found = options.cleanSession ? undefined : this.kept;
    this.kept = found ?? [];
    this.#session = new ScriptedSession(this, options, ackMs, this.kept, found !== undefined);
    return this.#session;
  }

  /** A message of quality 1 for the device, now or when it is back where its session is persistent. */
  send(topic: string, payload: string): void {
    this.kept?.push({ topic, payload, packetId: 0 });
    this.#session?.deliver();
  }

  nextId(way: "up" | "down"): number {
    this.#ids[way] = (this.#ids[way] % MAX_PACKET_ID) + 1;
    return this.#ids[way];
  }
}

export class ScriptedSession implements MqttSession {
  readonly options: MqttOptions;
  readonly sessionPresent: boolean;
  readonly ended: Promise<Failure>;
  readonly #broker: ScriptedBroker;
  readonly #ackMs: number;
  readonly #kept: Kept[];
  /** Of the broker's messages so many are on their way, in this session. */
  #sent = 0;
  #isOver = false;
  #isSilent = false;
  #resolve!: (failure: Failure) => void;

  constructor(broker: ScriptedBroker, options: MqttOptions, ackMs: number, kept: Kept[], sessionPresent: boolean) {
    this.#broker = broker;
    this.options = options;
    this.#ackMs = ackMs;
    this.#kept = kept;
    this.sessionPresent = sessionPresent;
    this.ended = new Promise((done) => {
      this.#resolve = done;
    });
    // The device knows of the session first.
    broker.clock.after(ackMs, () => this.deliver());
  }

  publish(message: Outgoing): Published {
    const { options } = this;
    if (this.#isOver) return "later";
    const packetId = message.qos === 0 ? 0 : (message.packetId ?? this.#broker.nextId("up"));
    if (!this.#passes("publish up")) return { packetId };
    if (message.retain && message.payload === "") this.#broker.cleared.push(message.topic);
    else this.#broker.take(message);
    if (packetId > 0) {
      this.#later(() => this.#passes("puback down") && options.onAcknowledged?.(packetId));
    }
    return { packetId };
  }

  /** A message that goes piece by piece where the device takes it so. Lost where nobody has subscribed. */
  reply({ topic, payload }: Message, arrives: () => boolean = () => true): void {
    this.#later(() => {
      if (!arrives() || !this.options.subscribe.includes(topic)) return;
      const sink = this.options.stream?.(topic);
      const bytes = new Uint8Array(ArrayBuffer.fromString(payload));
      for (let at = 0; sink && at < bytes.length; at += PIECE_BYTES) sink.write(bytes.slice(at, at + PIECE_BYTES));
      sink?.end();
    });
  }

  close(failure: Failure): void {
    this.end(failure);
  }

  /** Nothing passes any more, in either direction; the device finds out by itself. */
  fallSilent(): void {
    this.#isSilent = true;
    const { keepAliveMs } = this.options;
    this.#broker.clock.after(keepAliveMs * SILENT_KEEP_ALIVES, () => this.end(failed("broker-closed").failure));
  }

  end(failure: Failure): void {
    this.#isOver = true;
    this.#resolve(failure);
  }

  /** What the broker has for the device, as far as its window is open. */
  deliver(): void {
    const kept = this.#kept;
    while (!this.#isOver && this.#sent < Math.min(WINDOW, kept.length)) {
      const message = kept[this.#sent++]!;
      const duplicate = message.packetId > 0;
      message.packetId ||= this.#broker.nextId("down");
      this.#later(() => this.#hand(message, duplicate));
    }
  }

  #hand(message: Kept, duplicate: boolean): void {
    if (!this.#passes("publish down")) return;
    this.options.onMessage({ ...message, retained: false, duplicate });
    this.#later(() => {
      if (!this.#passes("puback up")) return;
      this.#kept.splice(this.#kept.indexOf(message), 1);
      this.#sent--;
      this.deliver();
    });
  }

  #later(task: () => void): void {
    this.#broker.clock.after(this.#ackMs, () => this.#isOver || this.#isSilent || task());
  }

  #passes(packet: Packet): boolean {
    if (this.#isSilent) return false;
    if (!this.#broker.breaksAt(packet)) return true;
    // The device hears of it in a turn of its own.
    this.#isSilent = true;
    this.#broker.clock.after(0, () => this.end(failed("connection-lost").failure));
    return false;
  }
}
