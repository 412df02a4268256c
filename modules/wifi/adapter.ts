import Net from "net";
import SdkWiFi from "wifi";
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
/** A scan that never ends (no event from the driver) must not keep the portal closed. */
const SCAN_TIMEOUT_MS = 10_000;
const STATION = 1;
const STATION_AND_ACCESS_POINT = 3;

/** The SDK's classic `wifi`: the ECMA-419 one has no access point. */
export class WiFiAdapter implements WiFi {
  onLost: (() => void) | undefined;
  #clock: Clock;
  #seen: Network[] = [];
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

  scan(): Promise<Network[]> {
    return new Promise((resolve) => {
      const found: Network[] = [];
      const done = () => {
        cancel();
        this.#seen = strongest(found);
        resolve(this.#seen);
      };
      const cancel = this.#clock.after(SCAN_TIMEOUT_MS, done);
      guarded(
        "wifi",
        () => {
          SdkWiFi.scan(
            {},
            guarded("wifi", (item) => {
              if (!item) done();
              else if (item.ssid)
                found.push({ ssid: item.ssid, rssi: item.rssi, secured: item.authentication !== "none" });
            }),
          );
        },
        done,
      )();
    });
  }

  async join(ssid: string, password: Secret, timeoutMs: number): Promise<Result<void>> {
    const endMs = this.#clock.ticksMs() + timeoutMs;
    let reason = await this.#attempt(ssid, password, timeoutMs);
    for (let left = REJOIN_PAUSE_MS; reason && left > 0; ) {
      left = endMs - this.#clock.ticksMs() - REJOIN_PAUSE_MS;
      if (left <= 0) break;
      await sleep(this.#clock, REJOIN_PAUSE_MS);
      const wasPassword = reason === "wifi-password";
      reason = await this.#attempt(ssid, password, left);
      if (wasPassword && reason === "wifi-password") break; // twice is no accident
    }
    if (!reason) return success(undefined);
    SdkWiFi.disconnect();
    return failed(reason, ssid);
  }

  openAccessPoint(ssid: string): void {
    SdkWiFi.mode = STATION_AND_ACCESS_POINT;
    const options = { ssid, station: true };
    SdkWiFi.accessPoint(options);
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
      const cancel: Cancel = this.#clock.after(timeoutMs, () =>
        end(associated ? "wifi-no-address" : this.#whyNot(ssid)),
      );
      this.#joining = (event, code) => {
        if (event === SdkWiFi.connected) associated = true;
        else if (event === SdkWiFi.gotIP) end();
        else if (event === SdkWiFi.disconnected)
          end(code === CODE_AUTHENTICATION ? "wifi-password" : this.#whyNot(ssid));
      };
      guarded(
        "wifi",
        () => SdkWiFi.connect({ ssid, ...(!password.isEmpty && { password: password.reveal() }) }),
        () => end("internal"),
      )();
    });
  }

  /** The driver does not say: what the last scan saw is the best guess. */
  #whyNot(ssid: string): Reason {
    return this.#seen.some((network) => network.ssid === ssid) ? "wifi-refused" : "wifi-not-found";
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
