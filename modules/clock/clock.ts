/** Time as the device code sees it. */
export interface Clock {
  /** Monotonic milliseconds since the start. */
  ticksMs(): number;
  /** UTC milliseconds since 1970; wrong until somebody has set the clock. */
  nowMs(): number;
  /**
   * Calls `task(target)` once after `delayMs`. A function of a module with a target costs no closure
   * (docs/memory.md); without one the target is undefined.
   */
  after<T>(delayMs: number, task: (target: T) => void, target: T): Timer;
  after(delayMs: number, task: () => void): Timer;
  /** The same, each `intervalMs`, until it is cancelled. */
  every<T>(intervalMs: number, task: (target: T) => void, target: T): Timer;
  /** One that has called, was cancelled, or is undefined is left alone. */
  cancel(timer: Timer | undefined): void;
}

/** A call that is to come. What is in it is the clock's own. */
export type Timer = object;

export function sleep(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(delayMs, resolve);
  });
}
