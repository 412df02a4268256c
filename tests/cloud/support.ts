import { createHmac } from "node:crypto";
import mqtt, { type IClientOptions, type MqttClient } from "mqtt";
import { onTestFinished } from "vitest";
import { MockCloud } from "../../mocks/cloud/cloud.js";
import type { CloudOptions } from "../../mocks/cloud/settings.js";

export const mac = "AA:BB:CC:DD:EE:01";
export const clientId = "12345678-1234-4234-8234-123456789012";
export const serial = "SN-ABC123-DEF456";
export const hmacKeyHex = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";

/** A running cloud on free ports, without the waits that only real life needs; stopped when the test ends. */
export async function startCloud(options: CloudOptions = {}): Promise<MockCloud> {
  const cloud = new MockCloud({ minimumAnswerMs: 0, holdMs: 0, ...options });
  await cloud.start();
  onTestFinished(() => cloud.stop());
  return cloud;
}

/** A clock that stands still until it is moved. */
export function fakeClock(startMs = Date.UTC(2025, 10, 6, 10, 30)): {
  now: () => number;
  advance: (ms: number) => void;
} {
  let timeMs = startMs;
  return {
    now: () => timeMs,
    advance: (ms) => {
      timeMs += ms;
    },
  };
}

export function postJson(url: string, value: unknown, headers: Record<string, string> = {}): Promise<Response> {
  const body = typeof value === "string" ? value : JSON.stringify(value);
  return fetch(url, { method: "POST", headers: { "Content-Type": "application/json", ...headers }, body });
}

export function postForm(url: string, fields: Record<string, string>, headers: Record<string, string> = {}) {
  return fetch(url, { method: "POST", body: new URLSearchParams(fields), headers, redirect: "manual" });
}

export const infoRequest = {
  mac_address: mac,
  firmware_version: "1.0.0",
  hardware_version: "ESP32-S3",
  product_id: "P1",
};

export function deviceInfo(cloud: MockCloud, changes: Record<string, unknown> = {}): Promise<Response> {
  return postJson(`${cloud.url}/device/info`, { ...infoRequest, ...changes });
}

export interface InfoReply {
  device_id: string;
  device_uuid: string;
  device_secret?: string;
  mac_address: string;
  product_id?: unknown;
  mqtt_config: {
    broker: string;
    port: number;
    use_ssl: boolean;
    url?: string;
    username: string;
    password: string;
    client_id?: string;
    topics: Record<string, string>;
  };
  api_config?: unknown;
  firmware_update: Record<string, unknown> | null;
  message?: string;
  timestamp?: string;
}

/** Registers the device and fetches its settings. */
export async function provision(cloud: MockCloud, address = mac): Promise<InfoReply> {
  cloud.register(address);
  return (await (await deviceInfo(cloud, { mac_address: address })).json()) as InfoReply;
}

export const xiaozhiHeaders = {
  "Activation-Version": "2",
  "Device-Id": mac.toLowerCase(),
  "Client-Id": clientId,
  "Serial-Number": serial,
};

export interface Activation {
  code: string;
  message: string;
  challenge: string;
  timeout_ms: number;
  activation_url: string;
}

export interface OtaReply {
  status?: string;
  activation?: Activation;
  mqtt?: {
    endpoint: string;
    port?: number;
    client_id: string;
    username: string;
    password: string;
    publish_topic: string;
    subscribe_topic: string;
  };
  websocket?: { url: string; token: string };
  server_time?: { timestamp: number; timezone_offset: number };
  firmware?: Record<string, unknown>;
  configuration?: Record<string, unknown>;
}

export function query(cloud: MockCloud, headers: Record<string, string> = {}): Promise<Response> {
  return postJson(cloud.xiaozhiUrl, { application: { version: "1.2.3" } }, { ...xiaozhiHeaders, ...headers });
}

export async function queryActivation(cloud: MockCloud, headers: Record<string, string> = {}): Promise<Activation> {
  const { activation } = (await (await query(cloud, headers)).json()) as OtaReply;
  if (!activation) throw new Error("the device is activated already");
  return activation;
}

export function sign(challenge: string, keyHex = hmacKeyHex): string {
  return createHmac("sha256", Buffer.from(keyHex, "hex")).update(challenge).digest("hex");
}

export function activateBody(challenge: string, changes: Record<string, unknown> = {}): Record<string, unknown> {
  return { algorithm: "hmac-sha256", serial_number: serial, challenge, hmac: sign(challenge), ...changes };
}

export function activate(cloud: MockCloud, body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return postJson(`${cloud.xiaozhiUrl}activate`, body, { ...xiaozhiHeaders, ...headers });
}

/** Activates the device as a person would and returns its connection settings. */
export async function activated(cloud: MockCloud): Promise<NonNullable<OtaReply["mqtt"]>> {
  const { code } = await queryActivation(cloud);
  cloud.enterCode(code);
  const { mqtt: settings } = (await (await query(cloud)).json()) as OtaReply;
  return settings!;
}

export interface Message {
  topic: string;
  text: string;
}

const inboxes = new WeakMap<MqttClient, Message[]>();

/** Everything that the client has received since it was made. */
export function inboxOf(client: MqttClient): Message[] {
  return inboxes.get(client)!;
}

/** Connects and resolves to the client, or rejects with the CONNACK's error (its `code` is the return code). */
export function connect(
  cloud: MockCloud,
  options: IClientOptions,
  prepare?: (client: MqttClient) => void,
): Promise<MqttClient> {
  const client = mqtt.connect(`mqtt://127.0.0.1:${cloud.mqttPort}`, { reconnectPeriod: 0, ...options });
  onTestFinished(() => void client.end(true));
  prepare?.(client);
  const inbox: Message[] = [];
  inboxes.set(client, inbox);
  client.on("message", (topic, payload) => inbox.push({ topic, text: payload.toString() }));
  return new Promise((resolve, reject) => {
    client.once("connect", () => resolve(client));
    client.once("error", reject);
    client.once("close", () => reject(new Error("closed")));
  });
}

export async function connectService(cloud: MockCloud, options: IClientOptions = {}) {
  const info = await provision(cloud);
  const { username, password, client_id, topics } = info.mqtt_config;
  const client = await connect(cloud, { clientId: client_id!, username, password, ...options });
  return { client, topics: topics as { data: string; control: string; status: string }, info };
}

/** @param prepare before anything can come */
export async function connectXiaozhi(
  cloud: MockCloud,
  options: IClientOptions = {},
  prepare?: (client: MqttClient) => void,
) {
  const settings = await activated(cloud);
  const { client_id, username, password } = settings;
  return { client: await connect(cloud, { clientId: client_id, username, password, ...options }, prepare), settings };
}

export function closed(client: MqttClient): Promise<void> {
  return new Promise((resolve) => {
    client.once("close", () => resolve());
  });
}

export const firmware = {
  version: "2.0.0",
  url: "http://127.0.0.1/a.bin",
  fileSizeBytes: 9,
  sha256: "ab".repeat(32),
  changelog: "",
  force: false,
};
