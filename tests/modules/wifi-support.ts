/** A station among networks of the test's. */
import { host } from "../../mocks/moddable/host.js";
import { link, phones } from "../../mocks/moddable/link.js";
import { type Network, Radio } from "../../mocks/moddable/radio.js";
import { WiFiAdapter } from "../../modules/wifi/adapter.js";
import { fasterClock } from "./net-support.js";

/** The pause of three seconds becomes 150 ms. */
export const FASTER = 20;

export function switchOn(networks: Network[]): WiFiAdapter {
  link.up = false;
  host.radio = new Radio({ networks });
  return new WiFiAdapter(fasterClock(FASTER), "ESP32-0001");
}

/** As sockets find the links where there is no radio. */
export function switchOff(): void {
  link.up = true;
  phones.up = true;
}
