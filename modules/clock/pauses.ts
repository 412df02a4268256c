/** When what may be done again. It outlives states and sessions: a pause ends when it was to end. */
import type { Clock } from "./clock.js";

/** `service`, `firmware`, `stand-in`: not asked before; `refresh` and `check`: asked by themselves then. */
export type Due = "service" | "firmware" | "refresh" | "check" | "stand-in";

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

  /** Some pause was begun since the start. */
  isSet(due: Due): boolean {
    return this.untilMs[due] !== undefined;
  }
}
