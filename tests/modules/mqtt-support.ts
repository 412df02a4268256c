/** A real broker (aedes) and the device's MQTT adapter in front of it. */

import { createServer, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { Aedes, type AuthenticateError, type Client } from "aedes";
import { type Packet, parser } from "mqtt-packet";
import { afterEach, beforeEach } from "vitest";
import { type Identity, keyPem, pem } from "../../mocks/certificates.js";
import { link } from "../../mocks/moddable/link.js";
import type { Reason } from "../../modules/base/failure.js";
import { Secret } from "../../modules/base/secret.js";
import { createMqtt } from "../../modules/mqtt/adapter.js";
import type { MqttOptions, MqttSession } from "../../modules/mqtt/mqtt.js";
import { rightCalendar } from "../calendar.js";
import { pause } from "../moddable/support.js";
import { givenAuthorities } from "../tls/support.js";
import { fasterClock, listening } from "./net-support.js";

export let broker: Aedes;
let port: number;
/** The broker's side of each connection, the newest last. */
export const sockets: Socket[] = [];
const sessions: MqttSession[] = [];
/** What has come to the application. */
export const received: [string, string][] = [];

beforeEach(async () => {
  broker = await Aedes.createBroker();
  port = await listening(
    createServer((socket) => {
      sockets.push(socket);
      broker.handle(socket);
    }),
  );
  received.length = 0;
});

afterEach(async () => {
  link.up = true;
  for (const session of sessions.splice(0)) session.close({ reason: "internal" });
  await pause(10);
  for (const socket of sockets.splice(0)) socket.destroy();
  await new Promise<void>((done) => broker.close(() => done()));
});

/** The same broker over TLS. */
export function brokerPort(chain: readonly Identity[], options: object = {}): Promise<number> {
  const server = createTlsServer({ key: keyPem(chain[0]!), cert: pem(...chain), ...options }, (socket) => {
    sockets.push(socket);
    socket.on("error", () => {});
    broker.handle(socket);
  });
  return listening(server.on("tlsClientError", () => {}));
}

export function connect(
  change: Partial<MqttOptions> = {},
  times = 1,
  mqtt = createMqtt(fasterClock(times), rightCalendar, givenAuthorities),
) {
  return mqtt({
    host: "127.0.0.1",
    port,
    tls: false,
    cleanSession: true,
    clientId: "device",
    username: "user",
    password: new Secret("pass-word"),
    keepAliveMs: 60_000,
    timeoutMs: 30_000,
    subscribe: ["devices/d/control"],
    qos: 1,
    onMessage: ({ topic, payload }) => void received.push([topic, payload]),
    ...change,
  });
}

export async function connected(change: Partial<MqttOptions> = {}): Promise<MqttSession> {
  const result = await connect(change);
  if (!result.ok) throw new Error(result.failure.reason);
  sessions.push(result.value);
  return result.value;
}

export async function reasonOf(change: Partial<MqttOptions> = {}, times = 1): Promise<Reason | undefined> {
  const result = await connect(change, times);
  return result.ok ? undefined : result.failure.reason;
}

export const send = (payload: string | Buffer, topic = "devices/d/control", qos: 0 | 1 = 1, retain = false) =>
  new Promise<void>((done) =>
    broker.publish({ cmd: "publish", topic, payload, qos, retain, dup: false }, () => done()),
  );

export function published(): { topic: string; payload: string; qos: number; retain: boolean }[] {
  const packets: ReturnType<typeof published> = [];
  broker.on("publish", ({ topic, payload, qos, retain }, client) => {
    if (client) packets.push({ topic, payload: payload.toString(), qos, retain });
  });
  return packets;
}

/** A server that hears packets, and answers with bytes. */
export const onPackets = (hear: (packet: Packet, socket: Socket) => void): Promise<number> =>
  listening(
    createServer((socket) => {
      const packets = parser({ protocolVersion: 4 }).on("packet", (packet) => hear(packet, socket));
      socket.on("data", (bytes) => packets.parse(bytes)).on("error", () => {});
    }),
  );

export const refuse =
  (code: number) =>
  (
    _client: Client,
    _user: unknown,
    _password: unknown,
    done: (error: AuthenticateError | null, success: boolean | null) => void,
  ) =>
    done(Object.assign(new Error("no"), { returnCode: code }) as AuthenticateError, false);
