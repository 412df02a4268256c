/** The calendar, set before something depends on it: the chip's starts at 1970, and certificates have dates. */
import type { Clock } from "./clock.js";

export interface Calendar {
  /** Resolves when the calendar shows the time, or what comes nearest to it. */
  ensure(): Promise<void>;
  /** Something does not fit to what the calendar shows: the next `ensure` asks again, and somebody else. */
  doubt(): void;
  /** A service says what time it is: better than a guess or what a service said before, worse than a time server. */
  suggest(nowMs: number): void;
  /** Somebody has told the time since the start. */
  readonly isKnown: boolean;
}

export interface CalendarParts {
  readonly clock: Clock;
  /** No time before the firmware was built is right. */
  readonly floorMs: number;
  /** Names or addresses of SNTP servers. */
  readonly servers: readonly string[];
  /** @returns milliseconds since 1970, or undefined where no answer came in time */
  askTime(server: string): Promise<number | undefined>;
  set(nowMs: number): void;
}

/** Where no server answers, the network lets none through: to ask costs each request the whole of their time-out. */
const SILENCE_MS = 5 * 60_000;
/** Nothing that a service says of a later time is meant. */
const LATEST_MS = Date.UTC(2100, 0);

/**
 * Asks all servers at once, as long as none has told the time. Where none answers the calendar stays as it is, but not
 * before the floor, so that certificates can be checked at all. What it shows after a start is a guess: the chip keeps
 * it over a restart, not whence it has it.
 */
export function createCalendarFrom({ clock, floorMs, servers, askTime, set }: CalendarParts): Calendar {
  /** Whence the calendar has what it shows: "suggested" by a service, "asked" of a time server. */
  let origin: "guess" | "suggested" | "asked" = "guess";
  let silentUntilMs = 0;
  let lastServer: string | undefined;
  let running: Promise<void> | undefined;

  async function ask(): Promise<void> {
    const others = servers.filter((server) => server !== lastServer);
    const answer = await firstAnswer(others.length > 0 ? others : servers);
    if (answer) {
      set(answer.nowMs);
      lastServer = answer.server;
      origin = "asked";
      return;
    }
    if (clock.nowMs() < floorMs) set(floorMs);
    silentUntilMs = clock.ticksMs() + SILENCE_MS;
  }

  function firstAnswer(asked: readonly string[]): Promise<{ server: string; nowMs: number } | undefined> {
    return new Promise((resolve) => {
      const answers = asked.map(async (server) => {
        const nowMs = await askTime(server);
        if (nowMs !== undefined && nowMs >= floorMs) resolve({ server, nowMs });
      });
      void Promise.allSettled(answers).then(() => resolve(undefined));
    });
  }

  return {
    get isKnown() {
      return origin !== "guess";
    },
    ensure() {
      if (origin === "asked" || clock.ticksMs() < silentUntilMs) return Promise.resolve();
      running ??= ask().finally(() => {
        running = undefined;
      });
      return running;
    },
    doubt() {
      origin = "guess";
      silentUntilMs = 0;
    },
    suggest(nowMs) {
      if (origin === "asked" || !(nowMs >= floorMs && nowMs < LATEST_MS)) return;
      set(nowMs);
      origin = "suggested";
    },
  };
}
