/** Messages a second: the device's MQTT stack over the mocked SDK, and MQTT.js, on one broker and one machine. */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { Aedes } from "aedes";
import { connectAsync } from "mqtt";
import { type Delivery, WINDOW } from "../agent/session/outbox/delivery.js";
import { Outbox } from "../agent/session/outbox/outbox.js";
import { listen } from "../mocks/cloud/http.js";
import { freePort } from "../mocks/device/ports.js";
import { Secret } from "../modules/base/secret.js";
import type { Clock } from "../modules/clock/clock.js";
import type { MqttConnect, MqttOptions, MqttSession, Qos } from "../modules/mqtt/mqtt.js";
import { ScriptedStore } from "../tests/scripted/store.js";

export interface MessageRate {
  readonly stack: string;
  readonly qos: Qos;
  readonly perSecond: number;
  /** Of this process: everything but the broker. */
  readonly cpuMicroseconds: number;
}

export interface MessageRates {
  readonly broker: string;
  readonly rates: readonly MessageRate[];
}

/** @returns when the broker has acknowledged the last one; of quality 0, a message of quality 1 right behind it */
type PublishAll = (count: number, qos: Qos) => Promise<void>;

interface Stack {
  readonly name: string;
  open(port: number, clock: Clock, mqtt: MqttConnect): Promise<{ publishAll: PublishAll; close(): void }>;
}

const HOST = "127.0.0.1";
const TOPIC = "devices/d/data";
export const PAYLOAD = JSON.stringify({ sensor: "wifi", rssi: -61, uptime: 86_400, timestamp: "2026-01-01T00:00:00Z" });
const COUNTS: Readonly<Record<Qos, number>> = { 0: 10_000, 1: 5_000 };
const ROUNDS = 5;
const KEEP_ALIVE_MS = 60_000;
/** As many as a product may have in the outbox, and less than fall off. */
const QUEUED = 40;

async function openSession(
  port: number,
  mqtt: MqttConnect,
  events: Pick<MqttOptions, "onAcknowledged" | "onWritable">,
): Promise<MqttSession> {
  const result = await mqtt({
    ...{ host: HOST, port, tls: false, clientId: "device", username: "", password: new Secret("") },
    ...{ cleanSession: true, keepAliveMs: KEEP_ALIVE_MS, timeoutMs: 10_000, subscribe: [], qos: 1 },
    onMessage() {},
    ...events,
  });
  if (!result.ok) throw new Error(result.failure.reason);
  return result.value;
}

const adapter: Stack = {
  name: "the device's session (modules/mqtt)",
  async open(port, _clock, mqtt) {
    let go = () => {};
    let acknowledged = 0;
    const session = await openSession(port, mqtt, {
      onAcknowledged: () => {
        acknowledged++;
        go();
      },
      onWritable: () => go(),
    });
    const publishAll: PublishAll = (count, qos) =>
      new Promise((resolve) => {
        let sent = 0;
        acknowledged = 0;
        const all = qos === 0 ? count + 1 : count;
        go = () => {
          while (sent < all && (qos === 0 || sent - acknowledged < WINDOW)) {
            const message = { topic: TOPIC, payload: PAYLOAD, qos: sent < count ? qos : 1 } as const;
            if (session.publish(message) === "later") break;
            sent++;
          }
          if (acknowledged === (qos === 0 ? 1 : count)) resolve();
        };
        go();
      });
    return { publishAll, close: () => session.close({ reason: "internal" }, true) };
  },
};

const outbox: Stack = {
  name: "the same behind its outbox, as products use it",
  async open(port, clock, mqtt) {
    const queue = new Outbox(clock, new ScriptedStore(), { note() {} });
    let attached: Delivery | undefined;
    let onLast = () => {};
    const session = await openSession(port, mqtt, {
      onAcknowledged(packetId) {
        attached?.onAcknowledged(packetId);
        onLast();
      },
      onWritable: () => attached?.drain(),
    });
    const publishAll: PublishAll = (count, qos) =>
      new Promise((resolve) => {
        attached = queue.attach(session, { data: TOPIC }, qos, KEEP_ALIVE_MS);
        let added = 0;
        const end = () => {
          if (qos === 1) resolve();
          else if (session.publish({ topic: TOPIC, payload: PAYLOAD, qos: 1 }) === "later") clock.after(0, end);
          else onLast = resolve;
        };
        const produce = () => {
          for (; added < count && queue.stats.queued < QUEUED; added++)
            queue.add({ topic: "data", payload: PAYLOAD, durable: false });
          if (added === count && queue.stats.queued === 0) end();
          else clock.after(0, produce);
        };
        onLast = () => {};
        produce();
      });
    return { publishAll, close: () => session.close({ reason: "internal" }, true) };
  },
};

const mqttJs: Stack = {
  name: "MQTT.js",
  async open(port) {
    const client = await connectAsync(`mqtt://${HOST}:${port}`, { clientId: "device", protocolVersion: 4 });
    // As the device's.
    (client.stream as Socket).setNoDelay?.(true);
    const publishAll: PublishAll = (count, qos) =>
      new Promise((resolve, reject) => {
        const most = qos === 0 ? QUEUED : WINDOW;
        let sent = 0;
        let done = 0;
        const onDone = (error?: Error | null) => {
          if (error) reject(error);
          else if (++done < count) go();
          else if (qos === 1) resolve();
          else client.publish(TOPIC, PAYLOAD, { qos: 1 }, () => resolve());
        };
        const go = () => {
          for (; sent < count && sent - done < most; sent++) client.publish(TOPIC, PAYLOAD, { qos }, onDone);
        };
        go();
      });
    return { publishAll, close: () => void client.endAsync() };
  },
};

/** The median of several rounds, in which each stack has its turn. */
export async function measureMessageRates(): Promise<MessageRates> {
  const { createMqtt } = await import("../modules/mqtt/adapter.js");
  const { SystemClock } = await import("../modules/clock/adapter.js");
  const clock = new SystemClock();
  const mqtt = createMqtt(
    clock,
    { ensure: () => Promise.resolve(), doubt() {}, earliestMs: 0, latestMs: Number.MAX_SAFE_INTEGER },
    () => [],
  );
  const broker = await openBroker();
  const rounds: MessageRate[] = [];
  try {
    for (let round = 0; round <= ROUNDS; round++) {
      for (const stack of [adapter, outbox, mqttJs]) {
        const { publishAll, close } = await stack.open(broker.port, clock, mqtt);
        for (const qos of [0, 1] as const) {
          const measured = await measure(publishAll, COUNTS[qos], qos);
          // The first round warms up.
          if (round > 0) rounds.push({ stack: stack.name, qos, ...measured });
        }
        close();
      }
    }
  } finally {
    broker.close();
  }
  const stacks = [adapter, outbox, mqttJs].flatMap(({ name }) => ([0, 1] as const).map((qos) => [name, qos] as const));
  const rates = stacks.map(([stack, qos]) => median(rounds.filter((one) => one.stack === stack && one.qos === qos)));
  return { broker: broker.name, rates };
}

async function measure(publishAll: PublishAll, count: number, qos: Qos) {
  const startMs = performance.now();
  const before = process.cpuUsage();
  await publishAll(count, qos);
  const { user, system } = process.cpuUsage(before);
  return { perSecond: (count * 1_000) / (performance.now() - startMs), cpuMicroseconds: (user + system) / count };
}

function median(rates: readonly MessageRate[]): MessageRate {
  const middle = (values: number[]) => Math.round(values.sort((a, b) => a - b)[values.length >> 1]!);
  return {
    ...rates[0]!,
    perSecond: middle(rates.map(({ perSecond }) => perSecond)),
    cpuMicroseconds: middle(rates.map(({ cpuMicroseconds }) => cpuMicroseconds)),
  };
}

interface OpenBroker {
  readonly name: string;
  readonly port: number;
  close(): void;
}

async function openBroker(): Promise<OpenBroker> {
  const path = ["/usr/sbin/mosquitto", "/opt/homebrew/sbin/mosquitto"].find((one) => existsSync(one));
  return path ? openMosquitto(path) : openAedes();
}

async function openMosquitto(path: string): Promise<OpenBroker> {
  const folder = mkdtempSync(join(tmpdir(), "esp32-online-bench-mqtt-"));
  const port = await freePort("tcp");
  const lines = [`user ${userInfo().username}`, "allow_anonymous true", `listener ${port} ${HOST}`];
  writeFileSync(join(folder, "mosquitto.conf"), [...lines, "set_tcp_nodelay true"].join("\n"));
  const broker = spawn(path, ["-c", join(folder, "mosquitto.conf")], { stdio: "ignore" });
  await untilListening(broker, port);
  const close = () => {
    broker.kill();
    rmSync(folder, { recursive: true, force: true });
  };
  return { name: "mosquitto", port, close };
}

/** In this process: its computing is in the figures. */
async function openAedes(): Promise<OpenBroker> {
  const aedes = await Aedes.createBroker();
  const server = createServer((socket) => void aedes.handle(socket.setNoDelay(true)));
  const port = await listen(server, 0);
  const close = () => {
    aedes.close();
    server.close();
  };
  return { name: "aedes in the same process (there is no mosquitto)", port, close };
}

async function untilListening(broker: ChildProcess, port: number): Promise<void> {
  for (;;) {
    if (broker.exitCode !== null) throw new Error("mosquitto does not start");
    const isListening = await new Promise((resolve) => {
      const socket = connect(port, HOST, () => {
        socket.destroy();
        resolve(true);
      });
      socket.on("error", () => resolve(false));
    });
    if (isListening) return;
    await new Promise((done) => setTimeout(done, 20));
  }
}
