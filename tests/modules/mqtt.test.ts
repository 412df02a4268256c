import { createServer, type Socket } from "node:net";
import { Aedes, type AuthenticateError, type Client } from "aedes";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { link } from "../../mocks/moddable/link.js";
import type { Reason } from "../../modules/failure/failure.js";
import { createMqtt } from "../../modules/mqtt/adapter.js";
import { MAX_PAYLOAD_BYTES, type MqttOptions, type MqttSession } from "../../modules/mqtt/mqtt.js";
import { Secret } from "../../modules/secret/secret.js";
import { pause, until } from "../moddable/support.js";
import { closedPort, fasterClock, faults, listening, onFirstBytes } from "./net-support.js";

let broker: Aedes;
let port: number;
const sockets: Socket[] = [];
const sessions: MqttSession[] = [];
const received: [string, string][] = [];

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

function connect(change: Partial<MqttOptions> = {}, times = 1) {
  return createMqtt(fasterClock(times))({
    host: "127.0.0.1",
    port,
    clientId: "device",
    username: "user",
    password: new Secret("pass-word"),
    keepAliveMs: 60_000,
    subscribe: ["devices/d/control"],
    qos: 1,
    onMessage: (topic, payload) => void received.push([topic, payload]),
    ...change,
  });
}

async function connected(change: Partial<MqttOptions> = {}): Promise<MqttSession> {
  const result = await connect(change);
  if (!result.ok) throw new Error(result.failure.reason);
  sessions.push(result.value);
  return result.value;
}

async function reasonOf(change: Partial<MqttOptions> = {}, times = 1): Promise<Reason | undefined> {
  const result = await connect(change, times);
  return result.ok ? undefined : result.failure.reason;
}

const send = (payload: string | Buffer, topic = "devices/d/control", qos: 0 | 1 = 1) =>
  new Promise<void>((done) =>
    broker.publish({ cmd: "publish", topic, payload, qos, retain: false, dup: false }, () => done()),
  );

function published(): { topic: string; payload: string; qos: number; retain: boolean }[] {
  const packets: ReturnType<typeof published> = [];
  broker.on("publish", ({ topic, payload, qos, retain }, client) => {
    if (client) packets.push({ topic, payload: payload.toString(), qos, retain });
  });
  return packets;
}

const refuse =
  (code: number) =>
  (
    _client: Client,
    _user: unknown,
    _password: unknown,
    done: (error: AuthenticateError | null, success: boolean | null) => void,
  ) =>
    done(Object.assign(new Error("no"), { returnCode: code }) as AuthenticateError, false);

describe("connecting", () => {
  test("says who it is, subscribes, and is connected only then", async () => {
    const seen: unknown[] = [];
    broker.authenticate = (client, user, password, done) => {
      seen.push(client.id, user, password?.toString());
      done(null, true);
    };
    broker.on("subscribe", (subscriptions) => seen.push(...subscriptions.map(({ topic, qos }) => `${topic} ${qos}`)));
    await connected();
    expect(seen).toEqual(["device", "user", "pass-word", "devices/d/control 1"]);
  });

  test("with nothing to subscribe to is connected with the CONNACK", async () => {
    const subscriptions: unknown[] = [];
    broker.on("subscribe", (one) => subscriptions.push(one));
    await connected({ subscribe: [] });
    expect(subscriptions).toEqual([]);
  });

  test.each<[number, Reason]>([
    [3, "broker-busy"],
    [4, "broker-credentials"],
    [5, "broker-credentials"],
  ])("CONNACK %i is %s", async (code, reason) => {
    broker.authenticate = refuse(code);
    expect(await reasonOf()).toBe(reason);
  });

  test.each([1, 2, 6, 255])("CONNACK %i is another refusal", async (code) => {
    const port = await onFirstBytes((socket) => socket.end(Uint8Array.of(0x20, 2, 0, code)));
    expect(await reasonOf({ port })).toBe("broker-refused");
  });

  test("a topic that is refused in the SUBACK", async () => {
    broker.authorizeSubscribe = (_client, _subscription, done) => done(null, null);
    expect(await reasonOf()).toBe("topic-refused");
  });

  test("nobody listens: unreachable", async () => {
    expect(await reasonOf({ port: await closedPort() })).toBe("unreachable");
  });

  test("an unknown name", async () => {
    expect(await reasonOf({ host: "nothing.invalid" })).toBe("name-unknown");
  });

  test("a server that says nothing: timeout", async () => {
    expect(await reasonOf({ port: await onFirstBytes(() => {}) }, 100)).toBe("timeout");
  });

  test("a broker that never answers the SUBSCRIBE: timeout", async () => {
    const port = await onFirstBytes((socket) => socket.write(Uint8Array.of(0x20, 2, 0, 0)));
    expect(await reasonOf({ port }, 100)).toBe("timeout");
  });

  test("CONNACK 0 and a close, as the open gateway refuses: the broker closed it", async () => {
    const port = await onFirstBytes((socket) => socket.end(Uint8Array.of(0x20, 2, 0, 0)));
    expect(await reasonOf({ port })).toBe("broker-closed");
  });

  test("a close without a word after CONNECT: the broker closed it; it was reached", async () => {
    expect(await reasonOf({ port: await onFirstBytes((socket) => socket.end()) })).toBe("broker-closed");
  });

  test.each([
    ["HTTP", "HTTP/1.1 400 Bad Request\r\n\r\n"],
    ["SSH", "SSH-2.0-OpenSSH_9.6\r\n"],
    ["zeros", Buffer.alloc(64)],
    ["a length without end", Buffer.of(0x20, 0xff, 0xff, 0xff, 0xff, 0xff)],
    ["a CONNACK that is too long", Buffer.of(0x20, 3, 0, 0, 0)],
  ])("a server that speaks %s ends in a failure", async (_label, bytes) => {
    const port = await onFirstBytes((socket) => socket.end(bytes));
    expect(await reasonOf({ port }, 20)).toBeDefined();
  });

  test("twenty refusals leave no connection behind (the chip has 16)", async () => {
    broker.authenticate = refuse(5);
    for (let count = 0; count < 20; count++) expect(await reasonOf()).toBe("broker-credentials");
    broker.authenticate = (_client, _user, _password, done) => done(null, true);
    await connected();
    expect(faults).toEqual([]);
  });
});

describe("publishing", () => {
  test("with the quality of the protocol, retained where asked", async () => {
    const packets = published();
    const session = await connected();
    expect(session.publish({ topic: "devices/d/status", payload: '{"online":true}', retain: true })).toBe(true);
    expect(session.publish({ topic: "devices/d/data", payload: "Möwe" })).toBe(true);
    await until(() => packets.length === 2);
    expect(packets).toEqual([
      { topic: "devices/d/status", payload: '{"online":true}', qos: 1, retain: true },
      { topic: "devices/d/data", payload: "Möwe", qos: 1, retain: false },
    ]);
    const other = await connected({ clientId: "two", qos: 0 });
    other.publish({ topic: "t", payload: "x" });
    await until(() => packets.length === 3);
    expect(packets[2]!.qos).toBe(0);
  });

  test("a burst: in order, none twice, and what does not fit is told", async () => {
    const packets = published();
    const session = await connected();
    const taken = Array.from({ length: 100 }, (_, index) => index).filter((index) =>
      session.publish({ topic: "devices/d/data", payload: String(index).padEnd(700, ".") }),
    );
    expect(taken.length).toBeGreaterThanOrEqual(16);
    expect(taken.length).toBeLessThan(100);
    await until(() => packets.length === taken.length, "all that was taken");
    expect(packets.map(({ payload }) => Number.parseInt(payload, 10))).toEqual(taken);
    expect(session.publish({ topic: "t", payload: "afterwards" })).toBe(true);
    await until(() => packets.at(-1)?.payload === "afterwards");
  });

  test("at the bound of a payload, in bytes", async () => {
    const packets = published();
    const session = await connected();
    expect(session.publish({ topic: "t", payload: "é".repeat(MAX_PAYLOAD_BYTES / 2) })).toBe(true);
    expect(session.publish({ topic: "t", payload: `${"é".repeat(MAX_PAYLOAD_BYTES / 2)}x` })).toBe(false);
    await until(() => packets.length === 1);
  });

  test("after the end nothing is taken", async () => {
    const session = await connected();
    session.close({ reason: "wifi-lost" });
    expect(session.publish({ topic: "t", payload: "x" })).toBe(false);
    expect(await session.ended).toEqual({ reason: "wifi-lost" });
  });
});

describe("messages", () => {
  const arrived = (count: number) => until(() => received.length === count, `${count} messages`);

  test.each([0, 1] as const)("come with topic and text, quality %i", async (qos) => {
    await connected();
    await send('{"cmd":"ping"}', "devices/d/control", qos);
    await arrived(1);
    expect(received).toEqual([["devices/d/control", '{"cmd":"ping"}']]);
  });

  test("of many bytes for a character, wherever the network cuts them", async () => {
    const session = await connected();
    const texts = ["文字列".repeat(80), `a${"文".repeat(200)}`, `ab${"😀".repeat(150)}`];
    for (const text of texts) await send(text);
    await arrived(texts.length);
    expect(received.map(([, payload]) => payload)).toEqual(texts);
    expect(await Promise.race([session.ended, pause(20)])).toBeUndefined();
  });

  test("that are no UTF-8 are dropped; the session goes on", async () => {
    const session = await connected();
    await send(Buffer.of(0xff, 0xfe, 0x80, 0x41));
    await send("next");
    const outcome = await Promise.race([
      session.ended,
      until(() => received.some(([, payload]) => payload === "next")),
    ]);
    expect(outcome).toBeUndefined();
  });

  test("that are too large are dropped; the next one comes", async () => {
    const session = await connected();
    for (const bytes of [MAX_PAYLOAD_BYTES, MAX_PAYLOAD_BYTES + 1, 20_000, 200_000]) await send("x".repeat(bytes));
    await send("small");
    await arrived(2);
    expect(received.map(([, payload]) => payload.length)).toEqual([MAX_PAYLOAD_BYTES, 5]);
    expect(await Promise.race([session.ended, pause(20)])).toBeUndefined();
  });

  test("a hundred at once come all, in order", async () => {
    await connected();
    for (let index = 0; index < 100; index++) void send(String(index));
    await arrived(100);
    expect(received.map(([, payload]) => Number(payload))).toEqual(Array.from({ length: 100 }, (_, index) => index));
  });

  test("whose handler throws do not end the session", async () => {
    const session = await connected({
      onMessage: (topic, payload) => {
        received.push([topic, payload]);
        throw new Error("application");
      },
    });
    await send("one");
    await send("two");
    await arrived(2);
    expect(await Promise.race([session.ended, pause(20)])).toBeUndefined();
    expect(faults.join("")).toContain("application");
  });

  test("without a payload make the SDK's parser deaf: keep-alive ends that", async () => {
    const session = await connected({ keepAliveMs: 1_000 });
    await send("");
    expect((await session.ended).reason).toBe("broker-closed");
  });
});

describe("the end", () => {
  const will = { topic: "devices/d/status", payload: '{"online":false}', retain: true };

  test("by the broker, and by a reset", async () => {
    for (const end of ["end", "resetAndDestroy"] as const) {
      const session = await connected({ clientId: end });
      sockets.at(-1)![end]();
      expect((await session.ended).reason).toBe("broker-closed");
    }
  });

  test("by silence: keep-alive notices", async () => {
    const session = await connected({ keepAliveMs: 1_000 });
    link.up = false;
    const startMs = Date.now();
    expect((await session.ended).reason).toBe("broker-closed");
    expect(Date.now() - startMs).toBeLessThan(3_000);
  });

  test("the will is published when the device is gone, and when it closes the session", async () => {
    const packets: string[] = [];
    broker.on("publish", ({ topic, payload, retain }) => {
      if (topic === will.topic) packets.push(`${payload} ${retain}`);
    });
    await connected({ will });
    sockets.at(-1)!.resetAndDestroy();
    await until(() => packets.length === 1);
    const session = await connected({ will });
    session.close({ reason: "wifi-lost" });
    await until(() => packets.length === 2);
    expect(packets).toEqual(['{"online":false} true', '{"online":false} true']);
  });

  test("two sessions under one client id: the older ends", async () => {
    const older = await connected();
    const newer = await connected();
    expect((await older.ended).reason).toBe("broker-closed");
    expect(newer.publish({ topic: "t", payload: "x" })).toBe(true);
  });
});

test("a password that is refused is in no fault and no failure", async () => {
  broker.authenticate = refuse(4);
  const result = await connect();
  expect(JSON.stringify(result) + faults.join("")).not.toContain("pass-word");
});
