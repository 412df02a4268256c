/**
 * What the starts before this one were: told by the reason of the reset, and by a mark in flash that stays where a start
 * ended soon and nobody wanted that. The power switched off and on three times in a row asks for the portal. Crashes in a
 * row ask for nothing: they lead to a pause in which nothing is open and nothing is taken.
 */

import { change } from "../../modules/base/guard.js";
import { type Clock, sleep } from "../../modules/clock/clock.js";
import type { Store } from "../../modules/storage/storage.js";
import type { Device } from "../device/device.js";
import type { Session } from "../session/session.js";

const STARTS = "starts";
/** A start with the power that lasts this long is none of a row. */
const QUICK_START_MS = 8_000;
const STARTS_FOR_PORTAL = 3;
/** A device that lives this long does not crash at each start: what made it crash is over. */
const SOUND_START_MS = 60_000;
/** A fault in passing is over by then; whoever sends what crashes the device gets no more tries in a row. */
const CRASHES_FOR_SAFE = 5;
/** The first pause; doubled with each crash that follows one. */
const SAFE_PAUSE_MS = 5 * 60_000;
const SAFE_PAUSE_CAP_MS = 60 * 60_000;
/** Before a number of crashes; without it the number is one of starts with the power. */
const CRASHED = "c";

/**
 * Where nobody asked for it (RESET_REASONS, modules/system/system.ts). XS ends the machine as a restart does, by
 * `esp_restart` (fxAbort in the SDK's xsPlatform.c): the mark alone tells the two apart.
 */
const CRASHES: readonly (string | undefined)[] = Object.freeze([
  ...["software", "panic", "interrupt-watchdog", "task-watchdog", "watchdog", "brownout", "cpu-lockup"],
]);

/**
 * Counts this start; with one write to flash, and one more when it has lasted.
 * @returns "portal": a person asks for it; or how many starts in a row before this one crashed within a minute
 */
export function countStart({ store, clock, system, updates }: Device): "portal" | number {
  // An image on trial that crashes is taken back by the bootloader: nothing is to be held against the one before it.
  if (updates.status?.state === "trial") return 0;
  const mark = store.get(STARTS);
  const reason = system.resetReason();
  if (reason === "power-on") return countPower(store, clock, mark);
  if (!CRASHES.includes(reason)) {
    forgetStarts(store);
    return 0;
  }
  const crashes = mark === undefined ? 0 : (mark[0] === CRASHED ? Number(mark.slice(1)) || 0 : 0) + 1;
  change("store", () => store.set(STARTS, CRASHED + Math.min(crashes, 99)));
  if (!isUnsafe(crashes)) clock.after(SOUND_START_MS, forgetStarts, store);
  return crashes;
}

function countPower(store: Store, clock: Clock, mark: string | undefined): "portal" | number {
  const starts = (Number(mark) || 0) + 1;
  if (starts >= STARTS_FOR_PORTAL) {
    forgetStarts(store);
    return "portal";
  }
  change("store", () => store.set(STARTS, String(starts)));
  clock.after(QUICK_START_MS, forgetStarts, store);
  return 0;
}

export function isUnsafe(crashes: number): boolean {
  return crashes >= CRASHES_FOR_SAFE;
}

/** Before a restart that the agent itself wants. */
export function forgetStarts(store: Store): void {
  if (store.get(STARTS) !== undefined) change("store", () => store.delete(STARTS));
}

/**
 * Nothing but the button is listened to until the pause is over. The minute that forgets the crashes begins then. What the
 * broker has kept may be what ends the machine before it is acknowledged: it is not taken.
 */
export async function rest(session: Session, crashes: number): Promise<void> {
  const { store, clock, random, log } = session.device;
  const windowMs = Math.min(SAFE_PAUSE_CAP_MS, SAFE_PAUSE_MS * 2 ** (crashes - CRASHES_FOR_SAFE));
  // Devices that one message has crashed must not all come back at once.
  const retryMs = Math.round((windowMs * (1 + random())) / 2);
  log.note(`safe: it has crashed ${crashes} times in a row, and opens and takes nothing before the pause is over`);
  log.event({ state: "safe", retryMs });
  await sleep(clock, retryMs);
  session.leavesQueue = true;
  clock.after(SOUND_START_MS, forgetStarts, store);
}
