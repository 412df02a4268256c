import SdkWiFi, { type ScanOptions as SdkScanOptions, type WiFiScanCallback } from "wifi";
import { guarded } from "../base/guard.js";
import { type Clock, sleep } from "../clock/clock.js";
import { nameOf } from "./name.js";
import { addFound, packed, unpacked } from "./scan.js";
import type { Network, ScanOptions } from "./wifi.js";

/** A scan that never ends must not keep the portal closed. A passive one listens 360 ms on each of 13 channels. */
const SCAN_LIMIT_MS = 10_000;
/** The driver needs a moment after it left a network, and to tell of a stop: the SDK would take it for the next scan's end. */
const RESCAN_PAUSE_MS = 1_000;

/** What the SDK's typings leave out. */
type ChipScanOptions = SdkScanOptions & { active: boolean };

/** What of the adapter scans: one scan at a time, and what the last one found. */
export class ScanAdapter {
  protected clock: Clock;
  private scanning: Promise<Network[]> | undefined;
  private _lastFound = "";
  /**
   * Of the scan under way. To be called before a network is joined: the driver would stop it itself, and the SDK would
   * tell that as the end of a scan that has found nothing.
   */
  protected stopScan: (() => void) | undefined;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  get lastFound(): Network[] {
    return unpacked(this._lastFound);
  }

  scan(options: ScanOptions): Promise<Network[]> {
    this.scanning ??= this.scanInTurn(options).finally(() => {
      this.scanning = undefined;
    });
    return this.scanning;
  }

  private async scanInTurn(options: ScanOptions): Promise<Network[]> {
    let found = await this.scanOnce(options);
    if (!found) {
      await sleep(this.clock, RESCAN_PAUSE_MS);
      found = await this.scanOnce(options);
    }
    if (!found) return this.lastFound;
    found.sort((a, b) => b.rssi - a.rssi);
    this._lastFound = packed(found);
    return found;
  }

  /** @returns one entry for each name, in no order; undefined where the driver refuses, or the scan was stopped */
  private scanOnce({ passive, known }: ScanOptions): Promise<Network[] | undefined> {
    return new Promise((resolve) => {
      const found: Network[] = [];
      const end = (result?: Network[]) => {
        this.clock.cancel(timer);
        this.stopScan = undefined;
        resolve(result);
      };
      const stop = () => {
        end();
        try {
          (SdkWiFi as unknown as { scan(): void }).scan(); // the next one would be refused
        } catch {
          // the simulator's cannot be stopped
        }
      };
      const timer = this.clock.after(SCAN_LIMIT_MS, stop);
      this.stopScan = stop;
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
}
