import MQTTClient from "embedded:network/mqtt/client";
import type { Clock } from "../clock/clock.js";
import type { Calendar } from "../clock/set.js";
import { type Failure, failed, type Reason, type Result, success } from "../failure/failure.js";
import { guarded } from "../guard/guard.js";
import { Resolver } from "../resolver/adapter.js";
import type { Authorities } from "../tls/adapter.js";
import {
  MAX_PACKET_BYTES,
  type MqttConnect,
  type MqttOptions,
  type MqttSession,
  type Outgoing,
  type Published,
} from "./mqtt.js";
import { News } from "./news.js";
import { PacketIds } from "./packet-ids.js";
import { type PacketEvents, PacketSocket } from "./socket-adapter.js";

/** Messages of quality 1 that the broker has not acknowledged: more than a broker takes at once (mosquitto: 20). */
const MAX_IN_FLIGHT = 32;
/** Acknowledgements for whose four bytes there is no room: the broker sends and does not read. */
const MAX_UNSENT_ACKNOWLEDGEMENTS = 256;
/** MQTT 3.1.1 §3.1.2.10 has it for brokers. */
const SILENT_KEEP_ALIVES = 1.5;
const SUBSCRIBE_ID = 1;
const SUBACK_FAILURE = 0x80;
/** Fixed header, topic length and packet id at most. */
const FRAMING_BYTES = 9;
const PUBACK_BYTES = 4;

/**
 * The SDK's MQTT client (ECMA-419).
 * @param calendar asked for the time before each connection over TLS: certificates have dates
 * @param authorities trusted beside the build's
 */
export function createMqtt(
  clock: Clock,
  calendar: Pick<Calendar, "ensure" | "doubt">,
  authorities: Authorities,
): MqttConnect {
  let ids = new PacketIds(SUBSCRIBE_ID);
  return async (options) => {
    await undefined; // see http/client-adapter.ts
    if (options.tls) await calendar.ensure();
    // What is new has other ids than what the session before has left to send again.
    ids = new PacketIds(ids.last);
    const result = await new Promise<Result<MqttSession>>((resolve) => {
      new Session(clock, options, authorities, ids, resolve);
    });
    if (!result.ok && result.failure.reason === "tls-expired") calendar.doubt();
    return result;
  };
}

class Session implements MqttSession {
  #clock: Clock;
  #options: MqttOptions;
  #authorities: Authorities;
  #client: MQTTClient | undefined;
  #resolve: ((result: Result<MqttSession>) => void) | undefined;
  #end!: (failure: Failure) => void;
  #cancelTimeout: () => void;
  #cancelSilence: () => void = () => {};
  #errorReason: Reason = "unreachable";
  #returnCode = 0;
  #isSubscribeUnsent = false;
  #ids: PacketIds;
  /** Packet ids. */
  #unsentAcknowledgements: number[] = [];
  #roomBytes = 0;
  #isRoomWanted = false;
  #heardMs = 0;
  #news: News;
  sessionPresent = false;
  readonly ended: Promise<Failure>;

  constructor(
    clock: Clock,
    options: MqttOptions,
    authorities: Authorities,
    ids: PacketIds,
    resolve: (result: Result<MqttSession>) => void,
  ) {
    this.#clock = clock;
    this.#options = options;
    this.#authorities = () => options.authorities ?? authorities();
    this.#ids = ids;
    this.#resolve = resolve;
    this.#news = new News(clock, options, ({ packetId }) => this.#acknowledge(packetId));
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

  publish({ topic, payload, retain = false, qos, packetId, duplicate = false }: Outgoing): Published {
    const data = ArrayBuffer.fromString(payload);
    const bytes = data.byteLength + byteLength(topic) + FRAMING_BYTES;
    if (bytes > MAX_PACKET_BYTES) return "too-large";
    const isWindowFull = qos === 1 && packetId === undefined && this.#ids.inFlight >= MAX_IN_FLIGHT;
    const id = qos === 0 ? 0 : (packetId ?? this.#ids.next());
    const options = { topic, QoS: qos, retain, duplicate, id };
    if (this.#resolve || isWindowFull || bytes > this.#roomBytes || !this.#write(data, options)) {
      this.#isRoomWanted = true;
      return "later";
    }
    if (qos === 1) this.#ids.take(id);
    return { packetId: id };
  }

  close(failure: Failure, leaves = false): void {
    if (leaves) this.#write(null, { operation: MQTTClient.DISCONNECT });
    this.#settle(failure);
  }

  #start(): void {
    const { host, port, clientId, username, password, cleanSession, keepAliveMs, will, qos } = this.#options;
    const onError = () => this.#fail(this.#errorReason);
    this.#client = new MQTTClient({
      host,
      port,
      id: clientId,
      user: username,
      // Without a user there is none (MQTT 3.1.1 §3.1.2.9): brokers close the connection for it.
      password: username && password.reveal(),
      clean: cleanSession,
      keepAlive: keepAliveMs,
      ...(will && { will: { topic: will.topic, message: will.payload, QoS: qos, retain: will.retain ?? false } }),
      dns: { io: Resolver, unknown: () => this.#fail("name-unknown"), isWanted: () => this.#client !== undefined },
      socket: { io: PacketSocket, ...this.#socketEvents() },
      // The typings say (opcode, message); the SDK's client calls with one message (mqttclient.js).
      onControl: guarded("mqtt", (message: unknown) => this.#control(message as ControlMessage), onError) as () => void,
      onWritable: guarded("mqtt", (count: number) => this.#writable(count), onError),
      onError: guarded("mqtt", onError),
    });
  }

  #socketEvents(): PacketEvents {
    return {
      tls: this.#options.tls,
      identity: this.#options.identity,
      authorities: this.#authorities,
      onOpen: () => {
        this.#errorReason = "broker-closed";
      },
      onRefused: (reason) => this.#fail(reason),
      onHeard: () => {
        this.#heardMs = this.#clock.ticksMs();
      },
      onConnack: (sessionPresent, returnCode) => {
        this.sessionPresent = sessionPresent;
        this.#returnCode = returnCode;
      },
      onMessage: (message) => {
        if (!this.#news.add(message)) this.#noteDropped(`too early, on ${message.topic}`);
      },
      // Before the session is told of nobody has asked for anything.
      onStream: (topic) => (this.#resolve ? undefined : this.#options.stream?.(topic)),
      onStreamed: (packetId) => this.#acknowledge(packetId),
      onDropped: (packetId, why) => {
        this.#noteDropped(why);
        this.#acknowledge(packetId);
      },
    };
  }

  #control({ operation, id, payload }: ControlMessage): void {
    if (operation === MQTTClient.CONNACK) {
      this.#watchSilence();
      // Sent by `#writable`, which the client calls right after this.
      if (this.#options.subscribe.length > 0) this.#isSubscribeUnsent = true;
      else this.#connected();
    } else if (operation === MQTTClient.SUBACK && this.#resolve) this.#subscribed(payload ?? []);
    else if (operation === MQTTClient.PUBACK && this.#ids.free(id ?? 0)) {
      this.#news.add(id!);
      this.#tellOfRoom();
    }
  }

  #subscribed(codes: readonly number[]): void {
    const { subscribe, qos, onNote } = this.#options;
    for (let index = 0; index < subscribe.length; index++) {
      const [topic, code] = [subscribe[index]!, codes[index] ?? SUBACK_FAILURE];
      if (code >= SUBACK_FAILURE) {
        this.#settle(failed("topic-refused", topic).failure);
        return;
      }
      if (code < qos) onNote?.(`mqtt: the broker grants quality ${code} for ${topic}, not ${qos}`);
    }
    this.#connected();
  }

  #connected(): void {
    this.#cancelTimeout();
    this.#resolve?.(success<MqttSession>(this));
    this.#resolve = undefined;
    this.#news.open();
  }

  #writable(count: number): void {
    this.#roomBytes = count;
    this.#flush();
    this.#tellOfRoom();
  }

  /** What the session itself has to say. */
  #flush(): void {
    const { subscribe, qos } = this.#options;
    if (this.#isSubscribeUnsent) {
      const items = subscribe.map((topic) => ({ topic, QoS: qos }));
      this.#isSubscribeUnsent = !this.#write(null, { operation: MQTTClient.SUBSCRIBE, id: SUBSCRIBE_ID, items });
    }
    const unsent = this.#unsentAcknowledgements;
    while (unsent.length > 0 && this.#roomBytes >= PUBACK_BYTES) {
      if (this.#write(null, { operation: MQTTClient.PUBACK, id: unsent[0] })) unsent.shift();
    }
  }

  /** @returns false where there is no room; the next `#writable` tells of some */
  #write(data: ArrayBuffer | null, options: object): boolean {
    const client = this.#client as { write(data: ArrayBuffer | null, options: object): number } | undefined;
    try {
      this.#roomBytes = client?.write(data, options) ?? 0;
      return client !== undefined;
    } catch {
      this.#roomBytes = 0; // the client's own packets took the room
      return false;
    }
  }

  #noteDropped(why: string): void {
    this.#options.onNote?.(`mqtt: a message was dropped: ${why}`);
  }

  #acknowledge(packetId: number | undefined): void {
    if (packetId === undefined || !this.#client) return;
    this.#unsentAcknowledgements.push(packetId);
    if (this.#unsentAcknowledgements.length > MAX_UNSENT_ACKNOWLEDGEMENTS) this.#fail("broker-closed");
    else this.#flush();
  }

  #tellOfRoom(): void {
    if (!this.#isRoomWanted || this.#resolve) return;
    this.#isRoomWanted = false;
    this.#news.add("writable");
  }

  /** Somebody who is there answers each ping, and those go out more often than this. */
  #watchSilence(): void {
    const limitMs = this.#options.keepAliveMs * SILENT_KEEP_ALIVES;
    if (limitMs === 0) return;
    const leftMs = this.#heardMs + limitMs - this.#clock.ticksMs();
    if (leftMs > 0) this.#cancelSilence = this.#clock.after(leftMs, () => this.#watchSilence());
    else this.#fail("broker-closed");
  }

  #fail(reason: Reason): void {
    this.#settle(failed(this.#refusal() ?? reason).failure);
  }

  /** MQTT 3.1.1 §3.2.2.3 */
  #refusal(): Reason | undefined {
    const code = this.#returnCode;
    if (code === 0) return undefined;
    if (code === 3) return "broker-busy";
    return code === 4 || code === 5 ? "broker-credentials" : "broker-refused";
  }

  #settle(failure: Failure): void {
    const client = this.#client;
    this.#cancelTimeout();
    this.#cancelSilence();
    this.#client = undefined;
    this.#roomBytes = 0;
    this.#unsentAcknowledgements = [];
    // Who waits for the end counts what was acknowledged before it.
    this.#news.close();
    this.#resolve?.({ ok: false, failure });
    this.#resolve = undefined;
    this.#end(failure);
    // Not inside the client's own callback: it goes on with its state after the callback returns.
    if (client) this.#clock.after(0, () => client.close());
  }
}

interface ControlMessage {
  readonly operation: number;
  readonly id?: number;
  readonly payload?: readonly number[];
}

function byteLength(text: string): number {
  return ArrayBuffer.fromString(text).byteLength;
}
