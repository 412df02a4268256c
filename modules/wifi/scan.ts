import type { Failure } from "../failure/failure.js";
import type { Network } from "./wifi.js";

/** More names than a person looks through; every one costs memory on the page. */
const MAX_NETWORKS = 20;

/** One entry for each name, the strongest, strongest first. */
export function strongest(found: readonly Network[]): Network[] {
  const best = new Map<string, Network>();
  for (const network of found) {
    const known = best.get(network.ssid);
    if (!known || network.rssi > known.rssi) best.set(network.ssid, network);
  }
  return [...best.values()].sort((a, b) => b.rssi - a.rssi).slice(0, MAX_NETWORKS);
}

/** The SDK does not tell a network that refuses from one that is not there: the scan does. */
export function explainJoin(failure: Failure, inRange: readonly Network[], ssid: string | undefined): Failure {
  const seen = inRange.some((network) => network.ssid === ssid);
  return failure.reason === "wifi-not-found" && seen ? { ...failure, reason: "wifi-refused" } : failure;
}
