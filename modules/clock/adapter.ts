import Time from "time";
import Timer from "timer";
import type { Cancel, Clock } from "./clock.js";

/** The SDK's `timer` and `time`. */
export function createClock(): Clock {
  let lastTicks = Time.ticks;
  let ticksMs = 0;
  return {
    ticksMs() {
      // Time.ticks turns over after 24.8 days on the chip: differences add up.
      const ticks = Time.ticks;
      ticksMs += Time.delta(lastTicks, ticks);
      lastTicks = ticks;
      return ticksMs;
    },
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
