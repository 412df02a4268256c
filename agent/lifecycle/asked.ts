/**
 * How a person without a page asks for the portal or for a reset: the button, a command, or the power switched off
 * three times in a row. A crash soon after each start looks like the latter, and leads to the portal as well.
 */

import { reportFault } from "../../modules/base/guard.js";
import type { Clock } from "../../modules/clock/clock.js";
import { AUTHORITIES } from "../../modules/settings/authorities.js";
import { PREFERENCES } from "../../modules/settings/preferences.js";
import { SETTINGS } from "../../modules/settings/settings.js";
import type { Store } from "../../modules/storage/storage.js";
import { eraseRecords } from "../../provisioning/records.js";
import type { Session } from "../session/session.js";
import { eraseIdentities } from "./identities.js";

/** A start that lasts this long is none of a row. */
const QUICK_START_MS = 8_000;
const STARTS_FOR_PORTAL = 3;
const STARTS = "starts";
/** What people have set, beside what is for the service. */
const SET_BY_PEOPLE = Object.freeze([SETTINGS, AUTHORITIES, PREFERENCES] as const);
/** Set where the portal was asked for, and gone with the start that obeys it. */
const PORTAL = "portal";

/** The button wants a restart: after a long press into the portal, after a longer one as from the factory. */
export function watchButton(session: Session, restart: (why: "button" | "reset") => void): void {
  const { device } = session;
  const { button, store, journal } = device;
  button.onWish = (wish) => {
    if (wish === "reset") {
      for (const record of SET_BY_PEOPLE) record.erase(store);
      eraseRecords(store);
      journal.erase();
      session.outbox.erase();
      eraseIdentities(device);
    } else askForPortal(store, "button");
    restart(wish === "reset" ? "reset" : "button");
  };
}

/** The next start opens the portal; the settings stay. */
export function askForPortal(store: Store, by: "button" | "command"): void {
  change(() => store.set(PORTAL, by));
}

/** Counts this start. @returns who wants it to open the portal: somebody who is at the device, or somebody else */
export function portalAsked(store: Store, clock: Clock): "present" | "afar" | undefined {
  const by = store.get(PORTAL);
  if (by !== undefined) change(() => store.delete(PORTAL));
  const starts = (Number(store.get(STARTS)) || 0) + 1;
  if (starts >= STARTS_FOR_PORTAL) {
    forgetStarts(store);
    return "present";
  }
  change(() => store.set(STARTS, String(starts)));
  clock.after(QUICK_START_MS, forgetStarts, store);
  if (by === undefined) return undefined;
  return by === "button" ? "present" : "afar";
}

/** Before a restart that the agent itself wants. */
export function forgetStarts(store: Store): void {
  if (store.get(STARTS) !== undefined) change(() => store.delete(STARTS));
}

/** A flash that takes no change must not keep the device from starting. */
function change(write: () => void): void {
  try {
    write();
  } catch (error) {
    reportFault("store", error);
  }
}
