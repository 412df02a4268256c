/** The calendar, set before something depends on it: the chip's starts at 1970, and certificates have dates. */
import type { Clock } from "./clock.js";

export interface Calendar {
  /** Resolves when the calendar shows the time, or what comes nearest to it. */
  ensure(): Promise<void>;
  /** Something does not fit to what the calendar shows: the next `ensure` asks again, and somebody else. */
  doubt(): void;
  /** A service says what time it is: better than a guess or what a service said before, worse than a time server. */
  suggest(nowMs: number): void;
  /** The same of a server that has shown its certificate: no earlier time is right then. NaN where it says none. */
  prove(nowMs: number): void;
  /**
   * The time that it is lies between these. As long as no time server has answered the calendar is not evidence: only
   * what ended before the earliest time that can be is refused.
   */
  readonly earliestMs: number;
  readonly latestMs: number;
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
export class SetCalendar implements Calendar {
  private parts: CalendarParts;
  /** Whence the calendar has what it shows: "suggested" by a service, "asked" of a time server. */
  private origin: "guess" | "suggested" | "asked" = "guess";
  /** No earlier time is right. */
  private floorMs: number;
  private silentUntilMs = 0;
  private lastServer: string | undefined;
  private asking: Promise<void> | undefined;

  constructor(parts: CalendarParts) {
    this.parts = parts;
    this.floorMs = parts.floorMs;
  }

  get isKnown(): boolean {
    return this.origin !== "guess";
  }

  ensure(): Promise<void> {
    if (this.origin === "asked" || this.parts.clock.ticksMs() < this.silentUntilMs) return Promise.resolve();
    this.asking ??= this.ask();
    return this.asking;
  }

  doubt(): void {
    this.origin = "guess";
    this.silentUntilMs = 0;
  }

  suggest(nowMs: number): void {
    if (this.origin === "asked" || !(nowMs >= this.floorMs && nowMs < LATEST_MS)) return;
    this.parts.set(nowMs);
    this.origin = "suggested";
  }

  prove(nowMs: number): void {
    if (this.origin === "asked" || !(nowMs > this.floorMs && nowMs < LATEST_MS)) return;
    this.floorMs = nowMs;
    if (this.origin === "guess" || this.parts.clock.nowMs() < nowMs) this.suggest(nowMs);
  }

  get earliestMs(): number {
    return this.origin === "asked" ? this.parts.clock.nowMs() : this.floorMs;
  }

  get latestMs(): number {
    return this.origin === "asked" ? this.parts.clock.nowMs() : Number.MAX_SAFE_INTEGER;
  }

  private async ask(): Promise<void> {
    try {
      const answer = await this.firstAnswer();
      const { clock } = this.parts;
      const { floorMs } = this;
      if (answer) {
        this.parts.set(answer.nowMs);
        this.lastServer = answer.server;
        this.origin = "asked";
        return;
      }
      if (clock.nowMs() < floorMs) this.parts.set(floorMs);
      this.silentUntilMs = clock.ticksMs() + SILENCE_MS;
    } finally {
      this.asking = undefined;
    }
  }

  private firstAnswer(): Promise<{ server: string; nowMs: number } | undefined> {
    const { servers, floorMs } = this.parts;
    const others = servers.filter((server) => server !== this.lastServer);
    const asked = others.length > 0 ? others : servers;
    return new Promise((resolve) => {
      const answers = asked.map(async (server) => {
        const nowMs = await this.parts.askTime(server);
        if (nowMs !== undefined && nowMs >= floorMs) resolve({ server, nowMs });
      });
      void Promise.allSettled(answers).then(() => resolve(undefined));
    });
  }
}
