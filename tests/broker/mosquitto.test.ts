import { afterEach, beforeEach, describe, expect } from "vitest";
import { Secret } from "../../modules/base/secret.js";
import { createMqtt } from "../../modules/mqtt/adapter.js";
import type { Incoming, MqttOptions, MqttSession } from "../../modules/mqtt/mqtt.js";
import { rightCalendar } from "../calendar.js";
import { fairMs } from "../fair-time.js";
import { pause, until } from "../moddable/support.js";
import { fasterClock } from "../modules/net-support.js";
import { authority, badCertificates, goodCertificate } from "../tls/identities.js";
import { trust } from "../tls/support.js";
import { Mosquitto, PASSWORD, mosquittoTest as test } from "./mosquitto.js";
import { BrokerProxy } from "./proxy.js";

const root = authority("ec");
const good = goodCertificate(root, "ec");

let broker: Mosquitto;
const sessions: MqttSession[] = [];
const received: Incoming[] = [];
const acknowledged: number[] = [];
const notes: string[] = [];
const payloads = () => received.map(({ payload }) => payload);

beforeEach(() => {
  trust(root);
  for (const list of [received, acknowledged, notes]) list.length = 0;
});

afterEach(async () => {
  for (const session of sessions.splice(0)) session.close({ reason: "internal" });
  await pause(10);
});

async function connect(change: Partial<MqttOptions> = {}): Promise<MqttSession | string> {
  const result = await createMqtt(fasterClock(1), rightCalendar, () => [])({
    ...{ host: "127.0.0.1", port: broker.port, tls: false, clientId: "device" },
    ...{ username: "user", password: new Secret(PASSWORD), cleanSession: true },
    ...{ keepAliveMs: 60_000, timeoutMs: 5_000, subscribe: ["devices/d/control"], qos: 1 },
    onMessage: (message) => void received.push(message),
    onAcknowledged: (packetId) => void acknowledged.push(packetId),
    onNote: (text) => void notes.push(text),
    ...change,
  });
  if (!result.ok) return result.failure.reason + (result.failure.detail ? `: ${result.failure.detail}` : "");
  sessions.push(result.value);
  return result.value;
}

async function connected(change: Partial<MqttOptions> = {}): Promise<MqttSession> {
  const session = await connect(change);
  if (typeof session === "string") throw new Error(session);
  return session;
}

/** Somebody else, who may read and write everything. */
const server = (subscribe: readonly string[], change: Partial<MqttOptions> = {}) =>
  connected({ clientId: "server", username: "server", subscribe, ...change });

const controlled = (payload: string) => ({ topic: "devices/d/control", payload, qos: 1 as const });

describe.each([
  ["TCP", false],
  ["TLS", true],
])("mosquitto over %s", (_name, tls) => {
  const way = () => ({ tls, port: tls ? broker.tlsPort : broker.port });

  test("takes the device, its messages, and sends it others", async () => {
    broker = await Mosquitto.open([good]);
    const heard: string[] = [];
    await server(["devices/d/data", "devices/d/status"], {
      onMessage: ({ topic, payload, packetId }) => void heard.push(`${topic} ${payload} ${packetId !== undefined}`),
    });
    const will = { topic: "devices/d/status", payload: '{"online":false}', retain: true };
    const device = await connected({ ...way(), will });
    expect(device.sessionPresent).toBe(false);
    expect(device.publish({ topic: "devices/d/data", payload: "one", qos: 1 })).toEqual({ packetId: 2 });
    expect(device.publish({ topic: "devices/d/data", payload: "two", qos: 0 })).toEqual({ packetId: 0 });
    await until(() => heard.length === 2 && acknowledged.length === 1, "both");
    expect([...heard].sort()).toEqual(["devices/d/data one true", "devices/d/data two false"]);
    expect(acknowledged).toEqual([2]);
    const other = await server([], { clientId: "other" });
    for (const payload of ["a", "", "x".repeat(5_000), "b"]) {
      if (payload.length > 768) await publishLarge(payload);
      else other.publish(controlled(payload));
    }
    await until(() => received.length === 3, "the messages");
    expect(payloads().sort()).toEqual(["", "a", "b"]);
    expect(notes).toEqual(["mqtt: a message was dropped: 5000 bytes, which are too many, on devices/d/control"]);
    device.close({ reason: "internal" });
    await until(() => heard.some((line) => line.includes('{"online":false}')), "the will");
  });

  test.each([
    ["a password", { password: new Secret("wrong") }, "broker-credentials"],
    ["a user", { username: "nobody" }, "broker-credentials"],
    ["no user", { username: "" }, "broker-credentials"],
  ])("refuses %s", async (_what, change, reason) => {
    broker = await Mosquitto.open([good]);
    expect(await connect({ ...way(), ...change })).toBe(reason);
  });

  test("refuses a topic, and the device says which", async () => {
    broker = await Mosquitto.open([good], { refusesTopics: true });
    await connected(way());
    const subscribe = ["devices/d/control", "devices/d/secret"];
    expect(await connect({ ...way(), subscribe })).toBe("topic-refused: devices/d/secret");
  });

  test("takes quality 0 alone: that is noted, and messages come", async () => {
    broker = await Mosquitto.open([good], { listener: ["max_qos 0"] });
    await connected(way());
    expect(notes).toEqual(["mqtt: the broker grants quality 0 for devices/d/control, not 1"]);
  });

  test("ends the older of two sessions under one client id", async () => {
    broker = await Mosquitto.open([good]);
    const older = await connected(way());
    const newer = await connected(way());
    expect((await older.ended).reason).toBe("broker-closed");
    expect(newer.publish({ topic: "devices/d/data", payload: "x", qos: 0 })).toEqual({ packetId: 0 });
  });

  test("is restarted: the session ends, the next one works", async () => {
    broker = await Mosquitto.open([good]);
    const session = await connected(way());
    await broker.stop();
    expect((await session.ended).reason).toBe("broker-closed");
    expect(await connect(way())).toBe("unreachable");
    await broker.start();
    await connected(way());
  });

  test("falls silent: noticed in one and a half keep-alives", async () => {
    broker = await Mosquitto.open([good]);
    const proxy = await BrokerProxy.to(way().port);
    const session = await connected({ ...way(), port: proxy.port, keepAliveMs: 2_000 });
    const [startMs, startFairMs] = [Date.now(), fairMs()];
    proxy.isSilent = true;
    expect((await session.ended).reason).toBe("broker-closed");
    expect(fairMs() - startFairMs).toBeLessThan(3_300);
    expect(Date.now() - startMs).toBeGreaterThan(1_500);
  });

  test("is slow: pings and messages pass, nothing ends", async () => {
    broker = await Mosquitto.open([good]);
    const proxy = await BrokerProxy.to(way().port);
    proxy.delayMs = 300;
    const device = await connected({ ...way(), port: proxy.port, keepAliveMs: 2_000 });
    const other = await server([]);
    for (const payload of ["1", "2", "3"]) other.publish(controlled(payload));
    await until(() => received.length === 3, "the messages");
    expect(await Promise.race([device.ended, pause(3_500)])).toBeUndefined();
  });

  test("keeps what is published while the device is away, where its session is persistent", async () => {
    broker = await Mosquitto.open([good]);
    const persistent = { ...way(), cleanSession: false };
    const first = await connected(persistent);
    first.close({ reason: "internal" }, true);
    await pause(50);
    const other = await server([]);
    // More than mosquitto sends before it has acknowledgements.
    for (let index = 0; index < 30; index++) other.publish(controlled(String(index)));
    await until(() => acknowledged.length === 30, "the broker has them");
    await broker.stop();
    await broker.start();
    const second = await connected(persistent);
    expect(second.sessionPresent).toBe(true);
    await until(() => received.length === 30, "all of them");
    expect(payloads()).toEqual(Array.from({ length: 30 }, (_, index) => String(index)));
    expect(received.every(({ packetId }) => packetId !== undefined)).toBe(true);
    second.close({ reason: "internal" }, true);
    await pause(50);
    expect((await connected({ ...way(), cleanSession: true })).sessionPresent).toBe(false);
    await pause(50);
    expect(received.length).toBe(30);
  });
});

describe("acknowledgements that are lost", () => {
  test("of the device's message: it is sent again as a duplicate, under its id", async () => {
    broker = await Mosquitto.open([good]);
    const proxy = await BrokerProxy.to(broker.port);
    const heard: string[] = [];
    await server(["devices/d/data"], { onMessage: ({ payload }) => void heard.push(payload) });
    proxy.cutsAt = "puback";
    const first = await connected({ port: proxy.port, cleanSession: false });
    const message = { topic: "devices/d/data", payload: "once at least", qos: 1 } as const;
    expect(first.publish(message)).toEqual({ packetId: 2 });
    expect((await first.ended).reason).toBe("broker-closed");
    expect(acknowledged).toEqual([]);
    proxy.cutsAt = undefined;
    const second = await connected({ port: proxy.port, cleanSession: false });
    expect(second.publish({ ...message, packetId: 2, duplicate: true })).toEqual({ packetId: 2 });
    // One that is new does not take the id of one in flight.
    expect(second.publish({ ...message, payload: "new" })).toEqual({ packetId: 3 });
    await until(() => acknowledged.length === 2, "both acknowledgements");
    expect(acknowledged).toEqual([2, 3]);
    expect(proxy.heard.filter((line) => line.startsWith("publish"))).toEqual([
      "publish 2",
      "publish 2 dup",
      "publish 3",
    ]);
    await until(() => heard.length === 3, "the messages");
    expect(heard).toEqual(["once at least", "once at least", "new"]);
  });

  test("of the broker's message: it comes again, marked", async () => {
    broker = await Mosquitto.open([good]);
    const proxy = await BrokerProxy.to(broker.port);
    const first = await connected({
      port: proxy.port,
      cleanSession: false,
      onMessage(message) {
        received.push(message);
        proxy.cut();
      },
    });
    (await server([])).publish(controlled("do it"));
    await first.ended;
    await connected({ port: proxy.port, cleanSession: false });
    await until(() => received.length === 2, "the message again");
    expect(received.map(({ payload, duplicate }) => [payload, duplicate])).toEqual([
      ["do it", false],
      ["do it", true],
    ]);
    expect(received[0]!.packetId).toBe(received[1]!.packetId);
  });
});

test.each(badCertificates(root, "ec"))(
  "mosquitto with a certificate that is %s: %s",
  async (_name, reason, certificate) => {
    broker = await Mosquitto.open([certificate]);
    expect(await connect({ tls: true, port: broker.tlsPort })).toBe(reason);
  },
);

/** As no device would. */
async function publishLarge(payload: string): Promise<void> {
  const { connectAsync } = await import("mqtt");
  const client = await connectAsync(`mqtt://127.0.0.1:${broker.port}`, { username: "server", password: PASSWORD });
  await client.publishAsync("devices/d/control", payload, { qos: 1 });
  await client.endAsync();
}
