/** A broker that sends more than the device can take, or what makes no sense. */
import { createServer, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { afterEach, describe, expect, test, vi } from "vitest";
import { keyPem, pem } from "../../mocks/certificates.js";
import type { MqttOptions, MqttSession } from "../../modules/mqtt/mqtt.js";
import { pause, until } from "../moddable/support.js";
import { authority, goodCertificate } from "../tls/identities.js";
import { trust } from "../tls/support.js";
import { acceptMqtt, connack, mqttAttacks, publishes } from "./mqtt-attacks.js";
import { connect } from "./mqtt-support.js";
import { listening } from "./net-support.js";

const root = authority("ec");
const server = goodCertificate(root, "ec");

/** @returns the port of a broker that says this once it has accepted the device */
function brokerSaying(then: (socket: Socket) => void, tls = false): Promise<number> {
  const accept = (socket: Socket) => acceptMqtt(socket, then);
  if (!tls) return listening(createServer(accept));
  trust(root);
  const secured = createTlsServer({ key: keyPem(server), cert: pem(server) }, accept);
  return listening(secured.on("tlsClientError", () => {}));
}

const sessions: MqttSession[] = [];
afterEach(() => {
  vi.restoreAllMocks();
  for (const session of sessions.splice(0)) session.close({ reason: "internal" });
});

async function connected(change: Partial<MqttOptions>, times = 1): Promise<MqttSession> {
  const result = await connect(change, times);
  if (!result.ok) throw new Error(result.failure.reason);
  sessions.push(result.value);
  return result.value;
}

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

describe.each([
  ["TCP", false],
  ["TLS", true],
])("messages that nobody takes, over %s", (_label, tls) => {
  test.each([0, 1] as const)(
    "quality %i: the socket is not read for more than 64 of them; then all come, in order",
    async (qos) => {
      const read = vi.spyOn(String, "fromArrayBuffer");
      const told: number[] = [];
      let isReady = true;
      const port = await brokerSaying((socket) => {
        isReady = false;
        socket.write(publishes(1_000, qos));
      }, tls);
      const session = await connected({
        port,
        tls,
        isReady: () => isReady,
        onMessage: ({ payload }) => void told.push(Number(payload)),
      });
      await pause(200);
      // A topic and a payload of each.
      expect(read.mock.calls.length).toBeLessThanOrEqual(2 * 64 + 2);
      expect(told).toEqual([]);
      isReady = true;
      session.publish({ topic: "t", payload: "an answer has gone out", qos: 0 });
      await until(() => told.length === 1_000, "all messages");
      expect(told).toEqual(numbers(1_000));
    },
  );
});

test("where no room comes for seconds one message is told all the same: acknowledgements may stand behind it", async () => {
  const told: number[] = [];
  const port = await brokerSaying((socket) => socket.write(publishes(100, 1)));
  const onMessage: MqttOptions["onMessage"] = ({ payload }) => void told.push(Number(payload));
  await connected({ port, keepAliveMs: 0, isReady: () => false, onMessage }, 200);
  await until(() => told.length === 100, "each in its turn");
  expect(told).toEqual(numbers(100));
});

test("what makes room does not wait behind messages", async () => {
  const events: (number | string)[] = [];
  let puback: Uint8Array = connack;
  let broker: Socket | undefined;
  const port = await brokerSaying((socket) => {
    broker = socket;
  });
  const session = await connected({
    port,
    isReady: () => events.length > 0,
    onMessage: ({ payload }) => void events.push(payload),
    onAcknowledged: (packetId) => void events.push(packetId),
  });
  const published = session.publish({ topic: "t", payload: "x", qos: 1 });
  if (typeof published !== "object") throw new Error(published);
  puback = Uint8Array.of(0x40, 2, 0, published.packetId);
  broker!.write(Buffer.concat([publishes(1, 1, () => "message"), puback]));
  await until(() => events.length === 2, "both");
  expect(events).toEqual([published.packetId, "message"]);
});

test("while acknowledgements make room the broker is read; what finds none comes again in a later connection", async () => {
  const told: string[] = [];
  let acknowledged = 0;
  const answered = Uint8Array.of(0x40, 2, 0, 2);
  const port = await brokerSaying((socket) =>
    setTimeout(() => socket.write(Buffer.concat([publishes(100, 1), answered, publishes(1, 1, () => "behind")])), 50),
  );
  const session = await connected({
    port,
    cleanSession: false,
    isReady: () => acknowledged > 0,
    onMessage: ({ payload }) => void told.push(payload),
    onAcknowledged: () => void acknowledged++,
  });
  expect(session.publish({ topic: "t", payload: "x", qos: 1 })).toEqual({ packetId: 2 });
  expect(await session.ended).toMatchObject({ reason: "broker-closed" });
  expect([acknowledged, told]).toEqual([1, numbers(64).map(String)]);
});

test("before the connection is told of, messages beyond the bound are dropped, and the SUBACK behind them is heard", async () => {
  const notes: string[] = [];
  const told: string[] = [];
  const port = await listening(
    createServer((socket) => {
      const write = socket.write.bind(socket);
      acceptMqtt(socket, () => {});
      // The broker's window is full of what it kept, in front of everything else.
      socket.once("data", () => write(publishes(100, 1)));
    }),
  );
  await connected({
    port,
    onMessage: ({ payload }) => void told.push(payload),
    onNote: (note) => void notes.push(note),
  });
  await until(() => told.length > 0, "the first ones");
  await pause(50);
  expect(told).toEqual(numbers(64).map(String));
  expect(notes).toHaveLength(36);
});

describe("what a broker says once more, or that nobody asked for:", () => {
  test.each(mqttAttacks)("$name; the session ends: $ends", async ({ bytes, ends }) => {
    let told = 0;
    const port = await brokerSaying((socket) => {
      socket.write(bytes);
      if (!ends) socket.write(publishes(1, 0, () => "last"));
    });
    let isLastTold = false;
    const session = await connected({
      port,
      onMessage({ payload }) {
        told++;
        isLastTold = payload === "last";
      },
    });
    if (ends) expect((await session.ended).reason).toBe("broker-closed");
    else {
      await until(() => isLastTold, "what follows");
      expect(await Promise.race([session.ended, pause(20)])).toBeUndefined();
      expect([1, 274]).toContain(told);
    }
  });

  test.each([
    ["a SUBACK", Uint8Array.of(0x90, 3, 0, 1, 1)],
    ["a message", publishes(1, 0)],
  ])("before the CONNACK: %s", async (_label, bytes) => {
    const port = await listening(createServer((socket) => socket.once("data", () => socket.write(bytes))));
    const result = await connect({ port });
    expect(result).toMatchObject({ failure: { reason: "broker-closed" } });
  });
});
