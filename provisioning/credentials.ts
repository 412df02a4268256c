/** What every provisioning protocol ends with: all that the broker wants to know. */
import { failed, type Result, success } from "../modules/base/failure.js";
import { Secret } from "../modules/base/secret.js";
import { asInteger, asObject, asText } from "../modules/data/json.js";
import { parseUrl } from "../modules/data/url.js";
import type { CertificateId } from "../modules/identity/keystore.js";
import type { Qos } from "../modules/mqtt/mqtt.js";

export interface Credentials {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
  readonly clientId: string;
  readonly username: string;
  readonly password: Secret;
  /** By name; `status` and `data` are published to, `control` is subscribed to, others are kept for the application. */
  readonly topics: Readonly<Record<string, string>>;
  /** The highest that the broker takes; 0 in a xiaozhi server's answer alone. */
  readonly qos: Qos;
  /** False: the broker keeps subscriptions, and messages of quality 1, while the device is away. */
  readonly cleanSession: boolean;
  /** What proves the device; undefined: username and password do. */
  readonly certificate?: CertificateId | undefined;
}

/** IANA's. */
export const MQTT_PORT = 1883;
export const MQTTS_PORT = 8883;

export const MAX_TEXT_CHARACTERS = 512;
/** A JWT has 900 and more. */
const MAX_PASSWORD_CHARACTERS = 2_048;

/** Flat and unchecked, as a protocol or the flash has it. */
export interface RawCredentials {
  readonly host: unknown;
  readonly port: unknown;
  readonly tls: unknown;
  readonly clientId: unknown;
  readonly username: unknown;
  readonly password: unknown;
  readonly topics: unknown;
  readonly qos: unknown;
  /** The layout before had none: whatever is no plain `false` is true. */
  readonly cleanSession?: unknown;
  readonly certificate?: unknown;
}

/** Nothing is half-believed: whatever the broker needs has to be there and make sense. */
export function checkCredentials(raw: RawCredentials): Result<Credentials> {
  const host = parseHost(asText(raw.host));
  const port = asInteger(raw.port, 1, 65_535);
  const topics = checkTopics(raw.topics);
  if (!host || !port) return failed("bad-answer", "the broker's address is missing");
  // Anything else than a plain no must not end in a password in clear.
  const tls = raw.tls !== undefined && raw.tls !== null && raw.tls !== false;
  const clientId = checkText("client id", raw.clientId, MAX_TEXT_CHARACTERS);
  if (!clientId.ok) return clientId;
  const username = raw.username === undefined ? NONE : checkText("username", raw.username, MAX_TEXT_CHARACTERS);
  if (!username.ok) return username;
  const password = raw.password === undefined || raw.password === "" ? NONE : checkPassword(raw.password);
  if (!password.ok) return password;
  if (!topics) return failed("bad-answer", "the topics make no sense");
  const qos = raw.qos === 1 ? 1 : 0;
  const cleanSession = raw.cleanSession !== false;
  const certificate = CERTIFICATES.find((one) => one === raw.certificate);
  // Without it the broker would be told who the device is by nothing at all.
  if (raw.certificate !== undefined && !certificate)
    return failed("bad-answer", "a certificate that the device has not");
  const who = { clientId: clientId.value, username: username.value, password: new Secret(password.value) };
  return success({ host, port, tls, ...who, ...(certificate && { certificate }), topics, qos, cleanSession });
}

/**
 * Whether a xiaozhi server gave them: its gateway reads a will's topic as the user name, retains nothing, and closes the
 * connection for QoS 1. QoS 0 is their mark, so that what older firmware has stored counts, too.
 */
export function isFromXiaozhi({ qos }: Credentials): boolean {
  return qos === 0;
}

/**
 * Whether xiaozhi's gateway is meant and no broker: it takes client ids of two or three parts, `group@@@mac@@@uuid`, and
 * closes the connection for any other.
 */
export function isGateway({ clientId }: Credentials): boolean {
  return clientId.includes("@@@");
}

/** What is usual is left out: the layout before is this one without it. */
export function encodeCredentials({ username, password, cleanSession, ...others }: Credentials): RawCredentials {
  // An empty name is none: with a certificate there need not be one.
  return {
    ...others,
    username: username || undefined,
    password: password.reveal(),
    ...(!cleanSession && { cleanSession }),
  };
}

/**
 * Services write a host, `host:port`, or a URL of `mqtt:` or `mqtts:`.
 * @returns undefined where it is none of these; without a scheme `tls` is undefined
 */
export function parseBroker(value: unknown): { host: string; port?: number; tls?: boolean } | undefined {
  const match = /^(?:(mqtts?|ssl|tcp|tls):\/\/)?([^:/?#@\s]{1,253})(?::(\d{1,5}))?\/?$/i.exec(
    asText(value)?.trim() ?? "",
  );
  if (!match) return undefined;
  const [, scheme, host, port] = match;
  return {
    host: host!,
    ...(port !== undefined && { port: Number(port) }),
    ...(scheme !== undefined && { tls: /^(?:mqtts|ssl|tls)$/i.test(scheme) }),
  };
}

function parseHost(text: string | undefined): string | undefined {
  const url = text === undefined || /[/?#:]/.test(text) ? undefined : parseUrl(text);
  return url?.host;
}

const NONE = success("");

/** Services write JSON numbers, too; one that JavaScript has rounded is another one. */
export function checkPassword(value: unknown): Result<string> {
  if (typeof value === "number" && !Number.isSafeInteger(value))
    return failed("bad-answer", "the password is a number that JSON's readers round");
  return checkText("password", value, MAX_PASSWORD_CHARACTERS);
}

function checkText(what: string, value: unknown, maxCharacters: number): Result<string> {
  const text = asText(value);
  if (text === undefined) return failed("bad-answer", `the ${what} is missing`);
  return text.length <= maxCharacters
    ? success(text)
    : failed("bad-answer", `the ${what} has ${text.length} characters, the device takes ${maxCharacters}`);
}

/** Sorted by name. The device's own have to make sense; others that do not are left out. */
function checkTopics(value: unknown): Record<string, string> | undefined {
  const topics: Record<string, string> = {};
  const named = asObject(value ?? {});
  if (!named) return undefined;
  for (const [name, topic] of Object.entries(named).sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (isTopic(name, topic)) topics[name] = topic;
    else if (OWN_TOPICS.has(name)) return undefined;
  }
  return topics;
}

/** Wildcards are for subscriptions (MQTT 3.1.1 §4.7). */
export function isTopic(name: string, topic: unknown): topic is string {
  return typeof topic === "string" && (name === "control" ? /^[^\0]{1,512}$/ : /^[^\0#+]{1,512}$/).test(topic);
}

const CERTIFICATES: readonly CertificateId[] = ["claim", "factory", "slot0", "slot1"];
const OWN_TOPICS: ReadonlySet<string> = new Set(["control", "data", "status"]);
