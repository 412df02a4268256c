import type { Result } from "../failure/failure.js";
import type { Secret } from "../secret/secret.js";

export interface Network {
  readonly ssid: string;
  /** dBm */
  readonly rssi: number;
  readonly secured: boolean;
}

export interface WiFi {
  /** Networks in range, the strongest of each name, strongest first. */
  scan(): Promise<Network[]>;
  /** Ends with an IP address, or with the reason why there is none. */
  join(ssid: string, password: Secret, timeoutMs: number): Promise<Result<void>>;
  readonly joined: boolean;
  /** Called when a joined network is lost. */
  onLost: (() => void) | undefined;
  /** Open network of its own, beside the station. */
  openAccessPoint(ssid: string): void;
  /** The chip keeps its access point up until the station's mode is set. */
  closeAccessPoint(): void;
  /** Of the station. */
  status(): { readonly address: string; readonly rssi: number | undefined };
}
