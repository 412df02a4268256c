/** What the SDK's `wifi` has no way for: C of this folder's `esp32/`. In the simulator nothing of it does anything. */
import FFI from "mc/ffi";
import Net from "net";
import SdkWiFi from "wifi";
import { reportFault } from "../base/guard.js";
import type { Secret } from "../base/secret.js";
import { BSS_LENGTH } from "./bss.js";
import { bytesOf } from "./name.js";
import type { WiFiStatus } from "./wifi.js";

/** What the driver gives its access point. */
export const DRIVERS_ADDRESS = "192.168.4.1";
/** No network of a router has both. */
const SPARE_ADDRESS = "172.31.4.1";
/** `wifi_err_reason_t` (esp_wifi_types_generic.h), as the others: WIFI_REASON_ASSOC_LEAVE. */
const LEFT = 8;
/** There is no access point of the name, or none of this security. */
const NOT_FOUND: readonly number[] = Object.freeze([201, 210, 211, 212]);

/** What the SDK's typings leave out. */
interface ChipNet {
  get(what: "IP", which: "station"): string | undefined;
  get(what: "CHANNEL"): number | undefined;
}

/** Before the radio is switched on: the driver's own listener must not be told first. */
export function watchStation(): void {
  check("station_watch", new FFI().station_watch());
}

/** What DHCP is told, a name for the router's list, and asked beside an address: time servers. @param name at most 32 characters */
export function prepareDhcp(name: string): void {
  check("station_dhcp", new FFI().station_dhcp(name));
}

/**
 * Begins to join a network; the driver's events follow. The SDK takes no name that is no text, and looks for all of the
 * name on all channels.
 * @param bss `currentBss` of an earlier join: that access point alone; empty: the strongest of the name
 * @throws what the driver does not take
 */
export function connectTo(ssid: string, password: Secret, bss: string): void {
  const name = bytesOf(ssid) ?? (bss ? new Uint8Array(ArrayBuffer.fromString(ssid)) : undefined);
  if (!name) {
    SdkWiFi.connect({ ssid, ...(!password.isEmpty && { password: password.reveal() }) });
    return;
  }
  SdkWiFi.disconnect(); // the SDK keeps why the last network was lost until then
  const error = new FFI().station_join(name.buffer, name.length, password.reveal(), bss);
  if (error) throw new Error(`the driver does not take this network: ${error}`);
}

/** Channel and BSSID of the access point that the station is at; empty where it is at none. */
export function currentBss(): string {
  const text = new ArrayBuffer(BSS_LENGTH);
  return new FFI().station_bss(text, BSS_LENGTH) ? String.fromArrayBuffer(text) : "";
}

/** @param ssid of the network that was joined */
export function stationStatus(ssid: string | undefined): WiFiStatus {
  const net = Net as unknown as ChipNet;
  return {
    ssid: ssid ?? "",
    // Without the name of the interface the chip has no answer while its access point is up.
    address: net.get("IP", "station") ?? "",
    rssi: Net.get("RSSI"),
    // The radio's, which is on some channel without a network, too.
    channel: ssid === undefined ? undefined : net.get("CHANNEL"),
  };
}

/** The last disconnection was the station's own doing. */
export function hasLeft(): boolean {
  return new FFI().station_reason() === LEFT;
}

/** The last disconnection was an access point's doing: it was there, and did not want the station now. */
export function wasRefused(): boolean {
  const reason = new FFI().station_reason();
  return reason > 0 && !NOT_FOUND.includes(reason);
}

/** @returns the access point's address, or another one where the station's network has it */
export function freeAddress(address: string): string {
  if (!isInStationsNetwork(address)) return address;
  return isInStationsNetwork(SPARE_ADDRESS) ? DRIVERS_ADDRESS : SPARE_ADDRESS;
}

/**
 * Whether an address is in the network of the access point with the other one. The station's network with the same
 * addresses is a mistake, or somebody's trick: then nobody's is.
 */
export function isBehind(accessPoint: string, address: string | undefined): boolean {
  const network = accessPoint.slice(0, accessPoint.lastIndexOf(".") + 1);
  return address?.startsWith(network) === true && !isInStationsNetwork(accessPoint);
}

/** The phones have to join again: their addresses are of the network before. */
export function moveAccessPoint(address: string): void {
  const error = new FFI().access_point_address(...octetsOf(address));
  if (error) throw new Error(`the access point does not take its address: ${error}`);
}

/** @param address dotted IPv4: whether the station's network has some of the 256 around it */
function isInStationsNetwork(address: string): boolean {
  return new FFI().station_overlaps(...octetsOf(address)) !== 0;
}

function octetsOf(address: string): [number, number, number, number] {
  return address.split(".").map(Number) as [number, number, number, number];
}

function check(what: string, error: number): void {
  if (error) reportFault("wifi", new Error(`${what}: ${error}`));
}
