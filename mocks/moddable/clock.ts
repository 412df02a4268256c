/**
 * The chip's two clocks: ticks since the start, and the calendar, which says 1970 until somebody sets it.
 * (The ESP32 has no battery behind its calendar: after a power cut it starts at zero; a restart leaves it as it is.)
 */

const startedMs = performance.now();
const RealDate = Date;

/** How many times as fast as the host's the chip's time passes. */
let pace = 1;
/** When that was said: by the host, and by the chip. */
let saidMs = startedMs;
let saidTicksMs = 0;
const watchers = new Set<() => void>();

function elapsedMs(): number {
  return saidTicksMs + (performance.now() - saidMs) * pace;
}

/** Milliseconds since the start as XS gives them: a signed 32-bit integer that wraps. */
export function ticks(): number {
  return Math.trunc(elapsedMs()) | 0;
}

/** How long the host waits until so much of the chip's time has passed. */
export function hostMs(chipMs: number): number {
  return chipMs / pace;
}

/** From here on the chip's time passes so many times as fast as the host's. */
export function setPace(times: number): void {
  saidTicksMs = elapsedMs();
  saidMs = performance.now();
  pace = times;
  for (const watcher of [...watchers]) watcher();
}

/** Whoever waits is told that the pace is another one. @returns what ends that */
export function onPace(watcher: () => void): () => void {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
}

/** One number: the calendar before the host's, in milliseconds. Undefined: the host's calendar is used. */
let offset: Float64Array | undefined;
/** By how much the chip's time is before the host's, as far as the offset knows. */
let aheadMs = 0;

function nowMs(): number {
  if (!offset) return RealDate.now();
  const ahead = elapsedMs() - (performance.now() - startedMs);
  offset[0]! += ahead - aheadMs;
  aheadMs = ahead;
  return Math.trunc(RealDate.now() + offset[0]!);
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
  nowMs();
  if (offset) offset[0] = seconds * 1000 - RealDate.now();
}
