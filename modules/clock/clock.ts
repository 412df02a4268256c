/** Time as the device code sees it. */
export interface Clock {
  /** Monotonic milliseconds since the start. */
  ticksMs(): number;
  /** UTC milliseconds since 1970; wrong until somebody has set the clock. */
  nowMs(): number;
  /** Calls back once after `delayMs`; the returned function takes it back. */
  after(delayMs: number, callback: () => void): Cancel;
}

export type Cancel = () => void;

export function sleep(clock: Clock, delayMs: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(delayMs, resolve);
  });
}

/** The next time is set before the task runs: a fault in it does not end the repetition. */
export function every(clock: Clock, intervalMs: number, task: () => void): Cancel {
  let cancel: Cancel;
  const next = () => {
    cancel = clock.after(intervalMs, () => {
      next();
      task();
    });
  };
  next();
  return () => cancel();
}
