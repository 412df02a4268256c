/** How the driver opens an access point beside the station, and when it is there. */
import FFI from "mc/ffi";
import SdkWiFi, { type AccessPointOptions } from "wifi";
import { type Clock, sleep } from "../clock/clock.js";
import type { AccessPoint } from "./wifi.js";

const STATION_AND_ACCESS_POINT = 3;
/** Some ten milliseconds; a driver that is calibrating its radio takes longer. */
const START_LIMIT_MS = 3_000;
/** The SDK does not tell of the event: the network interface is asked. */
const START_CHECK_MS = 20;

/** What the SDK's typings leave out. */
type ChipAccessPointOptions = AccessPointOptions & { station: boolean };

/**
 * Ends when the event of its start has been handled, which the driver does not wait for: before that there may be no
 * network interface, and the SDK's sockets throw "no network". Rejects with what the driver does not take, and where it
 * is not up in START_LIMIT_MS.
 */
export async function startAccessPoint(clock: Clock, { ssid, password }: AccessPoint): Promise<void> {
  // A password that is there counts, even undefined: the driver makes a text of it.
  const options: ChipAccessPointOptions = { ssid, station: true, ...(password && { password: password.reveal() }) };
  try {
    // Sets the mode itself, behind the network interface: the other way round the chip has no DHCP server.
    SdkWiFi.accessPoint(options);
  } catch {
    SdkWiFi.mode = STATION_AND_ACCESS_POINT; // the simulator wants it first
    SdkWiFi.accessPoint(options);
  }
  const ffi = new FFI(); // one for all looks: each makes all of its functions anew
  const endMs = clock.ticksMs() + START_LIMIT_MS;
  while (!ffi.access_point_up()) {
    if (clock.ticksMs() >= endMs) throw new Error("the access point does not start");
    await sleep(clock, START_CHECK_MS);
  }
}
