/** Which of the known networks is joined. */

import { type Failure, failed, type Result, success } from "../base/failure.js";
import { retryDelayMs } from "../base/retry.js";
import { type Clock, sleep } from "../clock/clock.js";
import type { TextStore } from "../storage/storage.js";
import { keepBss, lastBss } from "./bss.js";
import { explainJoin } from "./scan.js";
import type { Silence } from "./silence.js";
import type { KnownNetwork, Network, WiFi } from "./wifi.js";

/** Association and address; a router that takes longer does not answer at all. */
export const JOIN_TIMEOUT_MS = 12_000;

export interface JoinKnownOptions {
  /** Each round tries every network that is in range; none begins later than this. */
  readonly limitMs: number;
  readonly passive: boolean;
  /** False: somebody else uses the radio now, and nothing more is tried. */
  isWanted(): boolean;
}

export interface JoinParts {
  readonly wifi: WiFi;
  readonly silence: Silence;
  readonly clock: Clock;
  readonly random: () => number;
  readonly store: TextStore;
}

/** Tries the known networks until one is joined. @returns the failure of the network that is most likely meant */
export async function joinKnown(
  io: JoinParts,
  known: readonly KnownNetwork[],
  options: JoinKnownOptions,
): Promise<Result<void>> {
  const { wifi, silence, clock, random, store } = io;
  const endMs = clock.ticksMs() + options.limitMs;
  let inRange: readonly Network[] | undefined;
  for (let round = 0; ; round++) {
    // A single network needs no scan: that saves seconds at every start.
    if (known.length > 1 || round > 0) inRange = await wifi.scan({ passive: options.passive, known });
    let first: Failure | undefined;
    for (const { ssid, password } of joinOrder(known, inRange, silence)) {
      if (!options.isWanted()) break;
      const joined = await wifi.join({ ssid, password, timeoutMs: JOIN_TIMEOUT_MS, bss: lastBss(store, ssid) });
      if (joined.ok) {
        keepBss(store, ssid, wifi.bss);
        return success(undefined);
      }
      first ??= explainJoin(joined.failure, inRange ?? [], ssid);
    }
    const { failure } = first ? { failure: first } : failed("wifi-not-found", known[0]?.ssid);
    const pauseMs = retryDelayMs(failure, round, random);
    if (!options.isWanted() || clock.ticksMs() + pauseMs >= endMs) return { ok: false, failure };
    await sleep(clock, pauseMs);
  }
}

/**
 * The preferred network, then the strongest, then those that no scan shows, then those that nothing came through; without
 * a scan all.
 */
export function joinOrder(
  known: readonly KnownNetwork[],
  inRange: readonly Network[] | undefined,
  silence: Pick<Silence, "rank">,
): KnownNetwork[] {
  if (!inRange) return [...known];
  const rank = ({ ssid, preferred }: KnownNetwork) => {
    const found = inRange.findIndex((network) => network.ssid === ssid); // the strongest comes first
    return preferred ? -1 : found < 0 ? inRange.length : found;
  };
  return known
    .filter(({ ssid, hidden }) => hidden || known.length === 1 || inRange.some((network) => network.ssid === ssid))
    .sort((a, b) => silence.rank(a.ssid) - silence.rank(b.ssid) || rank(a) - rank(b));
}
