/**
 * The chip's two clocks: ticks since the start, and the calendar, which says 1970 until somebody sets it.
 * (The ESP32 has no battery behind its calendar; after a power cut it starts at zero.)
 */

const started_ms = performance.now();
const RealDate = Date;

/** Milliseconds since the start as XS gives them: a signed 32-bit integer that wraps. */
export function ticks(): number {
  return Math.trunc(performance.now() - started_ms) | 0;
}

/** What the calendar adds to the milliseconds since the start; undefined: the host's calendar is used. */
let epoch_ms: number | undefined;

function now_ms(): number {
  return epoch_ms === undefined ? RealDate.now() : Math.trunc(epoch_ms + performance.now() - started_ms);
}

/** A `Date` that asks the chip's calendar. */
class ChipDate extends RealDate {
  constructor(...parts: [] | [value: number | string | Date]) {
    if (parts.length === 0) super(now_ms());
    else super(...(parts as [number]));
  }
  static override now(): number {
    return now_ms();
  }
}

/** From here on `Date` shows the chip's calendar, which starts at zero. */
export function installUnsetCalendar(): void {
  epoch_ms = 0;
  globalThis.Date = ChipDate as DateConstructor;
}

/** `Time.set`: the calendar shows `seconds` after 1970 now. Without the chip's calendar installed nothing happens. */
export function setCalendar(seconds: number): void {
  if (epoch_ms !== undefined) epoch_ms = seconds * 1000 - (performance.now() - started_ms);
}
