import Time from "time";
import Timer from "timer";
import type { Cancel, Clock } from "./clock.js";

/** The SDK's `timer` and `time`. */
export function createClock(): Clock {
  const startTicks = Time.ticks;
  return {
    // Time.ticks is 32 bits on the chip: only differences count.
    ticksMs: () => Time.delta(startTicks),
    nowMs: () => Date.now(),
    after(delayMs, callback): Cancel {
      let timer: Timer | undefined = Timer.set(
        () => {
          timer = undefined;
          callback();
        },
        Math.max(0, Math.ceil(delayMs)),
      );
      return () => {
        Timer.clear(timer);
        timer = undefined;
      };
    },
  };
}
