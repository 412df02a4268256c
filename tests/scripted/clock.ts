import type { Cancel, Clock } from "../../modules/clock/clock.js";

interface Timer {
  readonly dueMs: number;
  readonly order: number;
  readonly callback: () => void;
}

/** Time that passes when the test says so. */
export class VirtualClock implements Clock {
  #ticksMs = 0;
  #order = 0;
  #timers: Timer[] = [];
  /** UTC at tick 0. */
  startMs = Date.UTC(2026, 0, 1);

  ticksMs(): number {
    return this.#ticksMs;
  }

  nowMs(): number {
    return this.startMs + this.#ticksMs;
  }

  after(delayMs: number, callback: () => void): Cancel {
    if (!(delayMs >= 0)) throw new RangeError(`delay ${delayMs}`);
    const timer = { dueMs: this.#ticksMs + delayMs, order: this.#order++, callback };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Goes to the next timer and calls it. @returns false where there is none */
  step(): boolean {
    this.#timers.sort((a, b) => a.dueMs - b.dueMs || a.order - b.order);
    const timer = this.#timers.shift();
    if (!timer) return false;
    this.#ticksMs = timer.dueMs;
    timer.callback();
    return true;
  }
}
