import Net from "net";
import SdkWiFi, { type WiFiScanCallback } from "wifi";
import { type Cancel, type Clock, sleep } from "../clock/clock.js";
import { failed, type Reason, type Result, success } from "../failure/failure.js";
import { guarded } from "../guard/guard.js";
import type { Secret } from "../secret/secret.js";
import { strongest } from "./scan.js";
import type { Network, WiFi } from "./wifi.js";

/** The driver says this of a failed four-way handshake (xs6wifi.c): the password. */
const CODE_AUTHENTICATION = -1;
/** A first association often fails once (status 30 with a comeback time): wait and try again. */
const REJOIN_PAUSE_MS = 3_000;
/** Once can be an accident of the radio. */
const MAX_REFUSALS = 2;
/** The driver needs a moment after it left a network. */
const RESCAN_PAUSE_MS = 1_000;
/** Access points that are looked at: a name can have several. */
const MAX_FOUND = 60;
/** A scan that never ends (no event from the driver) must not keep the portal closed. */
const SCAN_TIMEOUT_MS = 10_000;
const STATION = 1;
const STATION_AND_ACCESS_POINT = 3;

/** The SDK's classic `wifi`: the ECMA-419 one has no access point. */
export class WiFiAdapter implements WiFi {
  onLost: (() => void) | undefined;
  #clock: Clock;
  #joined = false;
  #joining: ((event: string, code: number) => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
    SdkWiFi.mode = STATION;
    new SdkWiFi(
      undefined,
      guarded("wifi", (event: string, code?: number) => this.#event(event, code ?? 0)),
    );
  }

  get joined(): boolean {
    return this.#joined;
  }

  async scan(): Promise<Network[]> {
    // Right after a failed join the driver may refuse a scan: once more then.
    const found = (await this.#scanOnce()) ?? (await sleep(this.#clock, RESCAN_PAUSE_MS).then(() => this.#scanOnce()));
    return strongest(found ?? []);
  }

  /** @returns undefined where the driver refuses */
  #scanOnce(): Promise<Network[] | undefined> {
    return new Promise((resolve) => {
      const found: Network[] = [];
      const cancel = this.#clock.after(SCAN_TIMEOUT_MS, () => resolve(found));
      const end = (result?: Network[]) => {
        cancel();
        resolve(result);
      };
      const item: WiFiScanCallback = (network) => {
        if (!network) end(found);
        else if (network.ssid && found.length < MAX_FOUND) {
          const { ssid, rssi, authentication } = network;
          found.push({ ssid, rssi, secured: authentication !== "none" });
        }
      };
      guarded(
        "wifi",
        () => SdkWiFi.scan({}, guarded("wifi", item)),
        () => end(),
      )();
    });
  }

  async join(ssid: string, password: Secret, timeoutMs: number): Promise<Result<void>> {
    const endMs = this.#clock.ticksMs() + timeoutMs;
    for (let refusals = 0; ; ) {
      const reason = await this.#attempt(ssid, password, endMs - this.#clock.ticksMs());
      if (!reason) return success(undefined);
      if (reason === "wifi-password") refusals++;
      const isLate = this.#clock.ticksMs() + REJOIN_PAUSE_MS >= endMs;
      if (isLate || refusals === MAX_REFUSALS) {
        SdkWiFi.disconnect();
        return failed(reason, ssid);
      }
      await sleep(this.#clock, REJOIN_PAUSE_MS);
    }
  }

  openAccessPoint(ssid: string): void {
    const options = { ssid, station: true };
    try {
      // Sets the mode itself, behind the network interface: the other way round the chip has no DHCP server.
      SdkWiFi.accessPoint(options);
    } catch {
      SdkWiFi.mode = STATION_AND_ACCESS_POINT; // the simulator wants it first
      SdkWiFi.accessPoint(options);
    }
  }

  closeAccessPoint(): void {
    SdkWiFi.mode = STATION;
  }

  status(): { address: string; rssi: number | undefined } {
    return { address: Net.get("IP") ?? "", rssi: Net.get("RSSI") };
  }

  /** @returns undefined when joined */
  #attempt(ssid: string, password: Secret, timeoutMs: number): Promise<Reason | undefined> {
    return new Promise((resolve) => {
      let associated = false;
      const end = (reason?: Reason) => {
        cancel();
        this.#joining = undefined;
        resolve(reason);
      };
      const cancel: Cancel = this.#clock.after(timeoutMs, () => end(associated ? "wifi-no-address" : "wifi-not-found"));
      this.#joining = (event, code) => {
        if (event === SdkWiFi.connected) associated = true;
        else if (event === SdkWiFi.gotIP) end();
        else if (event === SdkWiFi.disconnected) end(code === CODE_AUTHENTICATION ? "wifi-password" : "wifi-not-found");
      };
      guarded(
        "wifi",
        () => SdkWiFi.connect({ ssid, ...(!password.isEmpty && { password: password.reveal() }) }),
        () => end("internal"),
      )();
    });
  }

  #event(event: string, code: number): void {
    if (event === SdkWiFi.gotIP) this.#joined = true;
    if (event === SdkWiFi.disconnected || event === SdkWiFi.lostIP) {
      const wasJoined = this.#joined;
      this.#joined = false;
      if (wasJoined && !this.#joining) this.onLost?.();
    }
    this.#joining?.(event, code);
  }
}
