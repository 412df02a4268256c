/** When to try again. Everything in the device that repeats itself asks here. */
import { type Failure, type Patience, patienceOf } from "./failure.js";

interface Policy {
  /** Never sooner than this. */
  readonly floorMs: number;
  /** The first window; doubled with each attempt. */
  readonly baseMs: number;
  readonly capMs: number;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const policies: Readonly<Record<Patience, Policy>> = {
  // Network trouble and 5xx: quick at first, at most 5 minutes once the other side had time to recover.
  soon: { floorMs: 500, baseMs: 2_000, capMs: 5 * MINUTE_MS },
  // A person or an operator has to act (register, fix an address): often enough to notice it, never a flood.
  slowly: { floorMs: 8_000, baseMs: 8_000, capMs: HOUR_MS },
  // Only an operator can end it: once a day, spread over half a day.
  daily: { floorMs: DAY_MS / 2, baseMs: DAY_MS / 2, capMs: DAY_MS / 2 },
};

/** The services count per minute and give no Retry-After: sooner than their window keeps the device locked out. */
const RATE_LIMIT_FLOOR_MS = MINUTE_MS;
/** What the other side may ask for: less is no pause, more would strand the device. */
const RETRY_AFTER_MIN_MS = 1_000;
const RETRY_AFTER_MAX_MS = DAY_MS;
/** Nobody asks for a pause of more by a date: one of the two clocks is not set. */
const SANE_DIFFERENCE_MS = 7 * DAY_MS;

/**
 * Pause before the next try, in milliseconds: exponential with full jitter above a floor, and never sooner than the
 * other side asked for.
 * @param attempt 0 after the first failure
 * @param random as Math.random
 */
export function retryDelayMs(failure: Failure, attempt: number, random: () => number): number {
  const { floorMs, baseMs, capMs } = policies[patienceOf(failure)];
  const windowMs = Math.min(capMs, baseMs * 2 ** Math.min(attempt, 20));
  let delayMs = floorMs + random() * windowMs;
  if (failure.reason === "rate-limited") delayMs = Math.max(delayMs, RATE_LIMIT_FLOOR_MS + random() * baseMs);
  if (failure.retryAfterMs !== undefined) delayMs = Math.max(delayMs, obeyedPauseMs(failure.retryAfterMs, random));
  return Math.round(delayMs);
}

/** A pause that the other side asks for, within bounds, and a little longer: not every device comes back at once. */
export function obeyedPauseMs(askedMs: number, random: () => number): number {
  return Math.round(
    Math.min(RETRY_AFTER_MAX_MS, Math.max(RETRY_AFTER_MIN_MS, askedMs)) + random() * RETRY_AFTER_MIN_MS,
  );
}

/**
 * `Retry-After` (RFC 9110 §10.2.3): seconds or an HTTP date.
 * @param date the same answer's `Date` header: the device's own clock may not be set
 * @param nowMs the device's own clock, for answers without that header
 * @returns milliseconds from now, or undefined where there is none or it makes no sense
 */
export function parseRetryAfter(
  retryAfter: string | undefined,
  date: string | undefined,
  nowMs: number,
): number | undefined {
  const text = retryAfter?.trim() ?? "";
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const sentMs = Date.parse(date ?? "");
  const pauseMs = Date.parse(text) - (Number.isNaN(sentMs) ? nowMs : sentMs);
  if (Number.isNaN(pauseMs) || (Number.isNaN(sentMs) && Math.abs(pauseMs) > SANE_DIFFERENCE_MS)) return undefined;
  return Math.max(0, pauseMs);
}
