/** What a hostile or clumsy broker says, byte for byte. */
import type { Socket } from "node:net";
import { generate, parser } from "mqtt-packet";

export const connack = Uint8Array.of(0x20, 2, 0, 0);
const pingresp = Uint8Array.of(0xd0, 0);
const suback = (id: number) => Uint8Array.of(0x90, 3, id >> 8, id & 255, 1);
const puback = (id: number) => Uint8Array.of(0x40, 2, id >> 8, id & 255);

/** So many messages, the payload of each made from its number. */
export function publishes(
  count: number,
  qos: 0 | 1,
  payload: (index: number) => string = String,
  topic = "devices/d/control",
): Buffer {
  const packets = Array.from({ length: count }, (_, index) =>
    generate({
      ...{ cmd: "publish", topic, payload: payload(index), qos, retain: false, dup: false },
      messageId: index + 1,
    }),
  );
  return Buffer.concat(packets);
}

const times = (count: number, bytes: (index: number) => Uint8Array) =>
  Buffer.concat(Array.from({ length: count }, (_, index) => bytes(index)));

export interface MqttAttack {
  readonly name: string;
  /** Sent at once, when the device has its SUBACK. */
  readonly bytes: Buffer;
  /** The session is over then: a mistake of the protocol (MQTT 3.1.1 §4.8). */
  readonly ends: boolean;
}

/** Each fits into the chip's TCP window. */
export const mqttAttacks: readonly MqttAttack[] = [
  { name: "273 messages of quality 0", bytes: publishes(273, 0, () => "x", "devices/d/contr"), ends: false },
  { name: "273 messages of quality 1", bytes: publishes(273, 1, () => "x", "devices/d/con"), ends: false },
  { name: "a second CONNACK", bytes: times(1, () => connack), ends: true },
  { name: "60 more CONNACKs", bytes: times(60, () => connack), ends: true },
  { name: "a SUBACK once more", bytes: times(1, () => suback(1)), ends: true },
  { name: "1,000 SUBACKs of others", bytes: times(1_000, (id) => suback(id + 2)), ends: true },
  { name: "1,000 PUBACKs of what was not sent", bytes: times(1_000, (id) => puback(id + 1)), ends: false },
  { name: "2,000 PINGRESPs", bytes: times(2_000, () => pingresp), ends: false },
  { name: "a CONNECT", bytes: times(1, () => Uint8Array.of(0x10, 2, 0, 0)), ends: true },
];

/**
 * The broker's side of a connection: it accepts everything, and acknowledges nothing that is published.
 * @param then is called when the device has its SUBACK
 */
export function acceptMqtt(socket: Socket, then: (socket: Socket) => void): void {
  socket.on("error", () => {});
  const reader = parser().on("packet", (packet) => {
    if (packet.cmd === "connect") socket.write(connack);
    else if (packet.cmd === "subscribe") {
      socket.write(suback(packet.messageId!));
      then(socket);
    }
  });
  socket.on("data", (bytes) => void reader.parse(bytes));
}
