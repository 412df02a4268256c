/**
 * MQTT as xiaozhi's open gateway reads and writes it (xinnan-tech/xiaozhi-mqtt-gateway, mqtt-protocol.js): as much of 3.1.1
 * as its own firmware needs. Plain JavaScript, for every engine.
 */

/** What it takes from CONNECT. */
export interface GatewayLogin {
  readonly clientId: string;
  readonly username: string;
  readonly password: string;
}

export interface WireEvents {
  send(bytes: Uint8Array): void;
  /** It lets go of the connection. */
  end(why: string): void;
  /** CONNACK 0 is out. */
  connect(login: GatewayLogin): void;
  publish(topic: string, payload: string, qos: number): void;
}

const TYPE = { connect: 1, connack: 2, publish: 3, subscribe: 8, suback: 9, pingreq: 12, pingresp: 13, disconnect: 14 };
/** Its `max_mqtt_payload_size` counts whole packets. */
const MAX_PACKET_BYTES = 8_192;
const MAX_LENGTH_DIGITS = 4;

export class GatewayWire {
  /** For so long it bears silence in either direction; 0: for ever. */
  silenceMs = 0;
  readonly #events: WireEvents;
  #pending = new Uint8Array(0);
  #isConnected = false;

  constructor(events: WireEvents) {
    this.#events = events;
  }

  receive(bytes: Uint8Array): void {
    this.#pending = joined(this.#pending, bytes);
    try {
      while (this.#takePacket());
    } catch (error) {
      // A length that reaches beyond the packet, a payload that is no JSON: whatever is thrown ends the connection.
      this.#pending = new Uint8Array(0);
      this.#events.end((error as Error).message);
    }
  }

  publish(topic: string, payload: string): void {
    if (!this.#isConnected) return;
    this.#events.send(packetOf(TYPE.publish << 4, joined(lengthAnd(topic), encoded(payload))));
  }

  /** @returns whether there may be more */
  #takePacket(): boolean {
    const { packet, header } = firstPacket(this.#pending) ?? {};
    if (!packet) return false;
    const type = packet[0]! >> 4;
    if (packet.length > MAX_PACKET_BYTES) throw new Error("a packet of more than 8,192 bytes");
    if (!this.#isConnected && type !== TYPE.connect) throw new Error("no CONNECT");
    this.#pending = this.#pending.slice(packet.length);
    this.#take(type, packet, header!);
    return true;
  }

  #take(type: number, packet: Uint8Array, header: number): void {
    switch (type) {
      case TYPE.connect:
        this.#takeConnect(new Fields(packet, header));
        break;
      case TYPE.publish: {
        const fields = new Fields(packet, header);
        const qos = (packet[0]! & 6) >> 1;
        const topic = fields.text();
        if (qos > 0) fields.number();
        this.#events.publish(topic, fields.rest(), qos);
        break;
      }
      case TYPE.subscribe: {
        // It counts on a length of one byte, and takes the first topic for all of them.
        const id = new Fields(packet, 2).number();
        new Fields(packet, 4).text();
        this.#events.send(packetOf(TYPE.suback << 4, Uint8Array.of(id >> 8, id & 255, 0)));
        break;
      }
      case TYPE.pingreq:
        this.#events.send(packetOf(TYPE.pingresp << 4, new Uint8Array(0)));
        break;
      case TYPE.disconnect:
        this.#isConnected = false;
        this.#events.end("DISCONNECT");
        break;
      default:
        throw new Error(`a packet of type ${type}, which the gateway does not know`);
    }
  }

  /** Client id, user name, password, one behind the other: a will's topic and message stand before the last two. */
  #takeConnect(fields: Fields): void {
    fields.text(); // the protocol's name
    const level = fields.byte();
    if (level !== 3 && level !== 4) {
      this.#events.send(packetOf(TYPE.connack << 4, Uint8Array.of(0, 1)));
      throw new Error(`MQTT's level ${level}`);
    }
    const flags = fields.byte() ?? 0;
    this.silenceMs = fields.number() * 1_500;
    const clientId = fields.text();
    const username = flags & 0x80 ? fields.text() : "";
    const password = flags & 0x40 ? fields.text() : "";
    this.#events.send(packetOf(TYPE.connack << 4, Uint8Array.of(0, 0)));
    this.#isConnected = true;
    this.#events.connect({ clientId, username, password });
  }
}

/** One behind the other. @throws RangeError behind the end, as Buffer does; texts are cut there */
class Fields {
  readonly #bytes: Uint8Array;
  #position: number;

  constructor(bytes: Uint8Array, position: number) {
    this.#bytes = bytes;
    this.#position = position;
  }

  /** Undefined behind the end. */
  byte(): number | undefined {
    return this.#bytes[this.#position++];
  }

  number(): number {
    const [high, low] = [this.byte(), this.byte()];
    if (high === undefined || low === undefined) throw new RangeError("a packet that is too short");
    return high * 256 + low;
  }

  text(): string {
    const length = this.number();
    const start = this.#position;
    this.#position += length;
    return new TextDecoder().decode(this.#bytes.slice(start, this.#position));
  }

  rest(): string {
    return new TextDecoder().decode(this.#bytes.slice(this.#position));
  }
}

/** @returns undefined until it is whole; `header`: bytes before its body */
export function firstPacket(bytes: Uint8Array): { packet: Uint8Array; header: number } | undefined {
  let length = 0;
  for (let digits = 0; digits < MAX_LENGTH_DIGITS; digits++) {
    const digit = bytes[digits + 1];
    if (digit === undefined) return undefined;
    length += (digit & 127) * 128 ** digits;
    if (digit & 128) continue;
    const header = digits + 2;
    return bytes.length < header + length ? undefined : { packet: bytes.slice(0, header + length), header };
  }
  return undefined;
}

/** Of a CONNECT. @returns undefined where it is none */
export function clientIdIn(packet: Uint8Array, header: number): string | undefined {
  try {
    const fields = new Fields(packet, header);
    fields.text();
    for (let count = 0; count < 4; count++) fields.byte();
    return packet[0]! >> 4 === TYPE.connect ? fields.text() : undefined;
  } catch {
    return undefined;
  }
}

export function packetOf(header: number, body: Uint8Array): Uint8Array {
  const digits: number[] = [];
  for (let left = body.length, isFirst = true; isFirst || left > 0; isFirst = false, left = Math.floor(left / 128))
    digits.push((left % 128) + (left >= 128 ? 128 : 0));
  return joined(Uint8Array.of(header, ...digits), body);
}

export function lengthAnd(text: string): Uint8Array {
  const bytes = encoded(text);
  return joined(Uint8Array.of(bytes.length >> 8, bytes.length & 255), bytes);
}

export function encoded(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function joined(...parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let position = 0;
  for (const part of parts) {
    whole.set(part, position);
    position += part.length;
  }
  return whole;
}
