/**
 * Which access point was joined last, in flash: after a start the driver looks for that one where it was, and for all of
 * the name only where it is not there any more.
 */
import { change } from "../base/guard.js";
import type { TextStore } from "../storage/storage.js";

/** `<bss> <name>` */
const KEY = "bss";
/** Hexadecimal digits: two of the channel, twelve of the BSSID. */
export const BSS_LENGTH = 14;

/** @returns empty where the network that was joined last is another one */
export function lastBss(store: TextStore, ssid: string): string {
  const stored = store.get(KEY) ?? "";
  const bss = stored.slice(0, BSS_LENGTH);
  return stored === textOf(bss, ssid) ? bss : "";
}

/** One write where another access point was joined, or the same on another channel: flash wears. */
export function keepBss(store: TextStore, ssid: string, bss: string): void {
  if (bss && lastBss(store, ssid) !== bss) change("store", () => store.set(KEY, textOf(bss, ssid)));
}

/** @returns false where flash refuses */
export function forgetBss(store: TextStore): boolean {
  return store.get(KEY) === undefined || change("store", () => store.delete(KEY));
}

function textOf(bss: string, ssid: string): string {
  return `${bss} ${ssid}`;
}
