import type { Cancel, Clock } from "../../modules/clock/clock.js";

interface Timer {
  readonly dueMs: number;
  /** Of those that are due together the first one set comes first. */
  readonly number: number;
  /** Undefined: it was taken back. */
  callback: (() => void) | undefined;
}

/** Time that passes when the test says so. */
export class VirtualClock implements Clock {
  #ticksMs = 0;
  /** A binary heap, the next one at its top: a thousand devices can share a clock. */
  readonly #timers: Timer[] = [];
  #count = 0;
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
    const timer: Timer = { dueMs: this.#ticksMs + delayMs, number: this.#count++, callback };
    this.#push(timer);
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
    for (let timer = this.#pop(); timer; timer = this.#pop()) {
      if (!timer.callback) continue;
      this.#ticksMs = timer.dueMs;
      timer.callback();
      return true;
    }
    return false;
  }

  /** Calls what is due now: no time passes. */
  runDue(): void {
    for (let first = this.#timers[0]; first && first.dueMs <= this.#ticksMs; first = this.#timers[0])
      this.#pop()?.callback?.();
  }

  #push(timer: Timer): void {
    const timers = this.#timers;
    let index = timers.length;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (isBefore(timers[parent]!, timer)) break;
      timers[index] = timers[parent]!;
      index = parent;
    }
    timers[index] = timer;
  }

  #pop(): Timer | undefined {
    const timers = this.#timers;
    const first = timers[0];
    const last = timers.pop();
    if (!last || timers.length === 0) return first;
    let index = 0;
    for (let child = 1; child < timers.length; child = 2 * index + 1) {
      if (child + 1 < timers.length && isBefore(timers[child + 1]!, timers[child]!)) child++;
      if (isBefore(last, timers[child]!)) break;
      timers[index] = timers[child]!;
      index = child;
    }
    timers[index] = last;
    return first;
  }
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.number < b.number);
}

export function never<T>(): Promise<T> {
  return new Promise(() => {});
}
