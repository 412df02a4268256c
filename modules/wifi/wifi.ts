import type { Result } from "../base/failure.js";
import type { Secret } from "../base/secret.js";

export interface Network {
  /** As text: what is no UTF-8 has escapes (name.ts). */
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
  /** For each try. */
  readonly timeoutMs: number;
  /** The access point that is asked for first, alone (`WiFi.bss`); empty: whichever of the name is the strongest. */
  readonly bss?: string;
  /** The station is associated; the address comes next. */
  onAssociated?(): void;
}

export interface ScanOptions {
  /** Listens only: an active scan drops the phones that are on the access point. */
  readonly passive: boolean;
  /** They are found however many stronger networks there are. */
  readonly known?: readonly KnownNetwork[];
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
   * Where the driver refuses, as it does while it joins, and where a join stops the scan: what the last one found.
   */
  scan(options: ScanOptions): Promise<Network[]>;
  /** What the last scan found. A new list each time: it is kept as a text. */
  readonly lastFound: Network[];
  /**
   * What fails at the access point of `bss` is tried at once with all of the name. Then a first association that fails is
   * tried once more after 3 s, one that the access point refuses three times more.
   * Ends with an IP address, or with the reason why there is none: `wifi-password`, `wifi-not-found`, `wifi-refused`,
   * `wifi-no-address`, `internal`; `wifi-lost` when `leave` or another join ended it.
   */
  join(options: JoinOptions): Promise<Result<void>>;
  /** Leaves the network, or gives up joining; nothing happens where there is none. A join under way ends with `wifi-lost`. */
  leave(): void;
  readonly joined: boolean;
  /** BSSID and channel of the access point that the station has joined, for the next `join`; empty where there is none. */
  readonly bss: string;
  /** Called when a joined network is lost; not for `leave`. */
  onLost: (() => void) | undefined;
  /**
   * Beside the station. Open, or with a WPA2 password of 8 to 63 characters. Ends when servers can be opened in its
   * network; rejects with what the driver does not take, and where it does not start: then it is to be closed.
   */
  openAccessPoint(options: AccessPoint): Promise<void>;
  /**
   * Dotted IPv4, of the access point that is open. It is another one than it was opened with where the station's network
   * has the same addresses: packets for its router would stay in the device.
   */
  readonly accessPointAddress: string;
  /**
   * Whether this is the address of somebody who has joined the access point: servers listen in the station's network,
   * too. While the access point is about to move it cannot be told, and everybody counts.
   */
  isGuest(address: string | undefined): boolean;
  /** Where the access point goes in a moment, and its phones have to follow; the join that is under way waits for it. */
  readonly nextAddress: string | undefined;
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
