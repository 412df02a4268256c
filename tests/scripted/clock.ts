import type { Cancel, Clock } from "../../modules/clock/clock.js";

interface Timer {
  readonly dueMs: number;
  /** Undefined: it was taken back. */
  callback: (() => void) | undefined;
}

/** Time that passes when the test says so. */
export class VirtualClock implements Clock {
  #ticksMs = 0;
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
    const timer: Timer = { dueMs: this.#ticksMs + delayMs, callback };
    this.#timers.splice(this.#indexFor(timer.dueMs), 0, timer);
    return () => {
      timer.callback = undefined;
    };
  }

  /** The value at that time. */
  later<T>(delayMs: number, value: () => T): Promise<T> {
    return new Promise((resolve) => {
      this.after(delayMs, () => resolve(value()));
    });
  }

  /** Goes to the next timer and calls it. @returns false where there is none */
  step(): boolean {
    for (let timer = this.#timers.pop(); timer; timer = this.#timers.pop()) {
      if (!timer.callback) continue;
      this.#ticksMs = timer.dueMs;
      timer.callback();
      return true;
    }
    return false;
  }

  /** They stand in the order of their time, the next one last: a thousand devices can share a clock. */
  #indexFor(dueMs: number): number {
    let [low, high] = [0, this.#timers.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#timers[middle]!.dueMs > dueMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
