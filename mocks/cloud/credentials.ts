import { createHash, createHmac, timingSafeEqual } from "node:crypto";
import { underscoredMac } from "./text.js";

/** What the broker knows of one account. `password` is a secret: it leaves only in a provisioning reply. */
export interface MqttAccount {
  readonly family: "service" | "xiaozhi";
  readonly mac: string;
  readonly clientId: string;
  readonly username: string;
  readonly password: string;
}

export interface ServiceAccount extends MqttAccount {
  readonly family: "service";
  readonly topics: { data: string; control: string; status: string; heartbeat: string };
}

export interface XiaozhiAccount extends MqttAccount {
  readonly family: "xiaozhi";
  readonly publishTopic: string;
  readonly subscribeTopic: string;
}

/** The account of the device service: user `AIOT-ESP32-xxxxxxxx`, the UUID as client id and in every topic. */
export function makeServiceAccount(mac: string, random: (byteCount: number) => Uint8Array): ServiceAccount {
  const uuid = makeUuid(random(16));
  return {
    family: "service",
    mac,
    clientId: uuid,
    username: `AIOT-ESP32-${hex(random(4)).toUpperCase()}`,
    password: hex(random(32)),
    topics: {
      data: `devices/${uuid}/data`,
      control: `devices/${uuid}/control`,
      status: `devices/${uuid}/status`,
      heartbeat: `devices/${uuid}/heartbeat`,
    },
  };
}

/** What a xiaozhi client id says of a device. */
export interface ClientName {
  /** What the servers call a group: the board, as `GID_…`. */
  group: string;
  mac: string;
  /** The last of the three parts. */
  tail: string;
}

export function xiaozhiClientId({ group, mac, tail }: ClientName): string {
  return `${group}@@@${underscoredMac(mac)}@@@${tail}`;
}

/**
 * The account of the activation server: the password is a signature over client id and user name, or empty where the
 * server has no key.
 */
export function makeXiaozhiAccount(mac: string, clientId: string, signatureKey: Uint8Array | null): XiaozhiAccount {
  const username = Buffer.from(JSON.stringify({ ip: "127.0.0.1" })).toString("base64");
  return {
    family: "xiaozhi",
    mac,
    clientId,
    username,
    password: signatureKey ? createHmac("sha256", signatureKey).update(`${clientId}|${username}`).digest("base64") : "",
    publishTopic: "device-server",
    subscribeTopic: `devices/p2p/${underscoredMac(mac)}`,
  };
}

/** Compares in a time that does not tell how much of `given` was right. */
export function sameSecret(expected: string, given: string): boolean {
  const digest = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(expected), digest(given));
}

/** A version 4 UUID of 16 bytes (RFC 9562, section 5.4). */
export function makeUuid(bytes: Uint8Array): string {
  const octets = Uint8Array.from(bytes.subarray(0, 16));
  octets[6] = (octets[6]! & 0x0f) | 0x40;
  octets[8] = (octets[8]! & 0x3f) | 0x80;
  return hex(octets).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}
