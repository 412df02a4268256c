/** Where the network was that was joined last, in flash: after a start the driver looks there first, and then everywhere. */
import { change } from "../base/guard.js";
import type { TextStore } from "../storage/storage.js";
import type { WiFiStatus } from "./wifi.js";

/** `<channel> <name>` */
const KEY = "channel";

/** @returns undefined where the network that was joined last is another one */
export function lastChannel(store: TextStore, ssid: string): number | undefined {
  const stored = store.get(KEY) ?? "";
  const channel = Number.parseInt(stored, 10);
  return channel > 0 && stored === textOf(channel, ssid) ? channel : undefined;
}

/** One write where the router has another channel than before, or where the network is another one: flash wears. */
export function keepChannel(store: TextStore, { ssid, channel }: WiFiStatus): void {
  if (channel === undefined || lastChannel(store, ssid) === channel) return;
  change("store", () => store.set(KEY, textOf(channel, ssid)));
}

/** @returns false where flash refuses */
export function forgetChannel(store: TextStore): boolean {
  return store.get(KEY) === undefined || change("store", () => store.delete(KEY));
}

function textOf(channel: number, ssid: string): string {
  return `${channel} ${ssid}`;
}
