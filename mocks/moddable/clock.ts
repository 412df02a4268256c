/**
 * The chip's two clocks: ticks since the start, and the calendar, which says 1970 until somebody sets it.
 * (The ESP32 has no battery behind its calendar; after a power cut it starts at zero.)
 */

const startedMs = performance.now();
const RealDate = Date;

/** Milliseconds since the start as XS gives them: a signed 32-bit integer that wraps. */
export function ticks(): number {
  return Math.trunc(performance.now() - startedMs) | 0;
}

/** What the calendar adds to the milliseconds since the start; undefined: the host's calendar is used. */
let epochMs: number | undefined;

function nowMs(): number {
  return epochMs === undefined ? RealDate.now() : Math.trunc(epochMs + performance.now() - startedMs);
}

/** A `Date` that asks the chip's calendar. */
class ChipDate extends RealDate {
  constructor(...parts: [] | [value: number | string | Date]) {
    if (parts.length === 0) super(nowMs());
    else super(...(parts as [number]));
  }
  static override now(): number {
    return nowMs();
  }
}

/** From here on `Date` shows the chip's calendar, which starts at zero. */
export function installUnsetCalendar(): void {
  epochMs = 0;
  globalThis.Date = ChipDate as DateConstructor;
}

/** `Time.set`: the calendar shows `seconds` after 1970 now. Without the chip's calendar installed nothing happens. */
export function setCalendar(seconds: number): void {
  if (epochMs !== undefined) epochMs = seconds * 1000 - (performance.now() - startedMs);
}
