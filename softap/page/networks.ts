/** What is in range: a list to read, which the script makes one to choose from. */
import { MAX_LISTED } from "../../modules/wifi/scan.js";
import type { Network } from "../../modules/wifi/wifi.js";
import { name } from "./status.js";
import type { Texts } from "./texts.js";

export function networksFragment(networks: readonly Network[], scanning: boolean, texts: Texts): string {
  const note = scanning ? texts.scanning : networks.length ? "" : texts.noNetworks;
  // Loops, here and elsewhere on the page: a callback of an array's method stands on the stack with it.
  let items = "";
  for (let index = 0; index < networks.length && index < MAX_LISTED; index++) items += item(networks[index]!, texts);
  const rest = networks.length - MAX_LISTED;
  const unlisted = rest > 0 ? `<p class="dim">${texts.unlisted(rest)}</p>` : "";
  return `<div id="networks"${scanning ? " data-scanning" : ""}><p class="dim" role="status">${note}</p><ul>${items}</ul>${unlisted}</div>`;
}

/** Strength and lock in words: they need no picture and no colour. */
function item({ ssid, rssi, secured }: Network, texts: Texts): string {
  const bars = barsOf(rssi);
  const words = `${texts.signals[bars - 1]} · ${secured ? texts.secured : texts.open}`;
  return `<li class="q${bars}${secured ? "" : " open"}">${name(ssid)}${words}</li>`;
}

/** @param rssi dBm */
function barsOf(rssi: number): 1 | 2 | 3 | 4 {
  if (rssi >= -60) return 4;
  if (rssi >= -70) return 3;
  return rssi >= -80 ? 2 : 1;
}
