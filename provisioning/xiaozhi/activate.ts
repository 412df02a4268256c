/** Waits until the person has entered the code: a long poll, of servers that hold it and of servers that do not. */
import { type Failure, failed, patienceOf, type Reason, type Result, success } from "../../modules/base/failure.js";
import { obeyedPauseMs, retryDelayMs } from "../../modules/base/retry.js";
import type { Json } from "../../modules/data/json.js";
import { joinUrl } from "../../modules/data/url.js";
import type { HttpResponse } from "../../modules/http/http.js";
import { askedPauseMs, errorFailure, errorText, isOwnNotFound, isPage, noJson, statusFailure } from "../answers.js";
import type { Answer, ProvisioningContext, Waiting } from "../protocol.js";
import { parseAnswer, REFUSALS, readConfiguration, tell } from "./answer.js";
import { CodeTime, isAskedFor } from "./code.js";
import { Proof } from "./proof.js";
import { headers, type Version } from "./request.js";

/** A server may hold the request while it waits for the person: longer than any proxy's usual minute. */
const POLL_TIMEOUT_MS = 75_000;
/** An answer that took as long was held, by the server or by a proxy that gave up waiting for it. */
const HELD_MS = 10_000;
/** Between two polls that are answered at once. */
const INTERVAL_MIN_MS = 3_000;

/** Trying the same challenge again does not help. */
const FINAL: ReadonlySet<Reason> = new Set([
  "request-refused",
  "not-registered",
  "serial-unknown",
  "unexpected-status",
] as const);
/** What was not signed: a server that knows no version 1. */
const WANT_SIGNATURE: ReadonlySet<Reason> = new Set(["request-refused", "signature-refused"] as const);
/** Of a proxy whose patience with a held request is over. */
const PROXY_TIMEOUTS: ReadonlySet<number> = new Set([408, 502, 504, 524]);
/** The device's own patience, or that of a router on the way. */
const CUT: ReadonlySet<Reason> = new Set(["timeout", "connection-lost"] as const);

/** @param timeoutMs for how long the code counts */
export async function activate(
  context: ProvisioningContext,
  version: Version,
  challenge: string,
  timeoutMs: number,
  waiting: Waiting,
): Promise<Result<Answer | undefined>> {
  const { clock, random } = context.io;
  const proof = new Proof(context, version, challenge);
  const time = new CodeTime(context, waiting, timeoutMs, INTERVAL_MIN_MS);
  for (let attempt = 0; time.counts; ) {
    const startMs = clock.ticksMs();
    const exchange = await ask(context, version, proof.body, time.leftMs);
    const heldMs = clock.ticksMs() - startMs;
    if (isPending(exchange, heldMs)) {
      attempt = 0;
      if (exchange.ok && exchange.value.status === 202) proof.accepted();
      const askedMs = exchange.ok ? askedPauseMs(exchange.value) : undefined;
      if (askedMs !== undefined && time.isOutlastedBy(askedMs)) return failed("rate-limited", undefined, askedMs);
      const pauseMs = heldMs >= HELD_MS ? 0 : time.intervalMs - heldMs;
      await time.sleep(pauseMs, obeyed(askedMs, random));
      continue;
    }
    const outcome = exchange.ok ? readOutcome(context, version, exchange.value) : exchange;
    if (outcome.ok) {
      proof.accepted();
      return outcome;
    }
    const { failure } = outcome;
    if (!proof.isSigned && WANT_SIGNATURE.has(failure.reason)) return failed("unsigned-refused", failure.detail);
    const hasChanged = proof.change(failure.reason);
    if (!hasChanged && isFinal(failure)) return outcome;
    const pauseMs = hasChanged ? obeyed(failure.retryAfterMs, random) : retryDelayMs(failure, attempt++, random);
    const askedMs = isAskedFor(failure) ? pauseMs : 0;
    if (time.isOutlastedBy(askedMs)) return outcome;
    await time.sleep(pauseMs, askedMs);
  }
  return time.expire();
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

function obeyed(askedMs: number | undefined, random: () => number): number {
  return askedMs === undefined ? 0 : obeyedPauseMs(askedMs, random);
}

/** The settings where the answer has them; the query that follows otherwise counts more than settings of no use. */
function readOutcome(
  context: ProvisioningContext,
  version: Version,
  response: HttpResponse,
): Result<Answer | undefined> {
  const answer = parseAnswer(response.body); // may as well be empty or a plain "success"
  if (isUnknown(response, answer)) {
    if (version === 1) return failed("not-registered", context.identity.mac, askedPauseMs(response, answer));
    return statusFailure(response, { 404: "serial-unknown" });
  }
  if (response.status !== 200) return statusFailure(response, REFUSALS);
  if (!answer) return isPage(response.body) ? noJson(response) : success(undefined);
  const error = errorFailure(response, answer);
  if (error) return error;
  const configuration = readConfiguration(answer);
  if (!configuration.ok) return success(undefined);
  tell(context, answer);
  return success({ kind: "configuration", configuration: configuration.value });
}

/** The server's own 404, in words or without; any other web server's is about the path. */
function isUnknown({ status, body }: HttpResponse, answer: Json | undefined): boolean {
  return status === 404 && (body.trim() === "" || isOwnNotFound(answer && errorText(answer)));
}
