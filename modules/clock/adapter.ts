import Time from "time";
import SdkTimer from "timer";
import type { Clock, Timer } from "./clock.js";

/** What the clock leaves on the SDK's timer, which its callback gets. */
type Task = SdkTimer & { task(target: unknown): void; target: unknown };

/** The SDK's `timer` and `time`. */
export class SystemClock implements Clock {
  private lastTicks = Time.ticks;
  private _ticksMs = 0;

  ticksMs(): number {
    // Time.ticks turns over after 24.8 days on the chip: differences add up.
    const ticks = Time.ticks;
    this._ticksMs += Time.delta(this.lastTicks, ticks);
    this.lastTicks = ticks;
    return this._ticksMs;
  }

  nowMs(): number {
    return Date.now();
  }

  after<T>(delayMs: number, task: (target: T) => void, target?: T): Timer {
    return carrying(SdkTimer.set(run, Math.max(0, Math.ceil(delayMs))), task, target);
  }

  every<T>(intervalMs: number, task: (target: T) => void, target: T): Timer {
    return carrying(SdkTimer.repeat(run, Math.ceil(intervalMs)), task, target);
  }

  cancel(timer: Timer | undefined): void {
    SdkTimer.clear(timer as SdkTimer | undefined);
  }
}

function carrying<T>(timer: SdkTimer, task: (target: T) => void, target: T | undefined): Timer {
  const carrier = timer as Task;
  carrier.task = task as Task["task"];
  carrier.target = target;
  return carrier;
}

function run(timer: SdkTimer): void {
  const { task, target } = timer as Task;
  task(target);
}
