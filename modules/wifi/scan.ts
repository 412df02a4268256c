import type { Failure } from "../base/failure.js";
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

/** As one text, which takes a slot where the list takes four for each network. No name has a NUL (`isReadable`). */
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

/** The SDK does not tell a network that refuses from one that is not there: the scan does. */
export function explainJoin(failure: Failure, inRange: readonly Network[], ssid: string | undefined): Failure {
  const seen = inRange.some((network) => network.ssid === ssid);
  return failure.reason === "wifi-not-found" && seen ? { ...failure, reason: "wifi-refused" } : failure;
}

/**
 * Whether a name of the driver's is UTF-8 (RFC 3629 §4). An SSID is any 32 bytes, and the driver makes a string of them
 * as they are: XS then reads past the end of one that stops within a character (fxUTF8Decode; JSON.stringify goes on
 * into foreign memory). Such a name is left out: what a page sends back of it would not be these bytes, so that nobody
 * could join it anyway. Nothing else may look at the name before.
 */
export function isReadable(name: string): boolean {
  const bytes = new Uint8Array(ArrayBuffer.fromString(name));
  for (let position = 0; position < bytes.length; ) {
    const length = characterLength(bytes, position);
    if (length === 0) return false;
    position += length;
  }
  return true;
}

/** @returns 0 where no character begins, and for NUL, which no form takes */
function characterLength(bytes: Uint8Array, position: number): number {
  const lead = bytes[position]!;
  if (lead < 0x80) return lead ? 1 : 0;
  const length = lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
  for (let offset = 1; offset < length; offset++) {
    if (((bytes[position + offset] ?? 0) & 0xc0) !== 0x80) return 0;
  }
  const second = bytes[position + 1] ?? 0;
  const isOverlong = (lead === 0xe0 && second < 0xa0) || (lead === 0xf0 && second < 0x90);
  const isBeyond = (lead === 0xed && second > 0x9f) || (lead === 0xf4 && second > 0x8f); // surrogates; over U+10FFFF
  return isOverlong || isBeyond ? 0 : length;
}
