/**
 * What the starts before this one were: told by the reason of the reset, and by a mark in flash that stays where a start
 * ended soon and nobody wanted that. The power switched off and on three times in a row asks for the portal. Crashes in a
 * row ask for nothing: they lead to the safe state (safe.ts).
 */

import { change, reportFault } from "../../modules/base/guard.js";
import type { Application } from "../application/application.js";
import type { Device } from "../device/device.js";

const STARTS = "starts";
/** A start with the power that lasts this long is none of a row. */
const QUICK_START_MS = 8_000;
const STARTS_FOR_PORTAL = 3;
/** A device that lives this long does not crash at each start: what made it crash is over. */
export const SOUND_START_MS = 60_000;
/** A fault in passing is over by then; whoever sends what crashes the device gets no more tries in a row. */
const CRASHES_FOR_SAFE = 5;
/** The first pause, where the safe state has crashed, too; doubled with each crash that follows one. */
const SAFE_PAUSE_MS = 5 * 60_000;
const SAFE_PAUSE_CAP_MS = 60 * 60_000;
/** Before the causes of crashes; without it a number of starts with the power. */
const CRASHED = "c";
const MOST_CRASHES = 99;

/**
 * Where nobody asked for it, or the agent did after a fault of its own (RESET_REASONS, modules/system/system.ts): the mark
 * tells that from another restart. In the mark each is a letter.
 */
const CAUSES: Readonly<Record<string, string | undefined>> = Object.freeze({
  panic: "p",
  "cpu-lockup": "p",
  "interrupt-watchdog": "w",
  "task-watchdog": "w",
  watchdog: "w",
  brownout: "b",
  software: "f",
  "abort-stack": "a",
  "abort-memory": "a",
  "abort-exception": "a",
  "abort-rejection": "a",
  "abort-names": "a",
  abort: "a",
});

/**
 * Counts this start; with one write to flash, and one more when it has lasted.
 * @returns "portal": a person asks for it; or how many starts in a row before this one crashed within a minute
 */
export function countStart(device: Device): "portal" | number {
  const { store, clock, system, updates } = device;
  system.watch();
  noteRepair(device);
  // An image on trial that crashes is taken back by the bootloader: nothing is to be held against the one before it.
  if (updates.status?.state === "trial") {
    system.sound();
    return 0;
  }
  const mark = store.get(STARTS);
  const reason = system.resetReason();
  if (reason === "power-on") return countPower(device, mark);
  const cause = CAUSES[reason ?? ""];
  if (!cause) {
    forgetStarts(device);
    return 0;
  }
  const causes = mark?.startsWith(CRASHED) ? mark : CRASHED;
  const counted = mark === undefined ? CRASHED : (causes + cause).slice(0, CRASHED.length + MOST_CRASHES);
  change("store", () => store.set(STARTS, counted));
  // A flash that takes no mark does not keep a row from being seen.
  const crashes = Math.max(counted.length - CRASHED.length, system.crashes());
  if (!isUnsafe(crashes)) clock.after(SOUND_START_MS, forgetStarts, device);
  return crashes;
}

function noteRepair({ system, log }: Device): void {
  const repair = system.storageRepair();
  if (repair?.isNew)
    log.note(`storage: it was damaged (${repair.error}) and is erased, but for what the factory wrote`);
  if (repair?.isFromCopy) log.note("storage: what the factory wrote was damaged, and is there again from its copy");
}

function countPower(device: Device, mark: string | undefined): "portal" | number {
  const { store, clock } = device;
  const starts = (Number(mark) || 0) + 1;
  if (starts >= STARTS_FOR_PORTAL) {
    forgetStarts(device);
    return "portal";
  }
  change("store", () => store.set(STARTS, String(starts)));
  clock.after(QUICK_START_MS, forgetQuickStarts, device);
  return 0;
}

export function isUnsafe(crashes: number): boolean {
  return crashes >= CRASHES_FOR_SAFE;
}

/** It is none of a row of them, but may still crash soon. */
function forgetQuickStarts({ store }: Device): void {
  if (store.get(STARTS) !== undefined) change("store", () => store.delete(STARTS));
}

/** Before a restart that the agent itself wants. */
export function forgetStarts(device: Device): void {
  forgetQuickStarts(device);
  device.system.sound();
}

/** How long nothing is open and nothing taken before the safe state: 0 where it has not crashed itself. */
export function pauseAfter(crashes: number, random: () => number): number {
  if (crashes <= CRASHES_FOR_SAFE) return 0;
  const windowMs = Math.min(SAFE_PAUSE_CAP_MS, SAFE_PAUSE_MS * 2 ** (crashes - CRASHES_FOR_SAFE - 1));
  return Math.round((windowMs * (1 + random())) / 2);
}

/** The safe state has lasted: the next crash leads to it again, at once. */
export function forgetPauses({ store, system }: Device): void {
  const least = CRASHED.length + CRASHES_FOR_SAFE - 1;
  const mark = store.get(STARTS);
  if (mark && mark.length > least) change("store", () => store.set(STARTS, mark.slice(0, least)));
  system.sound();
}

/** In a turn of its own. A fault of the application's stays its own. */
export function beginApplication({ clock, application }: Device): void {
  clock.after(0, tellStart, application);
}

function tellStart(application: Application): void {
  try {
    application.onStart?.();
  } catch (error) {
    reportFault("application", error);
  }
}
