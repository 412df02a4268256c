/** What the open gateway makes of the bytes that a client sends (xinnan-tech/xiaozhi-mqtt-gateway, mqtt-protocol.js). */
import type { Socket } from "node:net";
import type { XiaozhiAccount } from "./credentials.js";
import { canonicalMac, underscoredMac } from "./text.js";

/** What it took from CONNECT. */
export interface GatewayLogin {
  readonly clientId: string;
  readonly username: string;
  readonly password: string;
}

export interface GatewayEvents {
  connect(login: GatewayLogin): void;
  /** A packet that it does not know: it closes the connection. */
  stranger(type: number): void;
}

const CONNECT = 1;
/** And PUBLISH, SUBSCRIBE, PINGREQ, DISCONNECT (MQTT 3.1.1, table 2.1). */
const KNOWN: ReadonlySet<number> = new Set([CONNECT, 3, 8, 12, 14]);
const HAS_USERNAME = 0x80;
const HAS_PASSWORD = 0x40;

/** Reads along, as the gateway does. What is no MQTT at all ends with the broker's own parser. */
export function watchPackets(socket: Socket, events: GatewayEvents): void {
  let pending = Buffer.alloc(0);
  socket.on("data", (bytes: Buffer) => {
    pending = Buffer.concat([pending, bytes]);
    for (let packet = firstPacket(pending); packet; packet = firstPacket(pending)) {
      const type = pending[0]! >> 4;
      if (type === CONNECT) events.connect(readConnect(packet.body));
      else if (!KNOWN.has(type)) events.stranger(type);
      pending = pending.subarray(packet.bytes);
    }
  });
}

/** @returns the body of the first packet, once it is whole */
function firstPacket(buffer: Buffer): { readonly body: Buffer; readonly bytes: number } | undefined {
  let length = 0;
  for (let digits = 0; digits < 4; digits++) {
    const digit = buffer[digits + 1];
    if (digit === undefined) return undefined;
    length += (digit & 127) * 128 ** digits;
    if (digit & 128) continue;
    const [start, end] = [digits + 2, digits + 2 + length];
    return buffer.length < end ? undefined : { body: buffer.subarray(start, end), bytes: end };
  }
  return undefined;
}

/** Client id, user name, password, one behind the other: a will's topic and message stand before the last two. */
function readConnect(body: Buffer): GatewayLogin {
  let position = 0;
  const next = () => {
    const start = position + 2;
    position = start + (start <= body.length ? body.readUInt16BE(position) : 0);
    return body.toString("utf8", start, position);
  };
  next(); // the protocol's name
  const flags = body[position + 1] ?? 0;
  position += 4; // its level, the flags, the keep-alive
  const clientId = next();
  const username = flags & HAS_USERNAME ? next() : "";
  return { clientId, username, password: flags & HAS_PASSWORD ? next() : "" };
}

/** Whether the gateway is meant: the device service's brokers have other client ids. */
export function isGatewayId(clientId: string): boolean {
  return clientId.includes("@@@");
}

/** It parses every message. @returns why it closes the connection, or null */
export function publishMistake(qos: number, payload: string | Buffer): string | null {
  if (qos !== 0) return "a xiaozhi gateway takes QoS 0 only";
  try {
    JSON.parse(payload.toString());
    return null;
  } catch {
    return "a xiaozhi gateway takes JSON only";
  }
}

/** The account of whoever says `GID…@@@<mac>`: the gateway asks for no password then. Null for other client ids. */
export function shortAccount(clientId: string): XiaozhiAccount | null {
  const [group, name, ...more] = clientId.split("@@@");
  const mac = name === undefined || more.length > 0 ? null : canonicalMac(name.replaceAll("_", ":"));
  if (!group || mac === null) return null;
  return {
    family: "xiaozhi",
    mac,
    clientId,
    username: "",
    password: "",
    publishTopic: "device-server",
    subscribeTopic: `devices/p2p/${underscoredMac(mac)}`,
  };
}
