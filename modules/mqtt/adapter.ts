import { type Failure, failed, type Reason, type Result, success } from "../base/failure.js";
import { reportFault } from "../base/guard.js";
import type { Clock, Timer } from "../clock/clock.js";
import type { Authorities, KnownTime } from "../tls/adapter.js";
import type { ClientIdentity } from "../tls/client-identity.js";
import { refusal, refusedTopic } from "./answers.js";
import { type ClientEvents, type ControlMessage, closeClient, openClient } from "./client-adapter.js";
import { EventQueue, type Listener, type MqttEvent } from "./event-queue.js";
import type { Incoming, MqttConnect, MqttOptions, MqttSession, Outgoing, PayloadSink, Published } from "./mqtt.js";
import { Outbound, SUBSCRIBE_ID } from "./outbound.js";
import { PacketIds } from "./packet-ids.js";
import { PACKET } from "./packets.js";
import type { MqttParts } from "./parts.js";

/** MQTT 3.1.1 §3.1.2.10 has it for brokers. */
const SILENT_KEEP_ALIVES = 1.5;
const PUZZLED: readonly Reason[] = Object.freeze(["broker-closed", "timeout"] as const);

/**
 * The SDK's MQTT client (ECMA-419).
 * @param calendar asked for the time before each connection over TLS: certificates have dates
 * @param authorities trusted beside the build's
 */
export function createMqtt(clock: Clock, calendar: MqttParts["calendar"], authorities: Authorities): MqttConnect {
  const parts: MqttParts = { clock, calendar, authorities, ids: new PacketIds(SUBSCRIBE_ID), isEager: true };
  return (options) =>
    new Promise((resolve) => {
      void new MqttConnection(parts, options, resolve).begin();
    });
}

class MqttConnection implements MqttSession, ClientEvents, Listener {
  private parts: MqttParts;
  private options: MqttOptions;
  /** Until the connection stands or has failed. */
  private resolve: ((result: Result<MqttSession>) => void) | undefined;
  private end!: (failure: Failure) => void;
  private outbound: Outbound | undefined;
  /** Of the connecting; then of the broker's silence. */
  private timeout: Timer | undefined;
  /** What an error means, by how far the connection has come. */
  private errorReason: Reason = "unreachable";
  private isSubscribeUnsent = false;
  /** Soon. */
  private isSending = false;
  private heardMs = 0;
  readonly queue: EventQueue;
  sessionPresent = false;
  readonly ended: Promise<Failure>;

  constructor(parts: MqttParts, options: MqttOptions, resolve: (result: Result<MqttSession>) => void) {
    this.parts = parts;
    this.options = options;
    this.resolve = resolve;
    this.queue = new EventQueue(parts.clock, this);
    this.ended = new Promise((end) => {
      this.end = end;
    });
  }

  /** In a turn of its own: the chip's stack has no room for the calendar or the SDK's client on top of all who ask. */
  async begin(): Promise<void> {
    try {
      await undefined;
      if (this.options.tls) await this.parts.calendar.ensure();
      this.start();
    } catch (error) {
      this.fault(error);
    }
  }

  private start(): void {
    const parts = this.parts;
    parts.ids = new PacketIds(parts.ids.last);
    this.timeout = parts.clock.after(this.options.timeoutMs, timeOut, this);
    this.outbound = new Outbound(openClient(this.options, this), parts.ids);
  }

  publish(message: Outgoing): Published {
    // What goes out makes room for what a message brings.
    this.queue.tellSoon();
    return this.outbound!.publish(message);
  }

  close(failure: Failure, leaves = false): void {
    if (leaves) this.outbound?.disconnect();
    this.settle(failure);
  }

  // Of the connection under the client.

  get isWanted(): boolean {
    return this.outbound?.isOpen ?? false;
  }

  get isTls(): boolean {
    return this.options.tls;
  }

  authorities(): readonly string[] {
    return this.options.authorities ?? this.parts.authorities();
  }

  get time(): KnownTime {
    return this.parts.calendar;
  }

  identity(): ClientIdentity | undefined {
    return this.options.identity?.();
  }

  onUnknown(): void {
    this.fail("name-unknown");
  }

  onRefused(failure: Failure): void {
    this.settle(failure);
  }

  onOpen(): void {
    this.errorReason = "broker-closed";
  }

  onHeard(): void {
    this.heardMs = this.parts.clock.ticksMs();
  }

  get isEager(): boolean {
    return this.parts.isEager;
  }

  onConnack(sessionPresent: boolean, returnCode: number): void {
    this.sessionPresent = sessionPresent;
    if (returnCode !== 0) this.fail(refusal(returnCode));
    else if (this.options.subscribe.length === 0) this.connected();
  }

  onOtherVersion(code: number): void {
    this.settle(failed("broker-refused", `it answers in MQTT 5, code ${code}`).failure);
  }

  onMessage(message: Incoming): void {
    if (!this.queue.add(message)) this.onDropped(undefined, `too many wait, on ${message.topic}`);
  }

  /** Before the connection is told of nobody has asked for anything. */
  onStream(topic: string): PayloadSink | undefined {
    return this.resolve ? undefined : this.options.stream?.(topic);
  }

  onDropped(packetId: number | undefined, why: string): void {
    this.options.onNote?.(`mqtt: a message was dropped: ${why}`);
    this.acknowledge(packetId);
  }

  // Of the client.

  control({ operation, id, payload }: ControlMessage): void {
    if (operation === PACKET.connack) {
      // Sent after `writable`, which the client calls right after this.
      this.isSubscribeUnsent = this.options.subscribe.length > 0;
    } else if (operation === PACKET.suback) {
      // One that nobody asked for is a mistake of the protocol (MQTT 3.1.1 §4.8).
      if (!this.resolve || this.isSubscribeUnsent || id !== SUBSCRIBE_ID) this.failed();
      else this.subscribed(payload ?? []);
    } else if (operation === PACKET.puback && this.outbound?.acknowledged(id ?? 0)) {
      this.queue.add(id!);
      this.tellOfRoom();
    }
  }

  private subscribed(codes: readonly number[]): void {
    const refused = refusedTopic(this.options, codes);
    if (refused === undefined) this.connected();
    else this.settle(failed("topic-refused", refused).failure);
  }

  private connected(): void {
    this.parts.clock.cancel(this.timeout);
    this.watchSilence();
    this.resolve?.(success<MqttSession>(this));
    this.resolve = undefined;
    this.queue.open();
  }

  writable(count: number): void {
    this.outbound!.writable(count);
    if (this.isSending) return;
    this.isSending = true;
    this.parts.clock.after(0, send, this);
  }

  /** In a turn of its own: a record of TLS goes deep, and the packet that the client tells of room for is below. */
  send(): void {
    this.isSending = false;
    const outbound = this.outbound!;
    if (!outbound.isOpen) return;
    if (this.isSubscribeUnsent) {
      this.isSubscribeUnsent = !outbound.subscribe(this.options);
      if (!this.isSubscribeUnsent) this.tell("subscribing");
    }
    outbound.flush();
    this.queue.tellSoon();
    this.tellOfRoom();
  }

  acknowledge(packetId: number | undefined): void {
    if (packetId === undefined || !this.isWanted) return;
    if (!this.outbound?.acknowledge(packetId)) this.fail("broker-closed");
  }

  private tellOfRoom(): void {
    if (!this.resolve && this.outbound?.takeWish()) this.queue.add("writable");
  }

  /** A fault of the application does not end the connection. */
  tell(event: MqttEvent | "subscribing"): void {
    const options = this.options;
    try {
      if (typeof event === "number") options.onAcknowledged?.(event);
      else if (event === "writable") options.onWritable?.();
      else if (event === "subscribing") options.onSubscribing?.(this);
      else options.onMessage(event);
    } catch (error) {
      reportFault("mqtt", error);
    }
    if (typeof event === "object") this.acknowledge(event.packetId);
  }

  get isReady(): boolean {
    return !this.outbound?.isInDebt && this.options.isReady?.() !== false;
  }

  get isStuck(): boolean {
    return this.outbound?.isAwaited === true && this.options.isReady?.() === false;
  }

  onLeft(): void {
    if (!this.options.cleanSession && !this.outbound?.isAwaited) this.fail("broker-closed");
  }

  /** Somebody who is there answers each ping, and those go out more often than this. */
  watchSilence(): void {
    const { clock } = this.parts;
    const limitMs = this.options.keepAliveMs * SILENT_KEEP_ALIVES;
    if (limitMs === 0) return;
    const leftMs = this.heardMs + limitMs - clock.ticksMs();
    if (leftMs > 0) this.timeout = clock.after(leftMs, watchSilence, this);
    else this.fail("broker-closed");
  }

  /** What the client has met, as far as it says: nothing. */
  failed(): void {
    this.fail(this.errorReason);
  }

  fault(error: unknown): void {
    reportFault("mqtt", error);
    this.failed();
  }

  fail(reason: Reason): void {
    this.settle(failed(reason).failure);
  }

  private settle(failure: Failure): void {
    const { clock, calendar } = this.parts;
    const client = this.outbound?.close();
    clock.cancel(this.timeout);
    // Who waits for the end counts what was acknowledged before it.
    this.queue.close();
    if (failure.reason === "tls-expired") calendar.doubt();
    // A broker that cannot do with what comes before its CONNACK says nothing, or closes.
    if (this.resolve && this.errorReason === "broker-closed" && PUZZLED.includes(failure.reason))
      this.parts.isEager = !this.parts.isEager;
    this.resolve?.({ ok: false, failure });
    this.resolve = undefined;
    this.end(failure);
    // Not inside the client's own callback: it goes on with its state after the callback returns.
    if (client) clock.after(0, closeClient, client);
  }
}

function timeOut(connection: MqttConnection): void {
  connection.fail("timeout");
}

function send(connection: MqttConnection): void {
  try {
    connection.send();
  } catch (error) {
    connection.fault(error);
  }
}

function watchSilence(connection: MqttConnection): void {
  connection.watchSilence();
}
