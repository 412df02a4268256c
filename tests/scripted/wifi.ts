import { failed, type Result, success } from "../../modules/base/failure.js";
import type { AccessPoint, JoinOptions, Network, ScanOptions, WiFi, WiFiStatus } from "../../modules/wifi/wifi.js";
import type { VirtualClock } from "./clock.js";
import type { Script } from "./script.js";

/** A radio that finds and joins what the script says. */
export class ScriptedWiFi implements WiFi {
  readonly scans: ScanOptions[] = [];
  readonly joins: { atMs: number; ssid: string }[] = [];
  accessPoint: string | undefined;
  onLost: (() => void) | undefined;
  lastFound: Network[] = [];
  accessPointAddress = "192.168.4.1";
  nextAddress: string | undefined;
  #clock: VirtualClock;
  #script: Script;
  #joined: string | undefined;
  /** A later join, or leaving, ends the one before. */
  #turn = 0;

  constructor(clock: VirtualClock, script: Script) {
    this.#clock = clock;
    this.#script = script;
  }

  get joined(): boolean {
    return this.#joined !== undefined;
  }

  get bss(): string {
    return this.joined ? "06021b00000001" : "";
  }

  scan({ passive }: ScanOptions): Promise<Network[]> {
    this.scans.push({ passive });
    return this.#clock.later(1_500, () => {
      this.lastFound = this.#script.networks;
      return this.lastFound;
    });
  }

  async join({ ssid, password, onAssociated }: JoinOptions): Promise<Result<void>> {
    const turn = ++this.#turn;
    this.#joined = undefined;
    const reason = await this.#clock.later(1_500, () => this.#script.join(ssid, password.reveal()));
    if (turn !== this.#turn) return failed("wifi-lost", ssid);
    this.joins.push({ atMs: this.#clock.ticksMs(), ssid });
    if (!reason || reason === "wifi-no-address") onAssociated?.();
    await this.#clock.later(500, () => undefined);
    if (turn !== this.#turn) return failed("wifi-lost", ssid);
    if (!reason) this.#joined = ssid;
    return reason ? failed(reason, ssid) : success(undefined);
  }

  leave(): void {
    this.#turn++;
    this.#joined = undefined;
  }

  lose(): void {
    this.#joined = undefined;
    this.onLost?.();
  }

  async openAccessPoint({ ssid, address }: AccessPoint): Promise<void> {
    this.accessPoint = ssid;
    this.accessPointAddress = address;
  }

  isGuest(address: string | undefined): boolean {
    return address?.startsWith("192.168.4.") === true;
  }

  closeAccessPoint(): void {
    this.accessPoint = undefined;
  }

  status(): WiFiStatus {
    return { ssid: this.#joined ?? "", address: "192.168.1.100", rssi: -65, channel: 6 };
  }
}
