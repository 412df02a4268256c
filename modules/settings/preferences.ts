/** What an operator may change from afar, by the command `set`: kept over restarts, gone with a factory reset. */

import { LOG_LEVELS, type LogLevel } from "../base/log.js";
import { asInteger, asObject, type Json } from "../data/json.js";
import { StoredRecord } from "../storage/record.js";
import { parseWindow, UTC_OFFSET_BOUNDS_MINUTES } from "./update-window.js";

/** What is undefined the service and the build decide. */
export interface Preferences {
  /** Between two readings on the data topic. */
  readonly dataIntervalMs?: number | undefined;
  /** Between two status messages. */
  readonly statusIntervalMs?: number | undefined;
  readonly logLevel?: LogLevel | undefined;
  /** False: firmware is told of, and installed only when somebody asks for it. */
  readonly autoUpdate?: boolean | undefined;
  /** The part of each day in which firmware may be installed: `02:00-05:00`. */
  readonly updateWindow?: string | undefined;
  /** Of the place, for the window: counts before what the service says; UTC where neither says one. */
  readonly utcOffsetMinutes?: number | undefined;
}

/** Sooner floods the broker, later looks like a dead device. */
const INTERVAL_BOUNDS_MS = [1_000, 86_400_000] as const;

const intervalMs = (value: unknown) => asInteger(value, ...INTERVAL_BOUNDS_MS);

/** Each takes what nobody has checked, and gives undefined for what makes no sense. */
const checks: { readonly [Name in keyof Preferences]-?: (value: unknown) => Preferences[Name] } = {
  dataIntervalMs: intervalMs,
  statusIntervalMs: intervalMs,
  logLevel: (value) => LOG_LEVELS.find((level) => level === value),
  autoUpdate: (value) => (typeof value === "boolean" ? value : undefined),
  updateWindow: (value) => (typeof value === "string" && parseWindow(value) ? value : undefined),
  utcOffsetMinutes: (value) => asInteger(value, ...UTC_OFFSET_BOUNDS_MINUTES),
};

const names = Object.keys(checks) as (keyof Preferences)[];
export const PREFERENCE_NAMES: readonly string[] = names;

/**
 * @param wanted by name; null takes a preference back
 * @returns all preferences then, or what is wrong with which of the wanted: in that case none is taken
 */
export function withWanted(preferences: Preferences, wanted: Json): Preferences | string {
  let changed: Preferences = preferences;
  for (const [name, value] of Object.entries(wanted)) {
    const known = names.find((one) => one === name);
    // Its name stays outside (modules/data/json.ts).
    if (!known) return `settings: one is unknown; there are ${names.join(", ")}`;
    const checked = value === null ? undefined : checks[known](value);
    if (value !== null && checked === undefined) return `${known}: not a value for it`;
    changed = { ...changed, [known]: checked };
  }
  return changed;
}

export const PREFERENCES: StoredRecord<Preferences> = new StoredRecord({
  key: "preferences",
  encode: (preferences) => preferences,
  decode(value): Preferences {
    const raw = asObject(value) ?? {};
    return Object.fromEntries(names.map((name) => [name, checks[name](raw[name])]));
  },
});
