import MQTTClient from "embedded:network/mqtt/client";
import type { Clock } from "../clock/clock.js";
import { type Failure, failed, type Reason, type Result, success } from "../failure/failure.js";
import { guarded } from "../guard/guard.js";
import { Resolver } from "../resolver/adapter.js";
import { GuardedTcp } from "../socket/adapter.js";
import { Collector } from "../socket/collector.js";
import { HeaderWatch } from "./headers.js";
import {
  type Incoming,
  MAX_PAYLOAD_BYTES,
  type Message,
  type MqttConnect,
  type MqttOptions,
  type MqttSession,
} from "./mqtt.js";

/** Messages that wait for room in the socket. */
const MAX_WAITING = 16;
const SUBSCRIBE_ID = 1;
const MAX_PACKET_ID = 0xffff;
const SUBACK_FAILURE = 0x80;

/** The SDK's MQTT client (ECMA-419). */
export function createMqtt(clock: Clock): MqttConnect {
  return (options) =>
    new Promise((resolve) => {
      new Session(clock, options, resolve);
    });
}

interface Outgoing {
  readonly data: ArrayBuffer | null;
  readonly options: object;
  readonly bytes: number;
}

class Session implements MqttSession {
  #clock: Clock;
  #options: MqttOptions;
  #client: MQTTClient | undefined;
  #resolve: ((result: Result<MqttSession>) => void) | undefined;
  #end!: (failure: Failure) => void;
  #cancelTimeout: () => void;
  #waiting: Outgoing[] = [];
  #early: Incoming[] = [];
  #packetId = SUBSCRIBE_ID;
  #writableBytes = 0;
  #headers = new HeaderWatch();
  #errorReason: Reason = "unreachable";
  #incoming: { topic: string; bytes: number; payload: Collector; retained: boolean } | undefined;
  readonly ended: Promise<Failure>;

  constructor(clock: Clock, options: MqttOptions, resolve: (result: Result<MqttSession>) => void) {
    this.#clock = clock;
    this.#options = options;
    this.#resolve = resolve;
    this.ended = new Promise((end) => {
      this.#end = end;
    });
    this.#cancelTimeout = clock.after(options.timeoutMs, () => this.#fail("timeout"));
    guarded(
      "mqtt",
      () => this.#start(),
      () => this.#fail("unreachable"),
    )();
  }

  publish({ topic, payload, retain = false }: Message): boolean {
    const data = ArrayBuffer.fromString(payload);
    if (!this.#client || data.byteLength > MAX_PAYLOAD_BYTES || this.#waiting.length >= MAX_WAITING) return false;
    const bytes = data.byteLength + ArrayBuffer.fromString(topic).byteLength + FRAMING_BYTES;
    // The SDK's own counter comes to 0, which no packet may have (MQTT 3.1.1 §2.3.1).
    this.#packetId = (this.#packetId % MAX_PACKET_ID) + 1;
    this.#waiting.push({ data, options: { topic, QoS: this.#options.qos, retain, id: this.#packetId }, bytes });
    this.#flush();
    return true;
  }

  close(failure: Failure): void {
    this.#settle(failure);
  }

  #start(): void {
    const { host, port, clientId, username, password, keepAliveMs, will, qos } = this.#options;
    const onError = () => this.#fail(this.#errorReason);
    this.#client = new MQTTClient({
      host,
      port,
      id: clientId,
      user: username,
      password: password.reveal(),
      clean: true,
      keepAlive: keepAliveMs,
      ...(will && { will: { topic: will.topic, message: will.payload, QoS: qos, retain: will.retain ?? false } }),
      dns: { io: Resolver, unknown: () => this.#fail("name-unknown"), isWanted: () => this.#client !== undefined },
      socket: {
        io: GuardedTcp,
        onOpen: () => this.#opened(),
        onByte: (position: number, byte: number) => this.#headers.see(position, byte),
      },
      // The typings say (opcode, message); the SDK's client calls with one message (mqttclient.js).
      onControl: guarded("mqtt", (message: unknown) => this.#control(message as ControlMessage), onError) as () => void,
      onReadable: guarded(
        "mqtt",
        (count: number, info: { topic?: string; more: boolean }) => this.#receive(count, info),
        onError,
      ),
      onWritable: guarded("mqtt", (count: number) => this.#writable(count), onError),
      onError: guarded("mqtt", onError),
    });
  }

  #opened(): void {
    this.#errorReason = "broker-closed";
  }

  #control(message: ControlMessage): void {
    if (message.operation === MQTTClient.CONNACK) {
      const { subscribe, qos } = this.#options;
      if (subscribe.length === 0) {
        this.#connected();
        return;
      }
      const items = subscribe.map((topic) => ({ topic, QoS: qos }));
      const bytes = items.reduce((sum, { topic }) => sum + topic.length + 3, FRAMING_BYTES);
      this.#waiting.push({ data: null, options: { operation: MQTTClient.SUBSCRIBE, id: SUBSCRIBE_ID, items }, bytes });
      // Not from in here: the client calls onWritable right after this.
    } else if (message.operation === MQTTClient.SUBACK) {
      if (message.payload?.some((code) => code >= SUBACK_FAILURE)) this.#fail("topic-refused");
      else this.#connected();
    }
  }

  #connected(): void {
    this.#cancelTimeout();
    this.#resolve?.(success<MqttSession>(this));
    this.#resolve = undefined;
    for (const message of this.#early.splice(0)) this.#deliver(message);
  }

  #writable(count: number): void {
    this.#writableBytes = count;
    this.#flush();
  }

  #flush(): void {
    const write = this.#client?.write as ((data: ArrayBuffer | null, options: object) => number) | undefined;
    for (let next = this.#waiting[0]; next && next.bytes <= this.#writableBytes; next = this.#waiting[0]) {
      try {
        this.#writableBytes = write?.call(this.#client, next.data, next.options) ?? 0;
        this.#waiting.shift();
      } catch {
        this.#writableBytes = 0; // the client's own acknowledgements took the room: the next onWritable tells
      }
    }
  }

  /** A message can come in parts; one that is too large is read and dropped. */
  #receive(count: number, { topic, more }: { topic?: string; more: boolean }): void {
    if (topic !== undefined)
      this.#incoming = { topic, bytes: 0, payload: new Collector(), retained: this.#headers.isRetained };
    const chunk = this.#client?.read(count);
    const incoming = this.#incoming;
    if (!incoming) return;
    incoming.bytes += count;
    if (incoming.bytes > MAX_PAYLOAD_BYTES) incoming.payload = new Collector();
    else if (chunk) incoming.payload.add(chunk);
    if (more) return;
    this.#incoming = undefined;
    if (incoming.bytes > MAX_PAYLOAD_BYTES) return;
    const payload = incoming.payload.text();
    const { topic: name, retained } = incoming;
    if (payload !== undefined) this.#deliver({ topic: name, payload, retained });
  }

  /** What comes before the session is told of waits for it. */
  #deliver(message: Incoming): void {
    if (this.#resolve) {
      if (this.#early.length < MAX_WAITING) this.#early.push(message);
      return;
    }
    // In a turn of its own: a fault of the application must not end the session.
    this.#clock.after(0, () => this.#options.onMessage(message));
  }

  #fail(reason: Reason): void {
    this.#settle(failed(this.#refusal() ?? reason).failure);
  }

  /** MQTT 3.1.1 §3.2.2.3 */
  #refusal(): Reason | undefined {
    const { connackCode } = this.#headers;
    if (!connackCode) return undefined;
    if (connackCode === 3) return "broker-busy";
    return connackCode === 4 || connackCode === 5 ? "broker-credentials" : "broker-refused";
  }

  #settle(failure: Failure): void {
    const client = this.#client;
    this.#cancelTimeout();
    this.#client = undefined;
    this.#waiting = [];
    this.#resolve?.({ ok: false, failure });
    this.#resolve = undefined;
    this.#end(failure);
    // Not inside the client's own callback: it goes on with its state after the callback returns.
    if (client) this.#clock.after(0, () => client.close());
  }
}

interface ControlMessage {
  readonly operation: number;
  readonly payload?: readonly number[];
}

/** Fixed header, topic length and packet id at most. */
const FRAMING_BYTES = 9;
