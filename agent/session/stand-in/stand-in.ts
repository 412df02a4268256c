/**
 * HTTP stands in for MQTT where the network lets HTTP alone through: readings and status go that way, commands do not
 * come. Where they go is in the configuration (provisioning/stand-in.ts), what is sent and what counts as taken in upload.ts.
 */

import type { Failure, Reason } from "../../../modules/base/failure.js";
import { noteFailure } from "../../../modules/base/log.js";
import { retryDelayMs } from "../../../modules/base/retry.js";
import { pauseWhileJoined } from "../../../modules/wifi/pause.js";
import type { Configuration, Pace } from "../../../provisioning/configuration.js";
import type { Session } from "../session.js";
import { status } from "../status.js";
import { uploadOnce } from "./upload.js";

/** What a network that lets HTTP alone through does to MQTT. What the broker itself refuses is not among it. */
const BLOCKED: ReadonlySet<Reason> = new Set([
  "name-unknown",
  "unreachable",
  "timeout",
  "connection-lost",
  "tls-failed",
  "tls-nothing-in-common",
  "broker-closed",
  "broker-busy",
] as const);
/** A broker that restarts, or a router, is back by then: pauses have grown to half a minute. */
const TRIES_BEFORE_STAND_IN = 5;
/** The status's own pace, and never more often: it is no second connection. */
const INTERVAL_MS = 60_000;
/** With the status and one request in the other form ten a minute, which is what the service's other endpoints take. */
const READINGS_PER_UPLOAD = 8;

/** What is kept among the habits of a service. */
interface OwnHabits {
  /** Which of the two forms it has taken. */
  readonly uploadsListed: boolean;
}

/** Of which service. */
export interface Given {
  readonly configuration: Configuration;
  readonly url: string;
}

/** The tries of the broker in a row that failed: how many, and why the last one did. */
export interface Failures {
  readonly failure: Failure;
  readonly tries: number;
}

/**
 * The pause before the next try of the broker. Where MQTT stays blocked uploads are made in it when they are due; the
 * last one may prolong it. It ends sooner when the Wi-Fi is lost.
 */
export async function pauseOffline(session: Session, pauseMs: number, given: Given, failures: Failures): Promise<void> {
  const { clock, pauses, wifi } = session.device;
  if (!given.configuration.standIn || !isBlocked(failures)) {
    await pauseWhileJoined(session.device, pauseMs);
    return;
  }
  const endMs = clock.ticksMs() + pauseMs;
  for (let isWanted = true; isWanted; ) {
    if (pauses.remainingMs("stand-in") === 0) await upload(session, given, failures.tries);
    const leftMs = endMs - clock.ticksMs();
    // The Wi-Fi may have been lost during the upload.
    if (leftMs <= 0 || !wifi.joined) return;
    const dueMs = pauses.remainingMs("stand-in");
    isWanted = (await pauseWhileJoined(session.device, Math.min(leftMs, dueMs))) && dueMs < leftMs;
  }
}

export function isBlocked({ failure, tries }: Failures): boolean {
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

async function upload(session: Session, { configuration, url }: Given, tries: number): Promise<void> {
  const { device, outbox } = session;
  const { http, journal, log, pauses, random } = device;
  const { standIn, pace } = configuration;
  // They stay in the outbox until the service has them.
  const readings = outbox.oldest("data", READINGS_PER_UPLOAD);
  const report = { status: status(session), readings, isListed: journal.habits(url).uploadsListed === true };
  const { taken, failure, isListed } = await uploadOnce(http, standIn!, report);
  pauses.begin("stand-in", uploadPauseMs(pace, failure, tries, random));
  if (taken > 0) {
    log.note(`HTTP stands in for MQTT: ${taken} readings are with the service`);
    outbox.taken(readings.slice(0, taken));
  }
  const learnt = isListed !== undefined && journal.learn(url, { uploadsListed: isListed } satisfies OwnHabits);
  if (learnt && !learnt.ok) noteFailure(log, learnt.failure);
  if (failure) noteFailure(log, failure);
}
