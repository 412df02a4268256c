/** Whom the device leaves alone, and until when. It outlives states and sessions: a pause ends when it was to end. */
import type { Clock } from "../clock/clock.js";

export type Asked = "service" | "firmware";

export class Pauses {
  #clock: Clock;
  /** In the clock's ticks. */
  #untilMs: Partial<Record<Asked, number>> = {};

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  begin(asked: Asked, pauseMs: number): void {
    this.#untilMs[asked] = this.#clock.ticksMs() + pauseMs;
  }

  /** 0 where it may be asked now. */
  remainingMs(asked: Asked): number {
    return Math.max(0, (this.#untilMs[asked] ?? 0) - this.#clock.ticksMs());
  }
}
