/** All that a service gives: the credentials, and what it says about how to use them. */
import { failed, type Result, success } from "../modules/base/failure.js";
import { Secret } from "../modules/base/secret.js";
import { asInteger, asObject, asText, type Json } from "../modules/data/json.js";
import { parseUrl } from "../modules/data/url.js";
import { utf8Length } from "../modules/settings/settings.js";
import { UTC_OFFSET_BOUNDS_MINUTES } from "../modules/settings/update-window.js";
import { type Credentials, checkCredentials, encodeCredentials, type RawCredentials } from "./credentials.js";
import { checkStandIn, encodeStandIn, type StandIn } from "./stand-in.js";

export interface Configuration {
  readonly credentials: Credentials;
  readonly pace: Pace;
  /** For the application: the agent itself speaks MQTT. */
  readonly websocket: WebSocketAccess | undefined;
  /** Local time minus UTC, as the service says it; the clock itself shows UTC. */
  readonly utcOffsetMinutes: number | undefined;
  /** Where HTTP takes what MQTT cannot get through with. */
  readonly standIn: StandIn | undefined;
  /** For the application: what AWS IoT's provisioning template says of the device. */
  readonly deviceConfiguration?: Readonly<Record<string, string>> | undefined;
}

/** What is undefined the agent decides. */
export interface Pace {
  /** Between two status messages. */
  readonly heartbeatMs: number | undefined;
  /** Between two readings. */
  readonly dataMs: number | undefined;
  /** Of the broker in a row, before the service is asked. */
  readonly retryAttempts: number | undefined;
  /** Of a request to the service, and of a connection to the broker. */
  readonly timeoutMs: number | undefined;
  readonly keepAliveMs: number | undefined;
}

export interface WebSocketAccess {
  /** `ws:` or `wss:`. */
  readonly url: string;
  readonly token: Secret;
}

/** Flat and unchecked, as a protocol or the flash has it; times in milliseconds. */
export interface RawConfiguration {
  readonly credentials: RawCredentials;
  readonly pace?: { readonly [Name in keyof Pace]?: unknown };
  readonly websocket?: unknown;
  readonly utcOffsetMinutes?: unknown;
  readonly standIn?: unknown;
  readonly deviceConfiguration?: unknown;
}

/**
 * As JSON. An NVS string has less than 4,000 bytes: the record's frame takes 25 of them, and a URL of 255 characters,
 * each of them escaped, 519.
 */
const MAX_STORED_BYTES = 3_400;
const MAX_TOKEN_CHARACTERS = 1_024;
/** Sooner floods the broker, later looks like a dead device. */
const HEARTBEAT_BOUNDS_MS = [5_000, 3_600_000] as const;
/** Some things change once a day. */
const DATA_BOUNDS_MS = [5_000, 86_400_000] as const;
const RETRY_BOUNDS = [1, 20] as const;
/** A slow network needs seconds; a person in the portal waits for this. */
const TIMEOUT_BOUNDS_MS = [3_000, 60_000] as const;
const KEEP_ALIVE_BOUNDS_MS = [10_000, 1_800_000] as const;

/** The credentials have to make sense; of the rest what does not is left out. */
export function checkConfiguration(raw: RawConfiguration): Result<Configuration> {
  const credentials = checkCredentials(raw.credentials);
  if (!credentials.ok) return credentials;
  const deviceConfiguration = checkTexts(raw.deviceConfiguration);
  const { heartbeatMs, dataMs, retryAttempts, timeoutMs, keepAliveMs } = raw.pace ?? {};
  const configuration: Configuration = {
    credentials: credentials.value,
    pace: {
      heartbeatMs: clamped(heartbeatMs, HEARTBEAT_BOUNDS_MS),
      dataMs: clamped(dataMs, DATA_BOUNDS_MS),
      retryAttempts: clamped(retryAttempts, RETRY_BOUNDS),
      timeoutMs: clamped(timeoutMs, TIMEOUT_BOUNDS_MS),
      keepAliveMs: clamped(keepAliveMs, KEEP_ALIVE_BOUNDS_MS),
    },
    websocket: checkWebSocket(asObject(raw.websocket)),
    utcOffsetMinutes: asInteger(raw.utcOffsetMinutes, ...UTC_OFFSET_BOUNDS_MINUTES),
    standIn: checkStandIn(asObject(raw.standIn), credentials.value),
    ...(deviceConfiguration && { deviceConfiguration }),
  };
  if (fits(configuration)) return success(configuration);
  // The broker goes before what stands in for it.
  const alone = { ...configuration, standIn: undefined };
  return fits(alone) ? success(alone) : failed("answer-too-large", "configuration");
}

function fits(configuration: Configuration): boolean {
  return utf8Length(JSON.stringify(encodeConfiguration(configuration))) <= MAX_STORED_BYTES;
}

export function encodeConfiguration(configuration: Configuration): RawConfiguration {
  const { credentials, pace, websocket, standIn, ...others } = configuration;
  return {
    credentials: encodeCredentials(credentials),
    // What is undefined JSON leaves out.
    ...(Object.values(pace).some((value) => value !== undefined) && { pace }),
    ...(websocket && { websocket: { url: websocket.url, token: websocket.token.reveal() } }),
    ...(standIn && { standIn: encodeStandIn(standIn) }),
    ...others,
  };
}

export function sameConfiguration(a: Configuration, b: Configuration): boolean {
  return JSON.stringify(encodeConfiguration(a)) === JSON.stringify(encodeConfiguration(b));
}

/** As services give it: whole seconds. @returns undefined where it makes no sense */
export function milliseconds(seconds: unknown): number | undefined {
  const whole = asInteger(seconds, 1, Number.MAX_SAFE_INTEGER / 1000);
  return whole && whole * 1000;
}

function clamped(value: unknown, [min, max]: readonly [number, number]): number | undefined {
  const number = asInteger(value, 1, Number.MAX_SAFE_INTEGER);
  return number === undefined ? undefined : Math.min(max, Math.max(min, number));
}

/** @returns undefined where there are none */
function checkTexts(value: unknown): Readonly<Record<string, string>> | undefined {
  const texts = Object.entries(asObject(value) ?? {}).filter(([, text]) => typeof text === "string");
  return texts.length > 0 ? (Object.fromEntries(texts) as Record<string, string>) : undefined;
}

function checkWebSocket(raw: Json | undefined): WebSocketAccess | undefined {
  const url = asText(raw?.url);
  const token = asText(raw?.token) ?? "";
  if (!url || !/^wss?:\/\//i.test(url) || !parseUrl(url.replace(/^ws/i, "http"))) return undefined;
  return token.length <= MAX_TOKEN_CHARACTERS ? { url, token: new Secret(token) } : undefined;
}
