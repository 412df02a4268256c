/** What every provisioning protocol ends with: all that the broker wants to know. */
import { parseUrl } from "../modules/http/url.js";
import type { Qos } from "../modules/mqtt/mqtt.js";
import { Secret } from "../modules/secret/secret.js";
import { asInteger, asObject, asText } from "./json.js";

export interface Credentials {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  readonly clientId: string;
  readonly username: string;
  readonly password: Secret;
  /** By name; `status` and `data` are published to, `control` is subscribed to, others are kept for the application. */
  readonly topics: Readonly<Record<string, string>>;
  /** The highest that the broker takes: some close the connection for more than 0. */
  readonly qos: Qos;
}

const MAX_TEXT_CHARACTERS = 512;
const MAX_TOPICS = 16;

/** Flat and unchecked, as a protocol or the flash has it. */
export interface RawCredentials {
  readonly host: unknown;
  readonly port: unknown;
  readonly tls: unknown;
  readonly clientId: unknown;
  readonly username: unknown;
  readonly password: unknown;
  readonly topics: unknown;
  readonly qos: Qos;
}

/** @returns undefined where anything that the broker needs is missing or makes no sense: nothing is half-believed */
export function checkCredentials(raw: RawCredentials): Credentials | undefined {
  const host = parseHost(asText(raw.host));
  const port = asInteger(raw.port, 1, 65_535);
  const clientId = asText(raw.clientId);
  const username = raw.username === undefined ? "" : asText(raw.username);
  const password = raw.password === undefined ? "" : raw.password;
  const topics = checkTopics(raw.topics);
  if (!host || !port || !clientId || username === undefined || typeof password !== "string" || !topics)
    return undefined;
  if ([clientId, username, password].some((text) => text.length > MAX_TEXT_CHARACTERS)) return undefined;
  return {
    host,
    port,
    tls: raw.tls === true,
    clientId,
    username,
    password: new Secret(password),
    topics,
    qos: raw.qos,
  };
}

export function encodeCredentials(credentials: Credentials): RawCredentials {
  return { ...credentials, password: credentials.password.reveal() };
}

export function sameCredentials(a: Credentials, b: Credentials): boolean {
  return JSON.stringify(encodeCredentials(a)) === JSON.stringify(encodeCredentials(b));
}

function parseHost(text: string | undefined): string | undefined {
  const url = text === undefined || /[/?#:]/.test(text) ? undefined : parseUrl(text);
  return url?.host;
}

/** Names to topics; a topic to publish to has no wildcards (MQTT 3.1.1 §4.7). */
function checkTopics(value: unknown): Record<string, string> | undefined {
  const entries = Object.entries(asObject(value) ?? {});
  if (entries.length > MAX_TOPICS) return undefined;
  const topics: Record<string, string> = {};
  for (const [name, topic] of entries) {
    const text = asText(topic);
    if (!text || text.length > MAX_TEXT_CHARACTERS || /[\0#+]/.test(text)) return undefined;
    topics[name] = text;
  }
  return topics;
}
