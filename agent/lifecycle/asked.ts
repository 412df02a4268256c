/** How a person without a page, or an operator, asks for the portal or for a reset: the button, the cable, or a command. */

import { change } from "../../modules/base/guard.js";
import { AUTHORITIES } from "../../modules/settings/authorities.js";
import { PREFERENCES } from "../../modules/settings/preferences.js";
import { SETTINGS } from "../../modules/settings/settings.js";
import type { Store } from "../../modules/storage/storage.js";
import { forgetBss } from "../../modules/wifi/bss.js";
import { eraseRecords } from "../../provisioning/records.js";
import type { Session } from "../session/session.js";
import { eraseIdentities } from "./identities.js";

/** What people have set, beside what is for the service. */
const SET_BY_PEOPLE = Object.freeze([SETTINGS, AUTHORITIES, PREFERENCES] as const);
/** Set where the portal was asked for, and gone with the start that obeys it. */
const PORTAL = "portal";
/** Set where a reset was asked for, and gone when nothing is left to erase: a power cut only delays it. */
const RESET = "reset";

/** The button wants a restart: after a long press into the portal, after a longer one as from the factory. */
export function watchButton(session: Session, restart: (why: "button" | "reset") => void): void {
  const { button, store } = session.device;
  button.onWish = (wish) => {
    if (wish === "portal") askForPortal(store, "button");
    // The next start erases: here a connection may still write. A full flash takes no mark, but can be erased.
    else if (!change("store", () => store.set(RESET, "1"))) eraseAll(session);
    restart(wish === "reset" ? "reset" : "button");
  };
}

/** The next start opens the portal; the settings stay. */
export function askForPortal(store: Store, by: "button" | "cable" | "command"): void {
  change("store", () => store.set(PORTAL, by));
}

/** To be asked once in a start. @returns who wants it to open the portal: somebody who is at the device, or somebody else */
export function portalAsked(store: Store): "present" | "afar" | undefined {
  const by = store.get(PORTAL);
  if (by === undefined) return undefined;
  change("store", () => store.delete(PORTAL));
  return by === "command" ? "afar" : "present";
}

/** Before anything else of a start reads what is to go. */
export function finishReset(session: Session): void {
  const { store } = session.device;
  if (store.get(RESET) !== undefined && eraseAll(session)) change("store", () => store.delete(RESET));
}

/** As from the factory. @returns false where flash refuses: something may be left */
function eraseAll(session: Session): boolean {
  const { device } = session;
  const { store, journal } = device;
  let isDone = true;
  for (const record of SET_BY_PEOPLE) isDone = record.erase(store).ok && isDone;
  isDone = forgetBss(store) && isDone;
  isDone = eraseRecords(store) && isDone;
  isDone = journal.erase().ok && isDone;
  isDone = session.eraseOutbox() && isDone;
  return eraseIdentities(device) && isDone;
}
