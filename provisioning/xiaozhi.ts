/**
 * The xiaozhi activation, version 2: query, a code for a person to enter, the challenge signed with HMAC-SHA256,
 * a long poll until the code was entered, connection settings. Without a serial number and a key it is version 1:
 * the code alone.
 */
import { sleep } from "../modules/clock/clock.js";
import { failed, patienceOf, printable, type Reason, type Result, success } from "../modules/failure/failure.js";
import type { HttpResponse } from "../modules/http/http.js";
import { joinUrl } from "../modules/http/url.js";
import type { Identity } from "../modules/identity/identity.js";
import { asInteger, asObject, asText, type Json, parseObject } from "../modules/json/json.js";
import { retryDelayMs } from "../modules/retry/retry.js";
import { errorText, statusFailure } from "./answers.js";
import { type Configuration, checkConfiguration } from "./configuration.js";
import type { Activation, Answer, Protocol, ProvisioningContext, Waiting } from "./protocol.js";

const QUERY_TIMEOUT_MS = 15_000;
/** A server may hold the request while it waits for the person: longer than any proxy's usual minute. */
const POLL_TIMEOUT_MS = 75_000;
/** Between two polls of a server that answers at once. */
const POLL_INTERVAL_MS = 3_000;
/** How long a code counts when the server does not say, and the bounds of what it may say. */
const CODE_TIMEOUT_MS = 300_000;
const CODE_TIMEOUT_MIN_MS = 10_000;
/** The server's clock started before its answer arrived: the device gives up first. */
const CODE_MARGIN_MS = 5_000;
const CODE_TIMEOUT_MAX_MS = 24 * 60 * 60 * 1000;
const MAX_SHOWN_CHARACTERS = 200;
/** The port of an `endpoint` that names none. */
const MQTTS_PORT = 8883;

const queryReasons: Readonly<Record<number, Reason>> = {
  400: "request-refused",
  401: "signature-refused",
  403: "device-disabled",
  404: "unexpected-status",
  429: "rate-limited",
};
const activateReasons: Readonly<Record<number, Reason>> = {
  400: "request-refused",
  401: "signature-refused",
  403: "device-disabled",
  404: "serial-unknown",
  409: "activated-elsewhere",
  429: "rate-limited",
};

/** Version 2 where the device has a serial number and a key, version 1 where it has none. */
export const xiaozhi: Protocol = {
  query,
  activate,
  checkFirmware: async () => success(undefined),
  diagnose: async (_context, failure) => failure,
};
export const activationV1: Protocol = xiaozhi;
export const activationV2: Protocol = xiaozhi;

async function query(context: ProvisioningContext): Promise<Result<Answer>> {
  const { io, url } = context;
  const body = JSON.stringify(description(context));
  const exchange = await io.http({ method: "POST", url, headers: headers(context), body, timeoutMs: QUERY_TIMEOUT_MS });
  if (!exchange.ok) return exchange;
  const { status } = exchange.value;
  if (status !== 200 && status !== 202) return statusFailure(exchange.value, queryReasons);
  const answer = parseObject(exchange.value.body);
  if (!answer) return failed("bad-answer", "no JSON");

  const activation = readActivation(answer);
  if (activation) return success({ kind: "activation", activation });
  if (isError(answer)) return failed("server-error", errorText(answer));
  const configuration = readConfiguration(answer);
  if (!configuration) return failed("bad-answer", "mqtt settings are missing");
  return configuration.ok ? success({ kind: "configuration", configuration: configuration.value }) : configuration;
}

async function activate(
  context: ProvisioningContext,
  activation: Activation,
  waiting: Waiting,
): Promise<Result<Configuration | undefined>> {
  const { io, url, identity } = context;
  const endMs = io.clock.ticksMs() + activation.timeoutMs - CODE_MARGIN_MS;
  const signed = sign(identity, activation.challenge);
  let body: object = signed ?? {};
  for (let attempt = 0; !waiting.isOver && io.clock.ticksMs() < endMs; ) {
    const startMs = io.clock.ticksMs();
    const exchange = await io.http({
      method: "POST",
      url: joinUrl(url, "activate"),
      headers: headers(context),
      body: JSON.stringify(body),
      timeoutMs: POLL_TIMEOUT_MS,
    });
    const status = exchange.ok ? exchange.value.status : undefined;
    if (status === 400 && body === signed) {
      body = { Payload: signed }; // some servers want it wrapped
    } else if (status === 202) {
      attempt = 0;
      // A server that held the request may be asked again at once.
      await sleep(io.clock, Math.max(0, POLL_INTERVAL_MS - (io.clock.ticksMs() - startMs)));
    } else {
      const outcome = exchange.ok ? readOutcome(exchange.value) : exchange;
      if (outcome.ok || patienceOf(outcome.failure) === "daily" || FINAL.has(outcome.failure.reason)) return outcome;
      const pauseMs = retryDelayMs(outcome.failure, attempt++, io.random);
      const leftMs = Math.max(0, endMs - io.clock.ticksMs());
      // No longer than the code counts, but a server that asks for fewer requests is left alone as long as it asks.
      await sleep(io.clock, outcome.failure.reason === "rate-limited" ? pauseMs : Math.min(pauseMs, leftMs));
    }
  }
  return failed("code-expired");
}

/** @returns undefined without a challenge, a serial number or a key: that is version 1 */
function sign(identity: Identity, challenge: string | undefined): object | undefined {
  const hmac = challenge === undefined || identity.serial === undefined ? undefined : identity.sign(challenge, "bytes");
  return hmac === undefined ? undefined : { algorithm: "hmac-sha256", serial_number: identity.serial, challenge, hmac };
}

/** Trying the same challenge again does not help. */
const FINAL: ReadonlySet<Reason> = new Set(["request-refused", "serial-unknown", "unexpected-status"] as const);

function readOutcome(response: HttpResponse): Result<Configuration | undefined> {
  if (response.status !== 200) return statusFailure(response, activateReasons);
  const answer = parseObject(response.body); // may as well be empty or a plain "success"
  if (answer && isError(answer)) return failed("server-error", errorText(answer));
  return (answer && readConfiguration(answer)) ?? success(undefined);
}

function headers({ identity, product }: ProvisioningContext): Record<string, string> {
  return {
    "content-type": "application/json",
    "activation-version": identity.serial === undefined ? "1" : "2",
    "device-id": identity.mac.toLowerCase(),
    "client-id": identity.uuid,
    ...(identity.serial !== undefined && { "serial-number": identity.serial }),
    "user-agent": `${product.productId}/${product.firmwareVersion}`,
    "accept-language": "zh-CN",
  };
}

/** As the reference firmware describes itself, with the seed document's `client_info` beside it. */
function description({ identity, product }: ProvisioningContext): object {
  const mac = identity.mac.toLowerCase();
  return {
    version: 2,
    language: "zh-CN",
    mac_address: mac,
    uuid: identity.uuid,
    chip_model_name: "esp32s3",
    application: { name: product.productId, version: product.firmwareVersion },
    board: { type: product.productId, name: product.productId, mac },
    client_info: { mac_address: identity.mac, client_id: identity.uuid, serial_number: identity.serial },
  };
}

function readActivation(answer: Json): Activation | undefined {
  const part = asObject(answer.activation) ?? answer;
  const code = asText(part.code);
  if (!code || !/^[0-9A-Za-z]{4,12}$/.test(code) || (part === answer && answer.challenge === undefined))
    return undefined;
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

/** Servers of this family put errors into answers with status 200. */
function isError(answer: Json): boolean {
  return (
    (answer.error !== undefined && answer.error !== null) ||
    answer.success === false ||
    (asInteger(answer.code, 1, 999) ?? 0) >= 400
  );
}

/** @returns undefined where the answer has no MQTT settings at all */
function readConfiguration(answer: Json): Result<Configuration> | undefined {
  const mqtt = asObject(answer.mqtt);
  const endpoint = /^([^:]+)(?::(\d{1,5}))?$/.exec(asText(mqtt?.endpoint) ?? "");
  if (!mqtt || !endpoint) return undefined;
  const port = asInteger(endpoint[2] ?? mqtt.port ?? MQTTS_PORT, 1, 65_535);
  const publish = asText(mqtt.publish_topic);
  const subscribe = asText(mqtt.subscribe_topic);
  return checkConfiguration({
    credentials: {
      host: endpoint[1],
      port,
      tls: port === MQTTS_PORT,
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
  });
}
