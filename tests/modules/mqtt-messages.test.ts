import { describe, expect, test } from "vitest";
import { link } from "../../mocks/moddable/link.js";
import { createMqtt } from "../../modules/mqtt/adapter.js";
import { MAX_PACKET_BYTES, MAX_PAYLOAD_BYTES, type MqttSession, type Outgoing } from "../../modules/mqtt/mqtt.js";
import { rightCalendar } from "../calendar.js";
import { fairMs } from "../fair-time.js";
import { pause, until } from "../moddable/support.js";
import { broker, connect, connected, published, received, send, sockets } from "./mqtt-support.js";
import { fasterClock, faults } from "./net-support.js";

const one: Outgoing = { topic: "t", payload: "x", qos: 1 };

describe("publishing", () => {
  test("with the quality of the protocol, retained where asked", async () => {
    const packets = published();
    const session = await connected();
    expect(session.publish({ ...one, topic: "devices/d/status", payload: '{"online":true}', retain: true })).toEqual({
      packetId: 2,
    });
    expect(session.publish({ ...one, topic: "devices/d/data", payload: "Möwe" })).toEqual({ packetId: 3 });
    await until(() => packets.length === 2);
    expect(session.publish({ ...one, payload: "x", qos: 0 })).toEqual({ packetId: 0 });
    await until(() => packets.length === 3);
    expect(packets).toEqual([
      { topic: "devices/d/status", payload: '{"online":true}', qos: 1, retain: true },
      { topic: "devices/d/data", payload: "Möwe", qos: 1, retain: false },
      { topic: "t", payload: "x", qos: 0, retain: false },
    ]);
  });

  test.each([0, 1] as const)(
    "more than there is room for, quality %i: in order, none lost, none twice",
    async (qos) => {
      const packets = published();
      let sent = 0;
      let waits = 0;
      const session: MqttSession = await connected({ onWritable: () => send() });
      const send = () => {
        for (; sent < 200; sent++) {
          const result = session.publish({ topic: "t", payload: String(sent).padEnd(700, "."), qos });
          if (result !== "later") continue;
          waits++;
          return;
        }
      };
      send();
      expect(sent).toBeLessThan(10);
      await until(() => packets.length === 200, "all of them");
      expect(packets.map(({ payload }) => Number.parseInt(payload, 10))).toEqual(
        Array.from({ length: 200 }, (_, i) => i),
      );
      expect(waits).toBeGreaterThan(10);
    },
  );

  test("at the bounds of a payload and a packet, in bytes", async () => {
    const packets = published();
    const session = await connected();
    const largest = "é".repeat(MAX_PAYLOAD_BYTES / 2);
    expect(session.publish({ ...one, payload: largest })).toEqual({ packetId: 2 });
    const topic = "t".repeat(MAX_PACKET_BYTES - MAX_PAYLOAD_BYTES - 9);
    expect(session.publish({ ...one, payload: largest, topic })).toEqual({ packetId: 3 });
    expect(session.publish({ ...one, payload: largest, topic: `${topic}t` })).toBe("too-large");
    await until(() => packets.length === 2);
  });

  test("without a payload: it clears what the broker keeps", async () => {
    const packets = published();
    const session = await connected();
    session.publish({ ...one, payload: "", retain: true });
    await until(() => packets.length === 1);
    expect(packets[0]).toEqual({ topic: "t", payload: "", qos: 1, retain: true });
  });

  test("packet ids are not those of the session before: that may have left some in flight", async () => {
    const mqtt = createMqtt(fasterClock(1), rightCalendar, () => []);
    for (const packetId of [2, 3, 4]) {
      const result = await connect({}, 1, mqtt);
      if (!result.ok) throw new Error(result.failure.reason);
      expect(result.value.publish(one)).toEqual({ packetId });
      result.value.close({ reason: "wifi-lost" });
    }
  });

  test("after the end nothing is taken", async () => {
    const session = await connected();
    session.close({ reason: "wifi-lost" });
    expect(session.publish(one)).toBe("later");
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

  test("that the broker kept are told apart", async () => {
    const flags: boolean[] = [];
    await send("kept", "devices/d/control", 1, true);
    await connected({ onMessage: ({ retained }) => flags.push(retained) });
    await until(() => flags.length === 1, "the retained one");
    await send("fresh");
    await until(() => flags.length === 2, "the fresh one");
    expect(flags).toEqual([true, false]);
  });

  test("whose handler throws do not end the session", async () => {
    const session = await connected({
      onMessage: ({ topic, payload }) => {
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

  test.each([0, 1] as const)("without a payload, quality %i, come too, and what follows", async (qos) => {
    await connected({ subscribe: ["c", "devices/d/control"] });
    await send("", "devices/d/control", qos);
    await send("", "c", qos);
    await send("next");
    await arrived(3);
    expect(received.map(([topic, payload]) => `${topic}:${payload}`)).toEqual([
      "devices/d/control:",
      "c:",
      "devices/d/control:next",
    ]);
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
    const startMs = Date.now();
    const session = await connected({ keepAliveMs: 1_000 });
    link.up = false;
    const startFairMs = fairMs();
    expect((await session.ended).reason).toBe("broker-closed");
    // One and a half times, since it was heard last.
    expect(Date.now() - startMs).toBeGreaterThan(1_400);
    expect(fairMs() - startFairMs).toBeLessThan(3_000);
  });

  test("the will is published when the device is gone, and when it closes the session, but not when it leaves", async () => {
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
    const left = new Promise<void>((resolve) => broker.once("clientDisconnect", () => resolve()));
    (await connected({ will })).close({ reason: "internal" }, true);
    await left;
    await pause(50);
    expect(packets).toEqual(['{"online":false} true', '{"online":false} true']);
  });

  test("two sessions under one client id: the older ends", async () => {
    const older = await connected();
    const newer = await connected();
    expect((await older.ended).reason).toBe("broker-closed");
    expect(newer.publish(one)).toEqual({ packetId: 2 });
  });
});
