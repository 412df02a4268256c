import SdkWiFi, { type ScanOptions as SdkScanOptions, type WiFiScanCallback } from "wifi";
import { guarded } from "../base/guard.js";
import type { Clock } from "../clock/clock.js";
import { nameOf } from "./name.js";
import { addFound } from "./scan.js";
import type { Network, ScanOptions } from "./wifi.js";

/** A scan that never ends must not keep the portal closed. A passive one listens 360 ms on each of 13 channels. */
const SCAN_LIMIT_MS = 10_000;

/** What the SDK's typings leave out. */
type ChipScanOptions = SdkScanOptions & { active: boolean };

/** @returns one entry for each name, in no order; undefined where the driver refuses */
export function scanOnce(clock: Clock, { passive, known }: ScanOptions): Promise<Network[] | undefined> {
  return new Promise((resolve) => {
    const found: Network[] = [];
    const timer = clock.after(SCAN_LIMIT_MS, () => {
      resolve(found);
      guarded("wifi", () => (SdkWiFi as unknown as { scan(): void }).scan())(); // ends it: the next one would be refused
    });
    const end = (result?: Network[]) => {
      clock.cancel(timer);
      resolve(result);
    };
    const item: WiFiScanCallback = (network) => {
      if (!network) end(found);
      else if (network.ssid) {
        const { rssi, authentication } = network;
        const ssid = nameOf(network.ssid, new Uint8Array(ArrayBuffer.fromString(network.ssid)));
        addFound(found, { ssid, rssi, secured: authentication !== "none" }, known);
      }
    };
    const options: ChipScanOptions = { active: !passive };
    guarded(
      "wifi",
      () => SdkWiFi.scan(options, guarded("wifi", item)),
      () => end(),
    )();
  });
}
