/** What xiaozhi's servers answer: a code for a person, connection settings, and what comes beside them. */
import { failed, printable, type Reason, type Result, success } from "../../modules/base/failure.js";
import { asInteger, asObject, asText, type Json, type Names, parseObject } from "../../modules/data/json.js";
import { checkOffer } from "../../modules/update/update.js";
import { ERROR_MEMBERS } from "../answers.js";
import { type Configuration, checkConfiguration, milliseconds } from "../configuration.js";
import { MQTT_PORT, MQTTS_PORT, parseBroker } from "../credentials.js";
import type { Activation, Answer, ProvisioningContext } from "../protocol.js";

/** Of the query and of `activate`, beside what statuses mean to every service. */
export const REFUSALS: Readonly<Record<number, Reason>> = { 401: "signature-refused", 409: "activated-elsewhere" };
const ANSWER_NAMES: Names = new Set<string>([
  ...ERROR_MEMBERS,
  ...["activation", "activation_url", "challenge", "timeout_ms", "url", "mqtt", "websocket", "configuration"],
  ...["heartbeat_interval", "retry_attempts", "publish_topic", "subscribe_topic", "client_id", "username", "password"],
  ...["server_time", "firmware", "keepalive", "endpoint", "port", "token", "timestamp", "timezone_offset"],
  ...["version", "force", "size", "sha256", "signature"],
]);
/** How long a code counts when the server does not say, and the bounds of what it may say. */
const CODE_TIMEOUT_MS = 300_000;
const CODE_TIMEOUT_MIN_MS = 10_000;
const CODE_TIMEOUT_MAX_MS = 24 * 60 * 60 * 1000;
const MAX_SHOWN_CHARACTERS = 200;
/** A person types it; whatever its signs are. */
const MAX_CODE_CHARACTERS = 32;
/** 2020 to 2100: anything else is no time of today in milliseconds. */
const TIME_MIN_MS = 1_577_836_800_000;
const TIME_MAX_MS = 4_102_444_800_000;

/** Nobody has to enter anything: what is signed is enough. */
export interface Challenge {
  readonly kind: "challenge";
  readonly challenge: string;
}

/** Of the query and of `activate`. */
export function parseAnswer(body: string): Json | undefined {
  return parseObject(body, ANSWER_NAMES);
}

/**
 * @param isPending the status says that the device is not activated
 * @param skipActivation settings are taken of a service that wants the device activated, too
 */
export function readAnswer(answer: Json, isPending: boolean, skipActivation: boolean): Result<Answer | Challenge> {
  const nested = asObject(answer.activation);
  const part = nested ?? answer;
  const challenge = asText(part.challenge);
  // An empty `activation` means that it is done.
  const isWanted = isPending || challenge !== undefined || (nested !== undefined && asText(nested.code) !== undefined);
  const activation = isWanted || isFlatCode(answer) ? readActivation(part, !nested) : undefined;
  if (activation && !skipActivation) return success({ kind: "activation", activation });
  if (challenge !== undefined && asText(part.code) === undefined && !skipActivation)
    return success({ kind: "challenge", challenge });
  // The settings of a device that is not activated yet are another's than it will have.
  if (isWanted && !skipActivation) return failed("bad-answer", "no code that can be read");
  const configuration = readConfiguration(answer);
  if (configuration.ok) return success({ kind: "configuration", configuration: configuration.value });
  return activation ? success({ kind: "activation", activation }) : configuration;
}

/** Without a challenge beside it: a number, or a text beside a `msg`, is the server's own, and settings need no code. */
function isFlatCode({ code, msg, mqtt }: Json): boolean {
  return typeof code === "string" && msg === undefined && !asObject(mqtt);
}

function readActivation(part: Json, isFlat: boolean): Activation | undefined {
  const code = shown(part.code)?.trim();
  if (!code || code.length > MAX_CODE_CHARACTERS) return undefined;
  // Alone among the answer's members a word is the name of a state, and a short number the server's own.
  if (isFlat && asText(part.challenge) === undefined && !/^(?=\D*\d)[\dA-Za-z-]{4,12}$/.test(code)) return undefined;
  const timeoutMs = asInteger(part.timeout_ms, 1, Number.MAX_SAFE_INTEGER) ?? CODE_TIMEOUT_MS;
  return {
    code,
    message: shown(part.message),
    url: shown(part.activation_url),
    challenge: asText(part.challenge),
    timeoutMs: Math.min(CODE_TIMEOUT_MAX_MS, Math.max(CODE_TIMEOUT_MIN_MS, timeoutMs)),
  };
}

/** For a console and a page. */
function shown(value: unknown): string | undefined {
  const text = asText(value);
  return text && printable(text, MAX_SHOWN_CHARACTERS);
}

export function readConfiguration(answer: Json): Result<Configuration> {
  const mqtt = asObject(answer.mqtt);
  const websocket = asObject(answer.websocket);
  if (!mqtt) return asText(websocket?.url) ? failed("no-broker") : failed("bad-answer", "mqtt settings are missing");
  const { heartbeat_interval, retry_attempts, timeout_ms } = asObject(answer.configuration) ?? {};
  const publish = asText(mqtt.publish_topic);
  const subscribe = asText(mqtt.subscribe_topic);
  return checkConfiguration({
    credentials: {
      ...readBroker(mqtt),
      clientId: mqtt.client_id,
      username: mqtt.username,
      password: mqtt.password,
      topics: {
        ...(publish && { status: publish, data: publish }),
        // The gateway's generator writes the word "null", and pushes without a subscription.
        ...(subscribe && subscribe !== "null" && { control: subscribe }),
      },
      qos: 0, // the gateway closes the connection for anything else
    },
    pace: {
      heartbeatMs: milliseconds(heartbeat_interval),
      retryAttempts: retry_attempts,
      timeoutMs: timeout_ms,
      keepAliveMs: milliseconds(mqtt.keepalive),
    },
    websocket,
    utcOffsetMinutes: asObject(answer.server_time)?.timezone_offset,
  });
}

/** Without a port the reference firmware takes TLS, and TLS only at its own port. */
function readBroker({ endpoint, port }: Json): { host: unknown; port: unknown; tls: unknown } {
  const named = parseBroker(endpoint);
  const used = asInteger(named?.port ?? port ?? (named?.tls === false ? MQTT_PORT : MQTTS_PORT), 1, 65_535);
  return { host: named?.host, port: used, tls: named?.tls ?? used === MQTTS_PORT };
}

/** What an answer says beside what was asked. */
export function tell(context: ProvisioningContext, { server_time, firmware }: Json): void {
  const nowMs = asInteger(asObject(server_time)?.timestamp, TIME_MIN_MS, TIME_MAX_MS);
  if (nowMs !== undefined) context.suggestTime(nowMs);
  const { version, url, force, size, sha256, signature } = asObject(firmware) ?? {};
  // Where there is none, servers write a URL that leads nowhere beside the device's own version.
  const raw = { version, url, force, sizeBytes: size, checksum: sha256, signature, notes: undefined };
  const offer = checkOffer(raw, context.product.firmwareVersion);
  if (offer) context.offerFirmware(offer);
}
