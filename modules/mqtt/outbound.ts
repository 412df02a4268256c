/** What goes out on a connection, as far as the socket has room. */
import type { Client } from "./client-adapter.js";
import { MAX_PACKET_BYTES, type MqttOptions, type Outgoing, type Published } from "./mqtt.js";
import type { PacketIds } from "./packet-ids.js";
import { PACKET } from "./packets.js";

/** Messages of QoS 1 that the broker has not acknowledged: more than a broker takes at once (mosquitto: 20). */
const MAX_IN_FLIGHT = 32;
/** Acknowledgements for whose four bytes there is no room: the broker sends what is too large, and does not read. */
const MAX_UNSENT_ACKNOWLEDGEMENTS = 256;
/** No message has it. */
export const SUBSCRIBE_ID = 1;
/** Fixed header, topic length and packet id at most. */
const FRAMING_BYTES = 9;
const PUBACK_BYTES = 4;

export class Outbound {
  /** Until `close`. */
  private client: Client | undefined;
  private ids: PacketIds;
  private roomBytes = 0;
  /** Of messages that were received and not acknowledged. */
  private unsentIds: number[] = [];
  private isRoomWanted = false;

  constructor(client: Client, ids: PacketIds) {
    this.client = client;
    this.ids = ids;
  }

  get isOpen(): boolean {
    return this.client !== undefined;
  }

  /** Acknowledgements wait for room. */
  get isInDebt(): boolean {
    return this.unsentIds.length > 0;
  }

  /** Messages are in flight. */
  get isAwaited(): boolean {
    return this.ids.inFlight > 0;
  }

  publish({ topic, payload, retain = false, qos, packetId, duplicate = false }: Outgoing): Published {
    const data = ArrayBuffer.fromString(payload);
    const bytes = data.byteLength + ArrayBuffer.fromString(topic).byteLength + FRAMING_BYTES;
    if (bytes > MAX_PACKET_BYTES) return "too-large";
    const isWindowFull = qos === 1 && packetId === undefined && this.ids.inFlight >= MAX_IN_FLIGHT;
    const id = qos === 0 ? 0 : (packetId ?? this.ids.next());
    const options = { topic, QoS: qos, retain, duplicate, id };
    if (isWindowFull || bytes > this.roomBytes || !this.write(data, options)) {
      this.isRoomWanted = true;
      return "later";
    }
    if (qos === 1) this.ids.take(id);
    return { packetId: id };
  }

  /** Whether somebody waits for it: told once. */
  takeWish(): boolean {
    const isWanted = this.isRoomWanted;
    this.isRoomWanted = false;
    return isWanted;
  }

  /** @returns whether a message with this id was in flight */
  acknowledged(id: number): boolean {
    return this.ids.free(id);
  }

  /** Of a message that was received. @returns false where too many wait for room */
  acknowledge(id: number): boolean {
    this.unsentIds.push(id);
    this.flush();
    return this.unsentIds.length <= MAX_UNSENT_ACKNOWLEDGEMENTS;
  }

  /** @returns whether it is out */
  subscribe({ subscribe, qos }: MqttOptions): boolean {
    const items = subscribe.map((topic) => ({ topic, QoS: qos }));
    return this.write(null, { operation: PACKET.subscribe, id: SUBSCRIBE_ID, items });
  }

  disconnect(): void {
    this.write(null, { operation: PACKET.disconnect });
  }

  /** The socket has room for so many bytes. */
  writable(count: number): void {
    this.roomBytes = count;
  }

  flush(): void {
    const ids = this.unsentIds;
    while (ids.length > 0 && this.roomBytes >= PUBACK_BYTES)
      if (this.write(null, { operation: PACKET.puback, id: ids[0] })) ids.shift();
  }

  /** @returns false where there is no room; the client tells of some then */
  private write(data: ArrayBuffer | null, options: object): boolean {
    try {
      this.roomBytes = this.client?.write(data, options) ?? 0;
      return this.client !== undefined;
    } catch {
      this.roomBytes = 0; // the client's own packets took the room
      return false;
    }
  }

  /** @returns the client, for who closes it */
  close(): Client | undefined {
    const client = this.client;
    this.client = undefined;
    this.roomBytes = 0;
    this.unsentIds = [];
    return client;
  }
}
