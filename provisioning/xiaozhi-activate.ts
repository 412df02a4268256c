/** Waits until the person has entered the code: a long poll, of servers that hold it and of servers that do not. */
import { sleep } from "../modules/clock/clock.js";
import { type Failure, failed, patienceOf, type Reason, type Result, success } from "../modules/failure/failure.js";
import type { HttpResponse } from "../modules/http/http.js";
import { joinUrl } from "../modules/http/url.js";
import { parseObject } from "../modules/json/json.js";
import { obeyedPauseMs, retryDelayMs } from "../modules/retry/retry.js";
import { askedPauseMs, errorFailure, statusFailure } from "./answers.js";
import type { Configuration } from "./configuration.js";
import type { Activation, ProvisioningContext, Waiting } from "./protocol.js";
import { readConfiguration, tell } from "./xiaozhi-answer.js";
import { Proof } from "./xiaozhi-proof.js";
import { headers, type Version } from "./xiaozhi-request.js";

/** A server may hold the request while it waits for the person: longer than any proxy's usual minute. */
const POLL_TIMEOUT_MS = 75_000;
/** An answer that took as long was held, by the server or by a proxy that gave up waiting for it. */
const HELD_MS = 10_000;
/** Between two polls that are answered at once: the longer nobody enters the code, the rarer. */
const INTERVAL_MIN_MS = 3_000;
const INTERVAL_MAX_MS = 60_000;
const INTERVAL_SHARE = 20;
/** The server's clock started before its answer arrived: the device gives up first. */
const CODE_MARGIN_MS = 5_000;

const reasons: Readonly<Record<number, Reason>> = {
  401: "signature-refused",
  404: "serial-unknown",
  409: "activated-elsewhere",
};

/** Trying the same challenge again does not help. */
const FINAL: ReadonlySet<Reason> = new Set([
  "request-refused",
  "not-registered",
  "serial-unknown",
  "unexpected-status",
] as const);
/** Of a proxy whose patience with a held request is over. */
const PROXY_TIMEOUTS: ReadonlySet<number> = new Set([408, 502, 504, 524]);
/** The device's own patience, or that of a router on the way. */
const CUT: ReadonlySet<Reason> = new Set(["timeout", "connection-lost"] as const);

export async function activate(
  context: ProvisioningContext,
  version: Version,
  activation: Activation,
  waiting: Waiting,
): Promise<Result<Configuration | undefined>> {
  const { clock, random } = context.io;
  const proof = new Proof(context, version, activation.challenge);
  const endMs = clock.ticksMs() + activation.timeoutMs - CODE_MARGIN_MS;
  waiting.sinceMs ??= clock.ticksMs();
  for (let attempt = 0; !waiting.isOver && clock.ticksMs() < endMs; ) {
    const startMs = clock.ticksMs();
    const exchange = await ask(context, version, proof.body, endMs - startMs);
    const heldMs = clock.ticksMs() - startMs;
    const leftMs = Math.max(0, endMs - clock.ticksMs());
    if (isPending(exchange, heldMs)) {
      attempt = 0;
      if (exchange.ok && exchange.value.status === 202) proof.accepted();
      const pauseMs = heldMs >= HELD_MS ? 0 : pollIntervalMs(startMs - waiting.sinceMs) - heldMs;
      const askedMs = exchange.ok ? askedPauseMs(exchange.value) : undefined;
      await sleep(clock, Math.max(Math.min(pauseMs, leftMs), obeyed(askedMs, random)));
      continue;
    }
    const outcome = exchange.ok ? readOutcome(context, version, exchange.value) : exchange;
    if (outcome.ok) proof.accepted();
    else if (proof.change(outcome.failure.reason)) {
      await sleep(clock, obeyed(outcome.failure.retryAfterMs, random));
      continue;
    }
    if (outcome.ok || isFinal(outcome.failure)) return outcome;
    const pauseMs = retryDelayMs(outcome.failure, attempt++, random);
    // No longer than the code counts, but a server that asks for a pause is left alone as long as it asks.
    await sleep(clock, isAskedFor(outcome.failure) ? pauseMs : Math.min(pauseMs, leftMs));
  }
  return failed("code-expired");
}

function ask(
  context: ProvisioningContext,
  version: Version,
  body: string,
  leftMs: number,
): Promise<Result<HttpResponse>> {
  return context.io.http({
    method: "POST",
    url: joinUrl(context.url, "activate"),
    headers: headers(context, version),
    body,
    timeoutMs: Math.min(POLL_TIMEOUT_MS, leftMs),
  });
}

/** The person has not entered the code yet: the server says so, or somebody's patience with the held request is over. */
function isPending(exchange: Result<HttpResponse>, heldMs: number): boolean {
  const isHeld = heldMs >= HELD_MS;
  if (!exchange.ok) return isHeld && CUT.has(exchange.failure.reason);
  return exchange.value.status === 202 || (isHeld && PROXY_TIMEOUTS.has(exchange.value.status));
}

function isFinal(failure: Failure): boolean {
  return FINAL.has(failure.reason) || patienceOf(failure) === "daily";
}

function pollIntervalMs(waitedMs: number): number {
  return Math.min(INTERVAL_MAX_MS, Math.max(INTERVAL_MIN_MS, Math.round(waitedMs / INTERVAL_SHARE)));
}

function obeyed(askedMs: number | undefined, random: () => number): number {
  return askedMs === undefined ? 0 : obeyedPauseMs(askedMs, random);
}

function isAskedFor({ reason, retryAfterMs }: Failure): boolean {
  return reason === "rate-limited" || retryAfterMs !== undefined;
}

/** The settings where the answer has them; the query that follows otherwise counts more than settings of no use. */
function readOutcome(
  context: ProvisioningContext,
  version: Version,
  response: HttpResponse,
): Result<Configuration | undefined> {
  const { status, body } = response;
  if (status === 404 && version === 1) return failed("not-registered", context.identity.mac, askedPauseMs(response));
  if (status !== 200) return statusFailure(response, reasons);
  const answer = parseObject(body); // may as well be empty or a plain "success"
  if (!answer) return success(undefined);
  const error = errorFailure(response, answer);
  if (error) return error;
  const configuration = readConfiguration(answer);
  if (!configuration.ok) return success(undefined);
  tell(context, answer);
  return configuration;
}
