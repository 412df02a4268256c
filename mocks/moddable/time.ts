/** `time` (modules/base/time/time.js, esp/modTime.c). */
import type TimeType from "time";
import { setCalendar, ticks } from "./clock.js";

const Time = {
  /** Sets the calendar, in whole seconds since 1970. */
  set(seconds: number): void {
    setCalendar(seconds >>> 0);
  },
  timezone: 0,
  dst: 0,
  /** Milliseconds since the start, a signed 32-bit integer that wraps. */
  get ticks(): number {
    return ticks();
  },
  /** Milliseconds from one reading of `ticks` to another; right across the wrap. */
  delta(start: number, end: number = ticks()): number {
    return (end - start) | 0;
  },
} satisfies typeof TimeType;

export default Time;
