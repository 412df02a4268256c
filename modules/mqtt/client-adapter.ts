/** The SDK's MQTT client (ECMA-419): how it is made, and how its calls reach the connection. */
import MQTTClient from "embedded:network/mqtt/client";
import { reportFault } from "../base/guard.js";
import { Resolver, type ResolverEvents } from "../socket/resolver-adapter.js";
import type { MqttOptions } from "./mqtt.js";
import { type PacketEvents, PacketSocket } from "./socket-adapter.js";

export interface ControlMessage {
  readonly operation: number;
  readonly id?: number;
  readonly payload?: readonly number[];
}

/** The connection over the client, its resolver and its socket. */
export interface ClientEvents extends ResolverEvents, PacketEvents {
  control(message: ControlMessage): void;
  /** There is room for so many bytes. */
  writable(count: number): void;
  /** The client has met an error; it does not say which. */
  failed(): void;
}

/** What the typings leave out: `target`, and what `write` takes and gives. */
export interface Client {
  readonly target: ClientEvents;
  write(data: ArrayBuffer | null, options: object): number;
  close(): void;
}

export function openClient(options: MqttOptions, events: ClientEvents): Client {
  const { host, port, clientId, username, password, cleanSession, keepAliveMs, will, qos } = options;
  return new MQTTClient({
    target: events,
    host,
    port,
    id: clientId,
    user: username,
    // Without a user there is none (MQTT 3.1.1 §3.1.2.9): brokers close the connection for it.
    password: username && password.reveal(),
    clean: cleanSession,
    keepAlive: keepAliveMs,
    ...(will && { will: { topic: will.topic, message: will.payload, QoS: qos, retain: will.retain ?? false } }),
    dns: { io: Resolver, target: events },
    socket: { io: PacketSocket, events },
    onControl,
    onWritable,
    onError,
  } as unknown as ConstructorParameters<typeof MQTTClient>[0]) as unknown as Client;
}

export function closeClient(client: Client): void {
  client.close();
}

// Some of its calls come out of its own timers, above no connection's guard.

/** The typings say (opcode, message); the client calls with one message (mqttclient.js). */
function onControl(this: Client, message: ControlMessage): void {
  try {
    this.target.control(message);
  } catch (error) {
    this.target.fault(error);
  }
}

function onWritable(this: Client, count: number): void {
  try {
    this.target.writable(count);
  } catch (error) {
    this.target.fault(error);
  }
}

function onError(this: Client): void {
  try {
    this.target.failed();
  } catch (error) {
    reportFault("mqtt", error);
  }
}
