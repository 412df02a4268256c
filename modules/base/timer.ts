/**
 * Takes the place of the SDK's module `timer` (modules/base/timer/timer.js) on the device, above the same native
 * functions: whatever sets a timer, the SDK's HTTP and MQTT clients included, calls back inside the guard.
 */
import { guarded } from "modules/base/guard";

/** xsc turns `native("…")` into the C function of that name. */
declare function native(name: string): { call(target: unknown, ...args: unknown[]): unknown };

type Callback = (timer: Timer) => void;

export default class Timer {
  /** Never made here: the natives make timers. */
  private constructor() {}

  static set(callback: Callback, delayMs?: number, repeatMs?: number): Timer {
    return native("xs_timer_set").call(this, guarded("timer", callback), delayMs, repeatMs) as Timer;
  }
  static repeat(callback: Callback, intervalMs: number): Timer {
    return native("xs_timer_repeat").call(this, guarded("timer", callback), intervalMs) as Timer;
  }
  static schedule(timer: Timer, delayMs?: number, repeatMs?: number): void {
    native("xs_timer_schedule").call(this, timer, delayMs, repeatMs);
  }
  static clear(timer: Timer | undefined | null): void {
    native("xs_timer_clear").call(this, timer);
  }
  static delay(delayMs: number): void {
    native("xs_timer_delay").call(this, delayMs);
  }
}
