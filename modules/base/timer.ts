/**
 * Takes the place of the SDK's module `timer` (modules/base/timer/timer.js) on the device, above the same native
 * functions: whatever sets a timer, the SDK's MQTT client and HTTP server included, calls back inside the guard. One function
 * in flash stands for all of them: a closure for each timer would cost ten slots.
 */
import { reportFault } from "modules/base/guard";

/** xsc turns `native("…")` into the C function of that name. */
declare function native(name: string): { call(target: unknown, ...args: unknown[]): unknown };

type Callback = (timer: Timer) => void;
/** The native timer is an object like any other, and is what its callback gets. */
type Armed = Timer & { callback: Callback };

export default class Timer {
  /** Never made here: the natives make timers. */
  private constructor() {}

  static set(callback: Callback, delayMs?: number, repeatMs?: number): Timer {
    return armed(native("xs_timer_set").call(this, fire, delayMs, repeatMs), callback);
  }
  static repeat(callback: Callback, intervalMs: number): Timer {
    return armed(native("xs_timer_repeat").call(this, fire, intervalMs), callback);
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

function armed(timer: unknown, callback: Callback): Timer {
  (timer as Armed).callback = callback;
  return timer as Timer;
}

function fire(timer: Armed): void {
  try {
    timer.callback(timer);
  } catch (error) {
    reportFault("timer", error);
  }
}
