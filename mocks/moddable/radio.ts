/**
 * The Wi-Fi radio under `wifi` and `net`: which networks there are, whether the station has joined one, and the driver's
 * events in the chip's order (modules/network/wifi/esp32/xs6wifi.c).
 */
import { link } from "./link.js";
import { post } from "./machine.js";

export interface Network {
  ssid: string;
  /** None: an open network. */
  password?: string;
  /** dBm, negative. */
  rssi?: number;
  /** 1..13 */
  channel?: number;
}

export interface RadioOptions {
  /** The networks in reach. Left out: made-up ones. */
  networks?: Network[];
  /** Any name joins with any password but `invalid!`, as in the SDK's simulator. Default: when no networks are given. */
  open?: boolean;
  /** False: nothing is in reach, as after the command "drop". Default: true. */
  inReach?: boolean;
}

export type RadioMessage = "start" | "connect" | "gotIP" | "disconnect";
export type RadioEvent = (message: RadioMessage, code?: number) => void;

/** What the parent of a virtual device may do to the radio. */
export type RadioCommand = { command: "drop" } | { command: "restore" } | { command: "removeNetwork"; ssid: string };

export const mode = { off: -5, none: 0, station: 1, accessPoint: 2, both: 3 } as const;
export type Mode = (typeof mode)[keyof typeof mode];

const scanMs = 30;
const associateMs = 30;
const addressMs = 20;
/** The driver tries a name or password several times before it says no. */
const refuseMs = 60;
const refusedPassword = "invalid!";
/** The code of "disconnect" when a password was refused. */
const badPassword = -1;

const inventedNetworks: Network[] = [
  { ssid: "Harbour Office", password: "lighthouse", rssi: -48, channel: 6 },
  { ssid: "Workshop", password: "left-handed", rssi: -61, channel: 11 },
  { ssid: "Workshop", password: "left-handed", rssi: -77, channel: 1 },
  { ssid: "Café Möwe", rssi: -70, channel: 3 },
  { ssid: "Upstairs 2.4", password: "no entrance", rssi: -83, channel: 9 },
];

export class Radio {
  #networks: Network[];
  #open: boolean;
  #inReach: boolean;
  #mode: Mode = mode.off;
  #joined: Network | undefined;
  #connected = false;
  #attempt: NodeJS.Timeout | undefined;
  #events = new Set<RadioEvent>();
  #reason = 0;

  constructor(options: RadioOptions = {}) {
    this.#networks = structuredClone(options.networks ?? inventedNetworks);
    this.#open = options.open ?? options.networks === undefined;
    this.#inReach = options.inReach ?? true;
  }

  get mode(): Mode {
    return this.#mode;
  }

  set mode(next: Mode) {
    const hadStation = this.hasStation;
    this.#mode = next;
    if (!this.hasStation) this.disconnect();
    else if (!hadStation) this.#emit("start");
  }

  get hasStation(): boolean {
    return (this.#mode & mode.station) !== 0 && this.#mode !== mode.off;
  }

  /** The network whose address the station has. */
  get network(): Network | undefined {
    return this.#connected ? this.#joined : undefined;
  }

  get joining(): boolean {
    return this.#attempt !== undefined;
  }

  subscribe(event: RadioEvent): () => void {
    this.#events.add(event);
    return () => this.#events.delete(event);
  }

  /** The networks in reach, the strongest first, after as long as a scan takes. Returns what cancels it. */
  scan(done: (networks: Network[]) => void): () => void {
    const timeout = setTimeout(() => {
      const found = this.#inReach ? this.#networks.toSorted((a, b) => (b.rssi ?? 0) - (a.rssi ?? 0)) : [];
      post(() => done(found));
    }, scanMs);
    return () => clearTimeout(timeout);
  }

  /** Starts joining. */
  join(ssid: string, password: string): void {
    this.disconnect(true);
    const found = this.#find(ssid, password);
    if (typeof found === "object") this.#attempt = setTimeout(() => this.#associated(found), associateMs);
    else this.#attempt = setTimeout(() => this.#lost(found), refuseMs);
  }

  /** Leaves the network; an event follows when it had joined one, unless it is about to join another. */
  disconnect(toJoinAnother = false): void {
    const had = this.#leave();
    this.#reason = 0;
    if (had && !toJoinAnother) this.#emit("disconnect", 0);
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
      case "removeNetwork":
        this.#networks = this.#networks.filter(({ ssid }) => ssid !== command.ssid);
        this.#open = false;
        if (this.#joined?.ssid === command.ssid) this.#abandon();
        break;
    }
  }

  /** The network, or the reason why it cannot be joined. */
  #find(ssid: string, password: string): Network | number {
    if (!this.#inReach) return 0;
    if (this.#open) return password === refusedPassword ? badPassword : this.#pretend(ssid);
    const network = this.#networks.find((one) => one.ssid === ssid);
    // An open network where a password was given, or the other way round, is passed over, as if it were not there.
    if (!network || (network.password === undefined) !== (password === "")) return 0;
    return (network.password ?? "") === password ? network : badPassword;
  }

  #pretend(ssid: string): Network {
    return this.#networks.find((one) => one.ssid === ssid) ?? { ssid, rssi: -55, channel: 6 };
  }

  #associated(network: Network): void {
    this.#joined = network;
    this.#emit("connect");
    this.#attempt = setTimeout(() => {
      this.#attempt = undefined;
      this.#connected = true;
      link.up = true;
      this.#emit("gotIP");
    }, addressMs);
  }

  #abandon(): void {
    if (this.#joined || this.#attempt) this.#lost(0);
  }

  #lost(reason: number): void {
    this.#leave();
    if (reason !== 0) this.#reason = reason;
    this.#emit("disconnect", this.#reason);
  }

  #leave(): boolean {
    const had = this.#joined !== undefined;
    clearTimeout(this.#attempt);
    this.#attempt = undefined;
    this.#joined = undefined;
    if (this.#connected) link.up = false;
    this.#connected = false;
    return had;
  }

  /** Events reach the device in a later turn, as messages to the machine do. */
  #emit(message: RadioMessage, code?: number): void {
    post(() => {
      for (const event of [...this.#events]) event(message, code);
    });
  }
}
