/** A station among networks of the test's. */
import { host } from "../../mocks/moddable/host.js";
import { accessPointInterface, link, phones } from "../../mocks/moddable/link.js";
import { type Network, Radio, type RadioOptions } from "../../mocks/moddable/radio.js";
import { WiFiAdapter } from "../../modules/wifi/adapter.js";
import { fasterClock } from "./net-support.js";

/** The pause of three seconds becomes 150 ms. */
export const FASTER = 20;

export function switchOn(networks: Network[], options: RadioOptions = {}): WiFiAdapter {
  link.up = false;
  accessPointInterface.up = false;
  host.radio = new Radio({ ...options, networks });
  return new WiFiAdapter(fasterClock(FASTER), "ESP32-0001");
}

/** As sockets find the links where there is no radio. */
export function switchOff(): void {
  link.up = true;
  phones.up = true;
  accessPointInterface.up = true;
}
