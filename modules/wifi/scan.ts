import type { Network } from "./wifi.js";

/** One entry for each name, the strongest, strongest first. */
export function strongest(found: readonly Network[]): Network[] {
  const best = new Map<string, Network>();
  for (const network of found) {
    const known = best.get(network.ssid);
    if (!known || network.rssi > known.rssi) best.set(network.ssid, network);
  }
  return [...best.values()].sort((a, b) => b.rssi - a.rssi);
}
