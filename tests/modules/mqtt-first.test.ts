/** What is published right behind SUBSCRIBE, before the broker has answered: aedes, and servers that answer late, or refuse. */
import type { Packet } from "mqtt-packet";
import { expect, test } from "vitest";
import { createMqtt } from "../../modules/mqtt/adapter.js";
import type { MqttOptions, Published } from "../../modules/mqtt/mqtt.js";
import { rightCalendar } from "../calendar.js";
import { pause, until } from "../moddable/support.js";
import { broker, connect, connected, onPackets, published, refuse } from "./mqtt-support.js";
import { fasterClock, faults } from "./net-support.js";

const STATUS = { topic: "devices/d/status", payload: '{"online":true}' };
/** Says its status first. @param outcomes of each */
const first = (outcomes: Published[] = [], qos: 0 | 1 = 1): Partial<MqttOptions> => ({
  onSubscribing: (session) => void outcomes.push(session.publish({ ...STATUS, qos })),
});
const CONNACK = Uint8Array.of(0x20, 2, 0, 0);
const SUBACK = Uint8Array.of(0x90, 3, 0, 1, 1);

test.each([0, 1] as const)(
  "it leaves with CONNECT and SUBSCRIBE, in that order, before any answer: QoS %i",
  async (qos) => {
    const packets: Packet[] = [];
    const port = await onPackets((packet, socket) => {
      packets.push(packet);
      if (packet.cmd === "publish") socket.write(Uint8Array.of(...CONNACK, ...SUBACK));
    });
    const result = await connect({ port, ...first([], qos) });
    expect(result.ok).toBe(true);
    expect(packets.map(({ cmd }) => cmd)).toEqual(["connect", "subscribe", "publish"]);
    expect(packets[2]).toMatchObject({ ...STATUS, payload: Buffer.from(STATUS.payload), qos, dup: false });
  },
);

test("the broker has it once, and its acknowledgement is told once the connection stands", async () => {
  const heard = published();
  const [outcomes, told]: [Published[], (number | string)[]] = [[], []];
  await connected({ ...first(outcomes), onAcknowledged: (id) => void told.push(id) });
  await until(() => told.length > 0);
  expect(heard).toEqual([{ ...STATUS, qos: 1, retain: false }]);
  expect(outcomes).toEqual([{ packetId: told[0] }]);
  expect(told).toHaveLength(1);
});

test("acknowledged before the SUBACK it is told after it, and the id is not SUBSCRIBE's", async () => {
  const told: number[] = [];
  const port = await onPackets((packet, socket) => {
    if (packet.cmd !== "publish") return;
    const id = packet.messageId!;
    expect(id).not.toBe(1);
    socket.write(Uint8Array.of(...CONNACK, 0x40, 2, id >> 8, id & 255, ...SUBACK));
  });
  expect((await connect({ port, ...first(), onAcknowledged: (id) => void told.push(id) })).ok).toBe(true);
  await until(() => told.length === 1);
});

test("a broker that refuses has nothing of it, and the next connection says it anew", async () => {
  const heard = published();
  broker.authenticate = refuse(5);
  const mqtt = createMqtt(fasterClock(1), rightCalendar, () => []);
  const outcomes: Published[] = [];
  expect(await connect(first(outcomes), 1, mqtt)).toMatchObject({ failure: { reason: "broker-credentials" } });
  expect(heard).toEqual([]);
  broker.authenticate = (_client, _user, _password, done) => done(null, true);
  const again = await connect(first(outcomes), 1, mqtt);
  expect(again.ok).toBe(true);
  await until(() => heard.length === 1);
  // Of two messages that may both be on their way none has the other's id.
  const [one, other] = outcomes as { packetId: number }[];
  expect(one!.packetId).not.toBe(other!.packetId);
  if (again.ok) again.value.close({ reason: "internal" });
});

test("a broker that cannot do with what comes before its CONNACK gets it behind the CONNACK", async () => {
  const packets: string[] = [];
  const port = await onPackets((packet, socket) => {
    packets.push(packet.cmd);
    // Whether something came before its answer it sees a moment later.
    if (packet.cmd === "connect")
      setTimeout(() => (packets.at(-1) === "connect" ? socket.write(CONNACK) : socket.destroy()), 100);
    else if (packet.cmd === "publish" && packets.filter((cmd) => cmd === "connect").length > 1) socket.write(SUBACK);
  });
  const mqtt = createMqtt(fasterClock(1), rightCalendar, () => []);
  expect(await connect({ port, ...first() }, 1, mqtt)).toMatchObject({ failure: { reason: "broker-closed" } });
  const second = await connect({ port, ...first() }, 1, mqtt);
  expect(second.ok).toBe(true);
  expect(packets).toEqual(["connect", "subscribe", "publish", "connect", "subscribe", "publish"]);
});

test("what its maker throws is a fault of its own, and the connection goes on", async () => {
  await connected({
    onSubscribing: () => {
      throw new Error("no status");
    },
  });
  await pause(10);
  expect(faults.splice(0)).toEqual([expect.stringContaining("no status")]);
});
