/**
 * Takes apart what a broker sends (MQTT 3.1.1 §2.2, §3). Messages are read here and not by the SDK's client: that tells
 * neither DUP nor the packet id, collects topics of any length, and hears nothing more after an empty payload. What is
 * too large passes by and is never collected.
 */
import { type Incoming, MAX_PAYLOAD_BYTES, MAX_STREAMED_BYTES, MAX_TOPIC_BYTES, type PayloadSink } from "./mqtt.js";

export interface PacketSink {
  /** For one more packet: asked before each. */
  readonly hasRoom: boolean;
  /** A whole packet that is no PUBLISH, of a form that a client can get; a CONNACK may be one of MQTT 5. */
  control(packet: Uint8Array): void;
  message(message: Incoming): void;
  /** Where a message's payload goes piece by piece; undefined: it comes as a message. */
  stream(topic: string): PayloadSink | undefined;
  /** The sink has had all of it. */
  streamed(packetId: number | undefined): void;
  /** A message that is not for the application, with its id where it wants an acknowledgement. */
  dropped(packetId: number | undefined, why: string): void;
}

/** The types of packets (§2.2.1), as the SDK's client has them, too. */
export const PACKET = {
  connect: 1,
  connack: 2,
  publish: 3,
  puback: 4,
  subscribe: 8,
  suback: 9,
  disconnect: 14,
} as const;

/** What a CONNACK has here; one of MQTT 5 has properties, too (MQTT 5.0 §3.2.2). */
export const CONNACK_BYTES = 2;

/** The lengths that the other packets to a client can have: CONNACK, PUBACK, SUBACK, PINGRESP. */
const LENGTHS: Readonly<Record<number, readonly [least: number, most: number]>> = {
  2: [CONNACK_BYTES, 1_024],
  4: [2, 2],
  // A code for each topic; one byte of length.
  9: [3, 127],
  13: [0, 0],
};
/** §2.2.3: four bytes at most. */
const MAX_LENGTH_SHIFT = 21;
const NOTHING = new Uint8Array(0);

type Field = "header" | "length" | "body" | "topicLength" | "topic" | "packetId" | "payload";

export class PacketReader {
  private sink: PacketSink;
  private field: Field = "header";
  private header = 0;
  /** What of the packet's remaining length is behind the fields that were begun. */
  private length = 0;
  private shift = 0;
  /** Bytes of the field that have not come yet. */
  private missing = 0;
  private kept: Uint8Array = NOTHING;
  private keptBytes = 0;
  /** Of the message that is coming. */
  private topic: string | undefined;
  private isTopicLong = false;
  private packetId: number | undefined;
  private payloadBytes = 0;
  private pieces: PayloadSink | undefined;
  private isConnected = false;

  constructor(sink: PacketSink) {
    this.sink = sink;
  }

  /**
   * @returns how many bytes were seen: where the sink has no room for one more packet, those up to it
   * @throws RangeError where it is no MQTT; the rest of the stream makes no sense then
   */
  see(bytes: Uint8Array): number {
    let position = 0;
    while (position < bytes.length) {
      if (this.field === "header") {
        if (!this.sink.hasRoom) break;
        this.seeHeader(bytes[position++]!);
      } else if (this.field === "length") this.seeLength(bytes[position++]!);
      else {
        const count = Math.min(this.missing, bytes.length - position);
        const room = Math.min(count, this.kept.length - this.keptBytes);
        if (room > 0) this.kept.set(bytes.subarray(position, position + room), this.keptBytes);
        this.keptBytes += room;
        if (this.field === "payload") this.pieces?.write(bytes.subarray(position, position + count));
        this.missing -= count;
        position += count;
        if (this.missing === 0) this.finish();
      }
    }
    return position;
  }

  private seeHeader(byte: number): void {
    this.header = byte;
    this.length = this.shift = 0;
    this.field = "length";
  }

  private seeLength(byte: number): void {
    this.length |= (byte & 0x7f) << this.shift;
    if (byte >= 0x80) {
      if (this.shift === MAX_LENGTH_SHIFT) throw new RangeError("MQTT: length");
      this.shift += 7;
      return;
    }
    const operation = this.header >> 4;
    // The first packet, and no other (§3.2).
    if ((operation === PACKET.connack) === this.isConnected) throw new RangeError(`MQTT: packet ${operation} now`);
    this.isConnected = true;
    if (operation === PACKET.publish) {
      // Nothing was subscribed to with quality 2.
      if (this.headerQos > 1) throw new RangeError("MQTT: quality");
      this.begin("topicLength", 2);
      return;
    }
    const [least, most] = LENGTHS[operation] ?? [1, 0];
    if (this.length < least || this.length > most) throw new RangeError(`MQTT: packet ${operation}`);
    this.begin("body", this.length);
  }

  /** @param keptBytes so many of the field's first bytes are wanted */
  private begin(field: Field, count: number, keptBytes = count): void {
    if (count > this.length) throw new RangeError("MQTT: cut");
    this.field = field;
    this.length -= count;
    this.missing = count;
    this.kept = keptBytes === 0 ? NOTHING : new Uint8Array(keptBytes);
    this.keptBytes = 0;
    if (count === 0) this.finish();
  }

  private finish(): void {
    const kept = this.kept;
    this.kept = NOTHING;
    switch (this.field) {
      case "body":
        this.field = "header";
        this.takeControl(kept);
        break;
      case "topicLength":
        this.beginTopic(number(kept));
        break;
      case "topic":
        this.topic = text(kept);
        this.packetId = undefined;
        if (this.headerQos === 1) this.begin("packetId", 2);
        else this.beginPayload();
        break;
      case "packetId":
        this.packetId = number(kept);
        if (this.packetId === 0) throw new RangeError("MQTT: packet id");
        this.beginPayload();
        break;
      default:
        this.field = "header";
        this.takeMessage(kept);
    }
  }

  private takeControl(body: Uint8Array): void {
    const packet = new Uint8Array(2 + body.length);
    packet[0] = this.header;
    packet[1] = body.length;
    packet.set(body, 2);
    this.sink.control(packet);
  }

  private beginTopic(bytes: number): void {
    if (bytes === 0) throw new RangeError("MQTT: topic");
    this.isTopicLong = bytes > MAX_TOPIC_BYTES;
    this.begin("topic", bytes, this.isTopicLong ? 0 : bytes);
  }

  private beginPayload(): void {
    this.payloadBytes = this.length;
    const isStreamable = this.topic !== undefined && !this.isTopicLong && this.payloadBytes <= MAX_STREAMED_BYTES;
    this.pieces = isStreamable ? this.sink.stream(this.topic!) : undefined;
    const isWanted = this.payloadBytes <= MAX_PAYLOAD_BYTES && !this.isTopicLong && !this.pieces;
    this.begin("payload", this.payloadBytes, isWanted ? this.payloadBytes : 0);
  }

  private takeMessage(kept: Uint8Array): void {
    const [topic, packetId, bytes] = [this.topic, this.packetId, this.payloadBytes];
    const pieces = this.pieces;
    this.pieces = undefined;
    if (pieces) {
      pieces.end();
      this.sink.streamed(packetId);
      return;
    }
    const payload = kept.length === bytes ? text(kept) : undefined;
    if (this.isTopicLong) this.sink.dropped(packetId, `a topic of more than ${MAX_TOPIC_BYTES} bytes`);
    else if (kept.length !== bytes) this.sink.dropped(packetId, `${bytes} bytes, which are too many, on ${topic}`);
    else if (topic === undefined || payload === undefined) this.sink.dropped(packetId, `no UTF-8, on ${topic}`);
    else {
      const [retained, duplicate] = [(this.header & 1) !== 0, (this.header & 8) !== 0];
      this.sink.message({ topic, payload, retained, duplicate, packetId });
    }
  }

  private get headerQos(): number {
    return (this.header >> 1) & 3;
  }
}

function number(bytes: Uint8Array): number {
  return (bytes[0]! << 8) | bytes[1]!;
}

/** @returns undefined where the bytes are no UTF-8 */
function text(bytes: Uint8Array): string | undefined {
  try {
    return String.fromArrayBuffer(bytes.buffer as ArrayBuffer);
  } catch {
    return undefined;
  }
}
