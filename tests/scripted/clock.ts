import type { Clock, Timer as Handle } from "../../modules/clock/clock.js";

interface Timer {
  dueMs: number;
  /** Of those that are due together the first one set comes first. */
  number: number;
  /** Undefined: it was called, or taken back. */
  callback: (() => void) | undefined;
  /** Set again when it is due. */
  readonly intervalMs: number | undefined;
  /** Its place in the heap. */
  index: number;
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

  after<T>(delayMs: number, task: (target: T) => void, target?: T): Handle {
    return this.#set(delayMs, () => task(target as T), undefined);
  }

  every<T>(intervalMs: number, task: (target: T) => void, target: T): Handle {
    return this.#set(intervalMs, () => task(target), intervalMs);
  }

  cancel(handle: Handle | undefined): void {
    const timer = handle as Timer | undefined;
    if (!timer?.callback) return;
    this.#remove(timer);
    timer.callback = undefined;
  }

  /** The value at that time. */
  later<T>(delayMs: number, value: () => T): Promise<T> {
    return new Promise((resolve) => {
      this.after(delayMs, () => resolve(value()));
    });
  }

  /** Goes to the next timer and calls it. @returns false where there is none */
  step(): boolean {
    const timer = this.#timers[0];
    const callback = timer?.callback;
    if (!timer || !callback) return false;
    this.#remove(timer);
    this.#ticksMs = timer.dueMs;
    // As the chip's: the next time is set before the task can fail.
    if (timer.intervalMs === undefined) timer.callback = undefined;
    else this.#queue(timer, timer.intervalMs);
    callback();
    return true;
  }

  /** Calls what is due now: no time passes. */
  runDue(): void {
    for (let first = this.#timers[0]; first && first.dueMs <= this.#ticksMs; first = this.#timers[0]) this.step();
  }

  #set(delayMs: number, callback: () => void, intervalMs: number | undefined): Timer {
    if (!(delayMs >= 0)) throw new RangeError(`delay ${delayMs}`);
    const timer: Timer = { dueMs: 0, number: 0, callback, intervalMs, index: 0 };
    this.#queue(timer, delayMs);
    return timer;
  }

  #queue(timer: Timer, delayMs: number): void {
    timer.dueMs = this.#ticksMs + delayMs;
    timer.number = this.#count++;
    this.#rise(timer, this.#timers.length);
  }

  /** The last one takes its place, and goes where it belongs: what is over leaves nothing behind. */
  #remove({ index }: Timer): void {
    const timers = this.#timers;
    const last = timers.pop()!;
    if (index === timers.length) return;
    this.#sink(last, index);
    this.#rise(last, last.index);
  }

  #rise(timer: Timer, from: number): void {
    const timers = this.#timers;
    let index = from;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (isBefore(timers[parent]!, timer)) break;
      this.#place(timers[parent]!, index);
      index = parent;
    }
    this.#place(timer, index);
  }

  #sink(timer: Timer, from: number): void {
    const timers = this.#timers;
    let index = from;
    for (let child = 2 * index + 1; child < timers.length; child = 2 * index + 1) {
      if (child + 1 < timers.length && isBefore(timers[child + 1]!, timers[child]!)) child++;
      if (isBefore(timer, timers[child]!)) break;
      this.#place(timers[child]!, index);
      index = child;
    }
    this.#place(timer, index);
  }

  #place(timer: Timer, index: number): void {
    this.#timers[index] = timer;
    timer.index = index;
  }
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.dueMs < b.dueMs || (a.dueMs === b.dueMs && a.number < b.number);
}

export function never<T>(): Promise<T> {
  return new Promise(() => {});
}
