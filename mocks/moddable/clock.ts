/**
 * The chip's two clocks: ticks since the start, and the calendar, which says 1970 until somebody sets it.
 * (The ESP32 has no battery behind its calendar: after a power cut it starts at zero; a restart leaves it as it is.)
 */

const startedMs = performance.now();
const RealDate = Date;

/** Milliseconds since the start as XS gives them: a signed 32-bit integer that wraps. */
export function ticks(): number {
  return Math.trunc(performance.now() - startedMs) | 0;
}

/** One number: the calendar before the host's, in milliseconds. Undefined: the host's calendar is used. */
let offset: Float64Array | undefined;

function nowMs(): number {
  return Math.trunc(RealDate.now() + (offset?.[0] ?? 0));
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

/** The calendar of a device whose power comes on. Shared, so that it survives the thread. */
export function unsetCalendar(): SharedArrayBuffer {
  const calendar = new Float64Array(new SharedArrayBuffer(Float64Array.BYTES_PER_ELEMENT));
  calendar[0] = -RealDate.now();
  return calendar.buffer;
}

/** From here on `Date` shows this calendar. */
export function installCalendar(calendar: SharedArrayBuffer): void {
  offset = new Float64Array(calendar);
  globalThis.Date = ChipDate as DateConstructor;
}

/** `Time.set`: the calendar shows `seconds` after 1970 now. Without the chip's calendar installed nothing happens. */
export function setCalendar(seconds: number): void {
  if (offset) offset[0] = seconds * 1000 - RealDate.now();
}
