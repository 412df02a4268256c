import type { Socket } from "node:net";
import { describe, expect, test } from "vitest";
import type { Reason } from "../../modules/base/failure.js";
import { createMqtt } from "../../modules/mqtt/adapter.js";
import { rightCalendar } from "../calendar.js";
import { until } from "../moddable/support.js";
import { broker, connect, connected, onPackets, reasonOf, refuse } from "./mqtt-support.js";
import { closedPort, fasterClock, faults, onFirstBytes } from "./net-support.js";

const ACCEPTED = Uint8Array.of(0x20, 2, 0, 0);
const subscribed = (id = 0) => Uint8Array.of(0x90, 3, id >> 8, id & 255, 1);

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

  test.each([
    ["unsupported protocol version", Uint8Array.of(0x20, 3, 0, 0x84, 0)],
    ["not authorized, with a reason in words", Uint8Array.of(0x20, 9, 0, 0x87, 6, 0x1f, 0, 3, 0x6e, 0x6f, 0x21)],
  ])("a CONNACK of MQTT 5 is no refusal of credentials: %s", async (_label, bytes) => {
    const port = await onFirstBytes((socket) => socket.end(bytes));
    const result = await connect({ port });
    expect(result).toMatchObject({
      failure: { reason: "broker-refused", detail: `it answers in MQTT 5, code ${bytes[3]}` },
    });
    expect(faults).toEqual([]);
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
    ["a CONNACK that is too long", Buffer.of(0x20, 0x80, 0x10, 0, 0)],
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

describe("what follows CONNECT", () => {
  const hear = (cmds: string[], answer: (socket: Socket, id: number | undefined) => void) =>
    onPackets(({ cmd, messageId }, socket) => {
      cmds.push(cmd);
      if (cmd === "subscribe") answer(socket, messageId);
    });

  test("does not wait for CONNACK: it costs no round trip of its own", async () => {
    const port = await hear([], (socket, id) => socket.write(Buffer.concat([ACCEPTED, subscribed(id)])));
    await connected({ port });
  });

  test("is of no account where CONNACK refuses", async () => {
    const cmds: string[] = [];
    const port = await hear(cmds, (socket) => socket.end(Uint8Array.of(0x20, 2, 0, 5)));
    expect(await reasonOf({ port })).toBe("broker-credentials");
    expect(cmds).toEqual(["connect", "subscribe"]);
  });

  test("waits the next time where a broker cannot do with it", async () => {
    let isAccepted = false;
    const port = await onPackets(({ cmd, messageId }, socket) => {
      if (cmd === "connect") {
        isAccepted = false;
        setTimeout(() => {
          isAccepted = true;
          socket.write(ACCEPTED);
        }, 50);
      } else if (cmd === "subscribe") socket.end(isAccepted ? subscribed(messageId) : "");
    });
    const mqtt = createMqtt(fasterClock(1), rightCalendar, () => []);
    const first = await connect({ port }, 1, mqtt);
    expect(first).toMatchObject({ failure: { reason: "broker-closed" } });
    expect((await connect({ port }, 1, mqtt)).ok).toBe(true);
  });
});

test("a message that comes before the SUBACK waits until the session is known", async () => {
  const publish = Buffer.concat([Buffer.of(0x30, 7, 0, 3), Buffer.from("a/bhi")]);
  publish[1] = publish.length - 2;
  const port = await onPackets(({ cmd, messageId }, socket) => {
    if (cmd === "connect") socket.write(ACCEPTED);
    if (cmd === "subscribe") socket.write(Buffer.concat([publish, subscribed(messageId)]));
  });
  const order: string[] = [];
  const result = await connect({ port, onMessage: ({ payload }) => void order.push(payload) });
  order.push(result.ok ? "connected" : result.failure.reason);
  await until(() => order.length === 2, "the message");
  expect(order).toEqual(["connected", "hi"]);
});

test("a password that is refused is in no fault and no failure", async () => {
  broker.authenticate = refuse(4);
  const result = await connect();
  expect(JSON.stringify(result) + faults.join("")).not.toContain("pass-word");
});
