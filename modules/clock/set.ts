/** The calendar, set before something depends on it: the chip's starts at 1970, and certificates have dates. */
import { failed } from "../failure/failure.js";
import { retryDelayMs } from "../retry/retry.js";
import { type Clock, sleep } from "./clock.js";

export interface Calendar {
  readonly clock: Clock;
  /** As Math.random. */
  readonly random: () => number;
  /** No time before the firmware was built is right. */
  readonly floorMs: number;
  /** Names or addresses of SNTP servers, asked in this order. */
  readonly servers: readonly string[];
  /** @returns milliseconds since 1970, or undefined where no answer came in time */
  askTime(server: string): Promise<number | undefined>;
  set(nowMs: number): void;
}

/** Resolves when the calendar shows the time, or what comes nearest to it. */
export type EnsureClock = () => Promise<void>;

/**
 * Asks each server once; where none answers, the calendar is set to the floor, so that certificates can be checked at
 * all, and the next call asks one server more.
 */
export function createEnsureClock({ clock, random, floorMs, servers, askTime, set }: Calendar): EnsureClock {
  let isGuess = false;
  let nextServer = 0;
  let running: Promise<void> | undefined;

  async function ask(attempts: number): Promise<void> {
    for (let attempt = 0; attempt < attempts; attempt++) {
      if (attempt > 0) await sleep(clock, retryDelayMs(failed("timeout").failure, attempt - 1, random));
      const nowMs = await askTime(servers[nextServer++ % servers.length]!);
      if (nowMs === undefined || nowMs < floorMs) continue;
      isGuess = false;
      set(nowMs);
      return;
    }
    if (clock.nowMs() < floorMs) set(floorMs);
    isGuess = true;
  }

  return () => {
    if (!isGuess && clock.nowMs() >= floorMs) return Promise.resolve();
    running ??= ask(isGuess ? Math.min(1, servers.length) : servers.length).finally(() => {
      running = undefined;
    });
    return running;
  };
}
