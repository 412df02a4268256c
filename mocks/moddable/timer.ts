/**
 * `timer` over Node's timers, after modules/base/timer/modTimer.c and mc/modTimer.c: repeating timers do not drift,
 * a one-shot timer is dead once its callback has returned, and a dead timer can be cleared but not scheduled.
 */
import type TimerType from "timer";
import type { TimerCallback } from "timer";
import { hostMs, onPace, ticks } from "./clock.js";
import { fireNext } from "./machine.js";

/** `unscheduledRepeatMs` keeps a one-shot timer alive that was unscheduled, perhaps by its own callback. */
const unscheduledRepeatMs = -1;

class Handle {
  #callback: TimerCallback;
  #triggerMs: number;
  #repeatMs: number;
  #disarm: (() => void) | undefined;
  #alive = true;

  constructor(callback: TimerCallback, intervalMs: number, repeatMs: number) {
    this.#callback = callback;
    this.#triggerMs = ticks() + intervalMs;
    this.#repeatMs = repeatMs;
    this.#arm();
  }

  schedule(intervalMs?: number, repeatMs = 0): void {
    if (!this.#alive) throw new SyntaxError("Timer.schedule: the timer is not running");
    this.#disarm?.();
    this.#disarm = undefined;
    if (intervalMs === undefined) {
      this.#repeatMs = unscheduledRepeatMs;
      return;
    }
    this.#triggerMs = ticks() + intervalMs;
    this.#repeatMs = repeatMs;
    this.#arm();
  }

  clear(): void {
    this.#alive = false;
    this.#disarm?.();
    this.#disarm = undefined;
  }

  #arm(): void {
    const waitMs = this.#triggerMs - ticks();
    if (waitMs <= 0) {
      this.#disarm = fireNext(() => this.#fire());
      return;
    }
    const timeout = setTimeout(() => {
      forget();
      // Node's may be a part of a millisecond early; at a fast pace that is much.
      if (ticks() < this.#triggerMs) this.#arm();
      else this.#fire();
    }, hostMs(waitMs));
    const forget = onPace(() => {
      this.#disarm?.();
      this.#arm();
    });
    this.#disarm = () => {
      clearTimeout(timeout);
      forget();
    };
  }

  #fire(): void {
    this.#disarm = undefined;
    this.#triggerMs += this.#repeatMs;
    this.#callback.call(globalThis, this as unknown as TimerType);
    if (!this.#alive) return;
    if (this.#repeatMs === 0) this.clear();
    else if (this.#repeatMs !== unscheduledRepeatMs && this.#disarm === undefined) this.#arm();
  }
}

function handleOf(timer: unknown): Handle | undefined {
  return timer instanceof Handle ? timer : undefined;
}

/** XS takes milliseconds as 32-bit integers. */
const milliseconds = (value: number | undefined): number => (value ?? 0) | 0;

class Timer {
  /** Calls back once after `interval` ms, or again every `repeat` ms. */
  static set(callback: TimerCallback, interval?: number, repeat?: number): TimerType {
    if (typeof callback !== "function") throw new TypeError("Timer.set: callback is not a function");
    return new Handle(callback, milliseconds(interval), milliseconds(repeat)) as unknown as TimerType;
  }

  static repeat(callback: TimerCallback, interval: number): TimerType {
    return Timer.set(callback, interval, interval);
  }

  /** Without `interval` the timer stays but does not fire until it is scheduled again. */
  static schedule(timer: TimerType, interval?: number, repeat?: number): void {
    const handle = handleOf(timer);
    if (!handle) throw new SyntaxError("Timer.schedule: not a timer");
    handle.schedule(interval === undefined ? undefined : milliseconds(interval), milliseconds(repeat));
  }

  /** Anything that is not a running timer is ignored. */
  static clear(timer: TimerType | undefined | null): void {
    handleOf(timer)?.clear();
  }

  /** Blocks everything for so long. */
  static delay(duration: number): void {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds(duration));
  }
}

type StaticsOf<Class> = { [Name in Exclude<keyof Class, "prototype">]: Class[Name] };

export default Timer satisfies StaticsOf<typeof TimerType>;
