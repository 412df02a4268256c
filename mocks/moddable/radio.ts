/**
 * The Wi-Fi radio under `wifi` and `net`: whether the station has joined a network, and the driver's events in the
 * chip's order (modules/network/wifi/esp32/xs6wifi.c).
 */
import { AccessPoint } from "./access-point.js";
import { xsBytes } from "./buffers.js";
import { link } from "./link.js";
import { post } from "./machine.js";
import {
  type Bss,
  CHANNELS,
  channelOf,
  codeOf,
  type Network,
  Networks,
  overlaps,
  type RadioOptions,
  reasons,
} from "./networks.js";
import { count } from "./usage.js";

export type { Network, RadioOptions } from "./networks.js";

export type RadioMessage = "start" | "connect" | "gotIP" | "disconnect";
export type RadioEvent = (message: RadioMessage, code?: number) => void;

/** What the parent of a virtual device may do to the radio. */
export type RadioCommand =
  | { command: "drop" }
  | { command: "restore" }
  /** The access point sends the station away, with the reason that the station itself leaves with. */
  | { command: "kick" }
  | { command: "addNetwork"; network: Network }
  | { command: "removeNetwork"; ssid: string };

export const mode = { off: -5, none: 0, station: 1, accessPoint: 2, both: 3 } as const;
export type Mode = (typeof mode)[keyof typeof mode];

/**
 * How long the chip listens on each channel (ESP-IDF's guide, "Wi-Fi Driver", `scan_time`), and where it looks for one
 * access point alone (modules/wifi/esp32/station.c).
 */
export const CHANNEL_MS = { active: 120, passive: 360, quick: 70 } as const;
/** So much faster than the chip. */
const faster = 50;
const scanMs = (channels: number, kind: keyof typeof CHANNEL_MS) => channels * CHANNEL_MS[kind];
const associateMs = 10;
const addressMs = 20;
/** The driver takes longer to say no than to say yes. */
const refuseMs = 60;
const channelChangeMs = 300;
/** Of the access point. */
const startMs = 5;

export class Radio {
  readonly accessPoint: AccessPoint;
  /** What the network's DNS knows of its own. */
  readonly names: Readonly<Record<string, string>>;
  /** The station's, as the router lists it. */
  hostName = "espressif";
  #networks: Networks;
  #inReach: boolean;
  #leaveMs: number;
  #mode: Mode = mode.off;
  #joined: Network | undefined;
  #connected = false;
  #attempt: NodeJS.Timeout | undefined;
  #stopScan: (() => void) | undefined;
  #events = new Set<RadioEvent>();
  #reason = 0;
  /** What the driver makes of the reason; it stays at -1 until the next `connect`. */
  #code = 0;

  constructor(options: RadioOptions = {}) {
    this.#networks = new Networks(options);
    this.#inReach = options.inReach ?? true;
    this.#leaveMs = options.leaveMs ?? 0;
    this.names = options.names ?? {};
    this.accessPoint = new AccessPoint(options.channelChangeMs ?? channelChangeMs, options.accessPointStart ?? startMs);
  }

  get mode(): Mode {
    return this.#mode;
  }

  set mode(next: Mode) {
    const hadStation = this.hasStation;
    this.#mode = next;
    if (!this.hasAccessPoint) this.accessPoint.close();
    if (!this.hasStation) this.disconnect();
    else if (!hadStation) this.#emit("start");
  }

  get hasStation(): boolean {
    return (this.#mode & mode.station) !== 0 && this.#mode !== mode.off;
  }

  get hasAccessPoint(): boolean {
    return (this.#mode & mode.accessPoint) !== 0 && this.#mode !== mode.off;
  }

  /** The network whose address the station has. */
  get network(): Network | undefined {
    return this.#connected ? this.#joined : undefined;
  }

  /** The access point that the station is at, with an address or without one yet. */
  get at(): Network | undefined {
    return this.#joined;
  }

  /** To join a network. */
  get isFree(): boolean {
    return this.hasStation && !this.#joined && !this.#attempt;
  }

  get joining(): boolean {
    return this.#attempt !== undefined;
  }

  /** `wifi_err_reason_t` of the last disconnection. */
  get reason(): number {
    return this.#reason;
  }

  /** The station's network has addresses of the 256 around this one. */
  overlaps(address: string): boolean {
    return this.network !== undefined && overlaps(this.network, address);
  }

  moveAccessPoint(address: string): void {
    this.accessPoint.move(address);
    this.#route();
  }

  subscribe(event: RadioEvent): () => void {
    this.#events.add(event);
    return () => this.#events.delete(event);
  }

  /**
   * The access points in reach, the strongest first, after as long as a scan takes; none where it is stopped before. The
   * task of the driver's events calls `done`, in no turn of the device's.
   */
  scan(active: boolean, done: (networks: Network[]) => void): void {
    const durationMs = scanMs(CHANNELS, active ? "active" : "passive") / faster;
    if (active) this.accessPoint.drop(durationMs);
    const timeout = setTimeout(() => {
      this.#stopScan = undefined;
      done(this.#inReach ? this.#networks.all : []);
    }, durationMs);
    this.#stopScan = () => {
      clearTimeout(timeout);
      setTimeout(done, 0, []);
    };
  }

  /** The driver tells of it as of one that has come to its end. */
  stopScan(): void {
    this.#stopScan?.();
    this.#stopScan = undefined;
  }

  /**
   * Starts joining, from nothing: looks for the network, or for one access point of it alone. The station goes to the
   * network's channel also when it is refused there; a name that is not in reach it looks for on all channels. A scan
   * that is under way ends (esp_wifi.h, `esp_wifi_connect`).
   */
  join(ssid: string | Uint8Array, password: string, bss?: Bss): void {
    this.stopScan();
    const name = typeof ssid === "string" ? xsBytes(ssid) : ssid;
    const [network, channels] = this.#inReach ? this.#networks.find(name, bss) : [undefined, CHANNELS];
    const searchMs = scanMs(channels, bss ? "quick" : "active");
    count("searchMs", searchMs);
    const refusal = network ? this.#networks.refusal(network, password) : reasons.notFound;
    if (network) this.accessPoint.follow(channelOf(network));
    else this.accessPoint.drop(refuseMs);
    if (network && refusal === undefined)
      this.#attempt = setTimeout(() => this.#associated(network), searchMs / faster + associateMs);
    else this.#attempt = setTimeout(() => this.#lost(refusal!), refuseMs);
  }

  /**
   * Leaves the network, or ends the attempt; the event of it comes later, with a join that was asked for in the same
   * turn after that: the driver's own retries, which would hide it, are off (modules/wifi/manifest.json).
   */
  disconnect(): void {
    const had = this.#leave();
    this.#code = 0;
    this.accessPoint.follow(undefined);
    if (!had) return;
    if (!this.#leaveMs) this.#hasLeft();
    else setTimeout(() => this.#hasLeft(), this.#leaveMs);
  }

  #hasLeft(): void {
    this.#reason = reasons.left;
    this.#emit("disconnect");
  }

  command(command: RadioCommand): void {
    switch (command.command) {
      case "drop":
        this.#inReach = false;
        this.#abandon();
        break;
      case "restore":
        this.#inReach = true;
        break;
      case "kick":
        this.#abandon(reasons.left);
        break;
      case "addNetwork":
        this.#networks.add(command.network);
        break;
      case "removeNetwork":
        this.#networks.remove(command.ssid);
        if (this.#joined?.ssid === command.ssid) this.#abandon();
        break;
    }
  }

  #associated(network: Network): void {
    this.#attempt = undefined;
    this.#joined = network;
    this.#emit("connect");
    if (network.noAddress) return;
    this.#attempt = setTimeout(() => {
      this.#attempt = undefined;
      this.#connected = true;
      this.#route();
      link.up = true;
      this.#emit("gotIP");
    }, addressMs);
  }

  #abandon(reason: number = reasons.lost): void {
    if (this.#joined || this.#attempt) this.#lost(reason);
  }

  #lost(reason: number): void {
    this.#leave();
    this.accessPoint.follow(undefined);
    this.#reason = reason;
    this.#code ||= codeOf(reason);
    this.#emit("disconnect");
  }

  /** A router whose addresses the access point has, too, is not to be found: the packets stay on the board. */
  #route(): void {
    const network = this.network;
    if (!network) return;
    const isInTheWay = this.hasAccessPoint && overlaps(network, this.accessPoint.address);
    link.internet = (network.internet ?? true) && !isInTheWay;
  }

  #leave(): boolean {
    const had = this.#joined !== undefined || this.#attempt !== undefined;
    clearTimeout(this.#attempt);
    this.#attempt = undefined;
    this.#joined = undefined;
    if (this.#connected) link.up = false;
    this.#connected = false;
    return had;
  }

  /** Events reach the device in a later turn, as messages to the machine do; the code is what it is by then. */
  #emit(message: RadioMessage): void {
    post(() => {
      const code = message === "disconnect" ? this.#code : undefined;
      for (const event of [...this.#events]) event(message, code);
    });
  }
}
