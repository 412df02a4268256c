/** When a device may be updated: a part of each day, as the clock on the wall shows it. */

/** In minutes of the day; from the end of one day into the next where the end is the smaller one. */
export interface UpdateWindow {
  readonly startMinute: number;
  readonly endMinute: number;
}

/** Local time minus UTC: UTC-12 to UTC+14. */
export const UTC_OFFSET_BOUNDS_MINUTES = [-12 * 60, 14 * 60] as const;

const MINUTE_MS = 60_000;
const DAY_MINUTES = 24 * 60;

/** @param text `02:00-05:00`; @returns undefined where it is no window, or one of no minute */
export function parseWindow(text: string): UpdateWindow | undefined {
  const match = /^\s*(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})\s*$/.exec(text);
  if (!match) return undefined;
  const startMinute = minuteOf(match[1]!, match[2]!);
  const endMinute = minuteOf(match[3]!, match[4]!);
  return startMinute === undefined || endMinute === undefined || startMinute === endMinute
    ? undefined
    : { startMinute, endMinute };
}

export function isInWindow({ startMinute, endMinute }: UpdateWindow, nowMs: number, utcOffsetMinutes: number): boolean {
  const minute = Math.floor(nowMs / MINUTE_MS) + utcOffsetMinutes;
  const ofDay = ((minute % DAY_MINUTES) + DAY_MINUTES) % DAY_MINUTES;
  return startMinute < endMinute
    ? ofDay >= startMinute && ofDay < endMinute
    : ofDay >= startMinute || ofDay < endMinute;
}

/** @returns `02:00-05:00 UTC+08:00`, or `02:00-05:00 UTC` */
export function formatWindow({ startMinute, endMinute }: UpdateWindow, utcOffsetMinutes: number): string {
  const sign = utcOffsetMinutes < 0 ? "-" : "+";
  const zone = utcOffsetMinutes === 0 ? "" : sign + formatMinute(Math.abs(utcOffsetMinutes));
  return `${formatMinute(startMinute)}-${formatMinute(endMinute)} UTC${zone}`;
}

function formatMinute(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
}

/** 24:00 is the end of a day. */
function minuteOf(hours: string, minutes: string): number | undefined {
  const minute = Number(hours) * 60 + Number(minutes);
  return Number(minutes) < 60 && minute <= DAY_MINUTES ? minute % DAY_MINUTES : undefined;
}
