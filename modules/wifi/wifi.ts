import type { Result } from "../base/failure.js";
import type { Secret } from "../base/secret.js";

export interface Network {
  readonly ssid: string;
  /** dBm */
  readonly rssi: number;
  readonly secured: boolean;
}

/** That the device has been set up for. */
export interface KnownNetwork {
  readonly ssid: string;
  /** Empty for an open network. */
  readonly password: Secret;
  /** No scan showed it when it was set up: it is tried by its name. */
  readonly hidden: boolean;
  /** Tried before all others; at most one is. */
  readonly preferred: boolean;
}

export interface JoinOptions {
  readonly ssid: string;
  readonly password: Secret;
  /** For each of the two tries. */
  readonly timeoutMs: number;
  /** The station is associated; the address comes next. */
  onAssociated?(): void;
}

export interface ScanOptions {
  /** Listens only: an active scan drops the phones that are on the access point. */
  readonly passive: boolean;
}

export interface AccessPoint {
  readonly ssid: string;
  readonly password: Secret | undefined;
  /** Dotted IPv4, of a network of 256 addresses. */
  readonly address: string;
}

export interface WiFi {
  /**
   * Networks in range, the strongest of each name, strongest first. Hidden ones have no name and are not among them.
   * Where the driver refuses, as it does while it joins: what the last scan found.
   */
  scan(options: ScanOptions): Promise<Network[]>;
  /** What the last scan found. A new list each time: it is kept as a text. */
  readonly lastFound: Network[];
  /**
   * A first association that fails is tried once more after 3 s. Ends with an IP address, or with the reason why there
   * is none: `wifi-password`, `wifi-not-found`, `wifi-no-address`, `internal`; `wifi-lost` when `leave` or another join
   * ended it.
   */
  join(options: JoinOptions): Promise<Result<void>>;
  /** Leaves the network, or gives up joining; nothing happens where there is none. A join under way ends with `wifi-lost`. */
  leave(): void;
  readonly joined: boolean;
  /** Called when a joined network is lost; not for `leave`. */
  onLost: (() => void) | undefined;
  /** Beside the station. Open, or with a WPA2 password of 8 to 63 characters. @throws what the driver does not take */
  openAccessPoint(options: AccessPoint): void;
  /** The chip keeps its access point up until the station's mode is set. */
  closeAccessPoint(): void;
  status(): WiFiStatus;
}

/** Of the station; empty or undefined where it is in no network. */
export interface WiFiStatus {
  readonly ssid: string;
  readonly address: string;
  /** dBm */
  readonly rssi: number | undefined;
  readonly channel: number | undefined;
}
