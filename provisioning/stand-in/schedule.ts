/** When HTTP stands in for MQTT, and how often. Readings and status go that way; commands do not come. */

import type { Failure, Reason } from "../../modules/base/failure.js";
import { retryDelayMs } from "../../modules/base/retry.js";
import type { Clock } from "../../modules/clock/clock.js";
import type { Pauses } from "../../modules/clock/pauses.js";
import type { HttpClient } from "../../modules/http/http.js";
import type { Pace } from "../configuration.js";
import type { StandIn } from "./stand-in.js";
import { type Reading, uploadOnce } from "./upload.js";

export interface StandInOptions {
  readonly standIn: StandIn;
  readonly pace: Pace;
  /** Of the broker in a row that failed. */
  readonly tries: number;
  /** Of now. */
  status(): object;
  /** The oldest ones, so many at most; they stay until `onTaken`. */
  oldest(count: number): readonly Reading[];
  /** So many of the oldest are with the service. */
  onTaken(count: number): void;
  onFailure(failure: Failure): void;
  /** @returns false, and sooner, where there is something else to do than to wait */
  wait(pauseMs: number): Promise<boolean>;
}

/** What a network that lets HTTP alone through does to MQTT. What the broker itself refuses is not among it. */
const BLOCKED: ReadonlySet<Reason> = new Set([
  "name-unknown",
  "unreachable",
  "timeout",
  "connection-lost",
  "tls-failed",
  "broker-closed",
  "broker-busy",
] as const);
/** A broker that restarts, or a router, is back by then: pauses have grown to half a minute. */
const TRIES_BEFORE_STAND_IN = 5;
/** The status's own pace, and never more often: it is no second connection. */
const INTERVAL_MS = 60_000;
/** With the status and one request in the other form ten a minute, which is what the service's other endpoints take. */
const READINGS_PER_UPLOAD = 8;

/** @param tries of the broker in a row that failed, `failure` the last of them */
export function isBlocked(failure: Failure, tries: number): boolean {
  return BLOCKED.has(failure.reason) && tries >= TRIES_BEFORE_STAND_IN;
}

/**
 * The status's interval with up to a quarter more. After a failure its own pause comes on top: when a service is back,
 * all who waited for it have a backlog of many requests each, and this spreads them wider than the longer of the two.
 */
export function uploadPauseMs(
  { heartbeatMs = INTERVAL_MS }: Pace,
  failure: Failure | undefined,
  tries: number,
  random: () => number,
): number {
  const pauseMs = Math.max(INTERVAL_MS, heartbeatMs) * (1 + random() / 4);
  return Math.round(failure ? pauseMs + retryDelayMs(failure, tries, random) : pauseMs);
}

/** A pause between two tries of the broker, in which uploads are made when they are due; the last one may prolong it. */
export async function pauseStandingIn(
  io: { readonly http: HttpClient; readonly clock: Clock; readonly pauses: Pauses; readonly random: () => number },
  pauseMs: number,
  options: StandInOptions,
): Promise<void> {
  const { clock, pauses } = io;
  const endMs = clock.ticksMs() + pauseMs;
  for (let isWanted = true; isWanted; ) {
    if (pauses.remainingMs("stand-in") === 0) await upload(io, options);
    const leftMs = endMs - clock.ticksMs();
    if (leftMs <= 0) return;
    const dueMs = pauses.remainingMs("stand-in");
    isWanted = (await options.wait(Math.min(leftMs, dueMs))) && dueMs < leftMs;
  }
}

async function upload(
  io: { readonly http: HttpClient; readonly pauses: Pauses; readonly random: () => number },
  { standIn, pace, tries, ...options }: StandInOptions,
): Promise<void> {
  const report = { status: options.status(), readings: options.oldest(READINGS_PER_UPLOAD) };
  const { taken, failure } = await uploadOnce(io, standIn, report);
  io.pauses.begin("stand-in", uploadPauseMs(pace, failure, tries, io.random));
  if (taken > 0) options.onTaken(taken);
  if (failure) options.onFailure(failure);
}
