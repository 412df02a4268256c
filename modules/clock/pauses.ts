/** When what may be done again. It outlives states and sessions: a pause ends when it was to end. */
import type { Clock } from "./clock.js";

/**
 * `service`, `firmware`, `stand-in`: not asked before; `refresh` and `check`: asked by themselves then; `write`: what was
 * taken of the writes would be there again.
 */
export type Due = "service" | "firmware" | "refresh" | "check" | "stand-in" | "write";

/** Flash wears. A person who tries things needs some changes at once; a loop of somebody's gets one a minute. */
const WRITES_AT_ONCE = 10;
const WRITE_INTERVAL_MS = 60_000;

export class Pauses {
  private clock: Clock;
  /** In the clock's ticks. */
  private untilMs: Partial<Record<Due, number>> = {};

  constructor(clock: Clock) {
    this.clock = clock;
  }

  begin(due: Due, pauseMs: number): void {
    this.untilMs[due] = this.clock.ticksMs() + pauseMs;
  }

  /** A person wishes for it: it does not take longer than this. */
  shorten(due: Due, maxMs: number): void {
    if (this.remainingMs(due) > maxMs) this.begin(due, maxMs);
  }

  /** 0 where it is due now. */
  remainingMs(due: Due): number {
    return Math.max(0, (this.untilMs[due] ?? 0) - this.clock.ticksMs());
  }

  /** There is a write left for somebody outside who asks for what may change flash. */
  get mayWrite(): boolean {
    return this.remainingMs("write") + WRITE_INTERVAL_MS <= WRITES_AT_ONCE * WRITE_INTERVAL_MS;
  }

  /** Somebody outside asks for a change of flash. @returns false: too soon, nothing is to be changed */
  takeWrite(): boolean {
    if (!this.mayWrite) return false;
    this.begin("write", this.remainingMs("write") + WRITE_INTERVAL_MS);
    return true;
  }

  /** Some pause was begun since the start. */
  isSet(due: Due): boolean {
    return this.untilMs[due] !== undefined;
  }
}
