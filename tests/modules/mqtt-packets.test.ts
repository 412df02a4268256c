import { generate, type Packet } from "mqtt-packet";
import { describe, expect, test } from "vitest";
import "../moddable/support.js";
import { MAX_PAYLOAD_BYTES, MAX_STREAMED_BYTES, MAX_TOPIC_BYTES } from "../../modules/mqtt/mqtt.js";
import { PacketIds } from "../../modules/mqtt/packet-ids.js";
import { PacketReader } from "../../modules/mqtt/packets.js";

const CONNACK = Uint8Array.of(0x20, 2, 1, 0);

/** What the reader tells of these bytes behind a CONNACK, when they come in pieces of this size. */
function told(bytes: Uint8Array, pieceBytes = bytes.length): unknown[] {
  const events: unknown[] = [];
  const reader = new PacketReader({
    hasRoom: true,
    control: (packet) => events.push([...packet]),
    message: (message) => events.push(message),
    dropped: (packetId, why) => events.push({ packetId, why }),
    stream(topic) {
      if (topic !== "streamed") return undefined;
      let text = "";
      return {
        write: (piece) => {
          text += Buffer.from(piece).toString("latin1");
        },
        end: () => events.push(text),
      };
    },
    streamed: (packetId) => events.push({ packetId, why: "streamed" }),
  });
  reader.see(CONNACK);
  expect(events.shift()).toEqual([...CONNACK]);
  for (let start = 0; start < bytes.length; start += pieceBytes) reader.see(bytes.subarray(start, start + pieceBytes));
  return events;
}

const publish = (payload: string | Buffer, change: object = {}): Packet =>
  ({ cmd: "publish", topic: "a/b", payload, retain: false, qos: 0, dup: false, messageId: 7, ...change }) as Packet;
const message = (payload: string, change: object = {}) => ({
  ...{ topic: "a/b", payload, retained: false, duplicate: false, packetId: undefined },
  ...change,
});
const stream = (...packets: Packet[]): Buffer => Buffer.concat(packets.map((packet) => generate(packet)));

describe("the flags and the id of a message", () => {
  test.each([
    ["quality 0", {}, {}],
    ["retained", { retain: true }, { retained: true }],
    ["quality 1", { qos: 1 }, { packetId: 7 }],
    ["quality 1 again", { qos: 1, dup: true, messageId: 65_535 }, { packetId: 65_535, duplicate: true }],
    ["all", { qos: 1, dup: true, retain: true }, { packetId: 7, duplicate: true, retained: true }],
  ])("%s", (_label, change, expected) => {
    for (const payload of ["", "x", "文字".repeat(100)])
      expect(told(stream(publish(payload, change)))).toEqual([message(payload, expected)]);
  });
});

test("a stream says the same however it is cut", () => {
  const long = "1".repeat(MAX_PAYLOAD_BYTES + 1);
  const topic = "t".repeat(MAX_TOPIC_BYTES + 1);
  const bytes = stream(
    { cmd: "suback", messageId: 1, granted: [1, 0, 128] },
    publish(""),
    publish("one", { qos: 1 }),
    { cmd: "pingresp" },
    publish(long, { qos: 1, messageId: 9 }),
    publish(long),
    publish("0".repeat(MAX_PAYLOAD_BYTES), { retain: true }),
    publish("x", { topic, qos: 1, messageId: 10 }),
    publish(Buffer.of(0xff, 0xfe), { qos: 1, messageId: 11 }),
    { cmd: "puback", messageId: 258 },
    publish("", { qos: 1, topic: "c" }),
    publish("", { topic: "c" }),
  );
  const expected = [
    [0x90, 5, 0, 1, 1, 0, 128],
    message(""),
    message("one", { packetId: 7 }),
    [0xd0, 0],
    { packetId: 9, why: `${long.length} bytes, which are too many, on a/b` },
    { packetId: undefined, why: `${long.length} bytes, which are too many, on a/b` },
    message("0".repeat(MAX_PAYLOAD_BYTES), { retained: true }),
    { packetId: 10, why: `a topic of more than ${MAX_TOPIC_BYTES} bytes` },
    { packetId: 11, why: "no UTF-8, on a/b" },
    [0x40, 2, 1, 2],
    message("", { topic: "c", packetId: 7 }),
    message("", { topic: "c" }),
  ];
  for (const pieceBytes of [1, 2, 3, 5, 7, 64, 512, bytes.length]) expect(told(bytes, pieceBytes)).toEqual(expected);
});

test.each([20_000, 3_000_000])("a message of %i bytes passes by, and takes nothing", (bytes) => {
  // Full of bytes that look like headers.
  expect(told(stream(publish("0".repeat(bytes)), publish("next")), 1_000)).toEqual([
    { packetId: undefined, why: `${bytes} bytes, which are too many, on a/b` },
    message("next"),
  ]);
});

describe("what is no MQTT for a client ends the connection:", () => {
  test.each([
    ["no packet", [0x00, 0]],
    ["a packet of a client", [0x10, 2, 0, 0]],
    ["a reserved packet", [0xf0, 0]],
    ["a length of five bytes", [0x30, 0xff, 0xff, 0xff, 0xff, 1]],
    ["a second CONNACK", [0x20, 2, 0, 0]],
    ["a SUBACK without a code", [0x90, 2, 0, 1]],
    ["a SUBACK of 128 bytes", [0x90, 0x80, 1, 0]],
    ["a PUBACK without an id", [0x40, 0]],
    ["a PINGRESP with something in it", [0xd0, 1, 0]],
    ["quality 2", [0x34, 6, 0, 1, 97, 0, 1, 120]],
    ["quality 3", [0x36, 6, 0, 1, 97, 0, 1, 120]],
    ["packet id 0", [0x32, 5, 0, 1, 97, 0, 0]],
    ["no topic", [0x30, 2, 0, 0]],
    ["a topic that is longer than its packet", [0x30, 4, 0, 3, 97, 97]],
    ["no room for the packet id", [0x32, 4, 0, 1, 97, 0]],
    ["a packet that is shorter than its topic's length", [0x30, 1, 0]],
  ])("%s", (_label, bytes) => {
    expect(() => told(Uint8Array.from(bytes))).toThrow(RangeError);
    expect(() => told(Uint8Array.from(bytes), 1)).toThrow(RangeError);
  });
});

/** All that the reader does is throw. */
function firstThrows(bytes: readonly number[]): void {
  const nothing = () => {};
  const sink = { hasRoom: true, control: nothing, message: nothing, dropped: nothing, streamed: nothing };
  expect(() => new PacketReader({ ...sink, stream: () => undefined }).see(Uint8Array.from(bytes))).toThrow(RangeError);
}

test.each([
  ["a CONNACK without a code", [0x20, 1, 0]],
  ["a CONNACK that is too long", [0x20, 0x81, 0x08]],
  ["a SUBACK", [0x90, 3, 0, 1, 1]],
  ["a message", [0x30, 4, 0, 1, 97, 120]],
  ["a PINGRESP", [0xd0, 0]],
])("as the first packet %s ends the connection", (_label, bytes) => firstThrows(bytes));

test("where there is no room for one more packet the bytes stay, and go on where they stopped", () => {
  const topics: string[] = [];
  const sink = {
    hasRoom: true,
    control: () => {},
    message({ topic }: { topic: string }) {
      topics.push(topic);
      sink.hasRoom = topics.length % 3 !== 0;
    },
    dropped: () => {},
    stream: () => undefined,
    streamed: () => {},
  };
  const reader = new PacketReader(sink);
  const numbers = Array.from({ length: 10 }, (_, index) => String(index));
  let left: Uint8Array = Buffer.concat([CONNACK, stream(...numbers.map((topic) => publish("x", { topic })))]);
  const counts: number[] = [];
  while (left.length > 0) {
    sink.hasRoom = true;
    left = left.subarray(reader.see(left));
    counts.push(topics.length);
  }
  expect(topics).toEqual(numbers);
  expect(counts).toEqual([3, 6, 9, 10]);
});

describe("packet ids", () => {
  test("go from 1 to 65,535, and on from 1", () => {
    const ids = new PacketIds();
    expect(ids.next()).toBe(1);
    const last = new PacketIds(65_534);
    expect([last.next(), last.next()]).toEqual([65_535, 1]);
  });

  test("pass by what is in flight, until it is free", () => {
    const ids = new PacketIds(65_533);
    for (const id of [65_535, 1, 2]) ids.take(id);
    expect([ids.next(), ids.next(), ids.inFlight]).toEqual([65_534, 3, 3]);
    expect([ids.free(2), ids.free(2), ids.free(9), ids.inFlight]).toEqual([true, false, false, 2]);
  });
});

test("what is streamed comes whole, however it is cut; beyond its bound it is dropped", () => {
  const [largest, beyond] = ["x".repeat(MAX_STREAMED_BYTES), "y".repeat(MAX_STREAMED_BYTES + 1)];
  const bytes = stream(
    publish(largest, { topic: "streamed", qos: 1, messageId: 5 }),
    publish("", { topic: "streamed" }),
    publish(beyond, { topic: "streamed", qos: 1, messageId: 6 }),
    publish("one"),
  );
  const expected = [
    largest,
    { packetId: 5, why: "streamed" },
    "",
    { packetId: undefined, why: "streamed" },
    { packetId: 6, why: `${beyond.length} bytes, which are too many, on streamed` },
    message("one"),
  ];
  for (const pieceBytes of [1, 3, 512, bytes.length]) expect(told(bytes, pieceBytes)).toEqual(expected);
});
