import type { Failure } from "../base/failure.js";
import type { KnownNetwork, Network } from "./wifi.js";

/** More names than a person looks through; every one costs memory on the page. */
export const MAX_LISTED = 20;

/** Names that are looked at; access points of the same name are one. */
const MAX_FOUND = 60;

/** Of each name the strongest. Known networks are wanted wherever they stand, of others the first that the driver tells. */
export function addFound(found: Network[], network: Network, known?: readonly KnownNetwork[]): void {
  const index = found.findIndex(({ ssid }) => ssid === network.ssid);
  if (index >= 0) {
    if (network.rssi > found[index]!.rssi) found[index] = network;
  } else if (found.length < MAX_FOUND || known?.some(({ ssid }) => ssid === network.ssid)) found.push(network);
}

/** As one text, which takes a slot where the list takes four for each network. No name has a NUL (`nameOf`). */
export function packed(networks: readonly Network[]): string {
  return networks.map(({ ssid, rssi, secured }) => `${rssi}${secured ? "*" : " "}${ssid}`).join("\0");
}

export function unpacked(text: string): Network[] {
  return text === "" ? [] : text.split("\0").map(networkOf);
}

function networkOf(text: string): Network {
  const rssi = Number.parseInt(text, 10);
  const end = `${rssi}`.length;
  return { ssid: text.slice(end + 1), rssi, secured: text.charAt(end) === "*" };
}

/**
 * The driver does not always tell a network that refuses from one that is not there: the scan does. One that is not there
 * and has 5 GHz in its name is one that the radio cannot see: it has 2.4 GHz alone.
 */
export function explainJoin(failure: Failure, inRange: readonly Network[], ssid: string | undefined): Failure {
  if (failure.reason !== "wifi-not-found") return failure;
  if (inRange.some((network) => network.ssid === ssid)) return { ...failure, reason: "wifi-refused" };
  return is5GHz(ssid ?? "") ? { ...failure, reason: "wifi-5ghz" } : failure;
}

/** As routers name their second network: `Home_5G`, `Home 5 GHz`; not `2.5G` or `5Gold`. */
function is5GHz(ssid: string): boolean {
  return /(?:^|[^\d.])5 ?G(?:Hz)?(?![a-z\d])/i.test(ssid);
}
