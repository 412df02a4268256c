/** MQTT 3.1.1 packets as the SDK's client writes them (OASIS standard, sections 2 and 3). */

export const operations = {
  CONNECT: 1,
  CONNACK: 2,
  PUBLISH: 3,
  PUBACK: 4,
  PUBREC: 5,
  PUBREL: 6,
  PUBCOMP: 7,
  SUBSCRIBE: 8,
  SUBACK: 9,
  UNSUBSCRIBE: 10,
  UNSUBACK: 11,
  PINGREQ: 12,
  PINGRESP: 13,
  DISCONNECT: 14,
} as const;

export interface ConnectFields {
  id: string;
  user?: string | undefined;
  password?: string | ArrayBuffer | undefined;
  will?: { topic: string; message: string | ArrayBuffer; QoS?: number; retain?: boolean } | undefined;
  clean: boolean;
  keepAliveSeconds: number;
}

export interface PublishFields {
  topic: string;
  id: number;
  QoS: number;
  retain: boolean;
  duplicate: boolean;
  /** Of the whole payload, which may come in pieces. */
  byteLength: number;
}

export interface TopicItem {
  topic: string;
  QoS?: number;
}

const utf8 = new TextEncoder();
const word = (value: number): number[] => [(value >> 8) & 255, value & 255];

/** Two bytes of length and the bytes. Only an ArrayBuffer counts as bytes; all else becomes a string. */
function field(value: string | ArrayBuffer): number[] {
  const bytes = value instanceof ArrayBuffer ? new Uint8Array(value) : utf8.encode(String(value));
  return [...word(bytes.byteLength), ...bytes];
}

function lengthBytes(length: number): number[] {
  const bytes: number[] = [];
  let rest = length;
  do {
    bytes.push((rest & 127) | (rest > 127 ? 128 : 0));
    rest >>= 7;
  } while (rest > 0);
  return bytes;
}

/** A packet without what is still to be sent of it (`later` bytes). */
function packet(operation: number, flags: number, body: number[], later = 0): Uint8Array {
  return Uint8Array.from([(operation << 4) | flags, ...lengthBytes(body.length + later), ...body]);
}

export function connectPacket(fields: ConnectFields): Uint8Array {
  const { will, user, password } = fields;
  const flags =
    (fields.clean ? 2 : 0) |
    (user === undefined ? 0 : 0x80) |
    (password === undefined ? 0 : 0x40) |
    (will ? 4 | (((will.QoS ?? 0) & 3) << 3) | (will.retain ? 0x20 : 0) : 0);
  return packet(operations.CONNECT, 0, [
    ...field("MQTT"),
    4,
    flags,
    ...word(fields.keepAliveSeconds),
    ...field(fields.id),
    ...(will ? [...field(will.topic), ...field(will.message)] : []),
    ...(user === undefined ? [] : field(user)),
    ...(password === undefined ? [] : field(password)),
  ]);
}

/** The head of a PUBLISH, up to its payload. */
export function publishHead(fields: PublishFields): Uint8Array {
  const flags = (fields.retain ? 1 : 0) | ((fields.QoS & 3) << 1) | (fields.duplicate ? 8 : 0);
  const head = [...field(fields.topic), ...(fields.QoS ? word(fields.id) : [])];
  return packet(operations.PUBLISH, flags, head, fields.byteLength);
}

/**
 * What a client sends besides CONNECT and PUBLISH.
 * @throws "unknown" for what a client does not send
 */
export function controlPacket(operation: number, id: number, items: TopicItem[] = []): Uint8Array {
  switch (operation) {
    case operations.SUBSCRIBE:
      return packet(operation, 2, [
        ...word(id),
        ...items.flatMap(({ topic, QoS }) => [...field(topic), (QoS ?? 0) & 3]),
      ]);
    case operations.UNSUBSCRIBE:
      return packet(operation, 2, [...word(id), ...items.flatMap(({ topic }) => field(topic))]);
    case operations.PUBREL:
      return packet(operation, 2, word(id));
    case operations.PUBACK:
    case operations.PUBREC:
    case operations.PUBCOMP:
      return packet(operation, 0, word(id));
    case operations.PINGREQ:
    case operations.DISCONNECT:
      return packet(operation, 0, []);
    default:
      throw new Error("unknown");
  }
}
