/** The networks around the virtual device, and whether they take the station. */
import { xsBytes } from "./buffers.js";

export interface Network {
  /** Up to 32 bytes. U+DC80 to U+DCFF stand for bytes that are not UTF-8. */
  ssid: string;
  /** None: an open network. */
  password?: string;
  /** dBm, negative. */
  rssi?: number;
  /** 1..13 */
  channel?: number;
  /** `02:1B:…`. Left out: made of name and channel, so that it stays the same from scan to scan. */
  bssid?: string;
  /** Has no name in scans; joins by name. */
  hidden?: boolean;
  /** So many first associations are refused, as by a busy access point (status 17 or 30). */
  refuseFirst?: number;
  /** Associates, but no DHCP server answers. */
  noAddress?: boolean;
  /** False: there is an address, but no name resolves and nothing answers. */
  internet?: boolean;
  /** Of the router, `192.168.4.0/22`: where the device's access point has some of it, nothing comes through. */
  subnet?: string;
  /** That DHCP names (option 42), IPv4. */
  timeServers?: string[];
}

/** Of one access point. */
export interface Bss {
  readonly channel: number;
  /** 6 bytes */
  readonly bssid: Uint8Array;
}

/**
 * When the event of the access point's start is handled: before the driver's call returns, in the turn after it, or so
 * many milliseconds later. Which of them it is depends on the task that was quicker.
 */
export type AccessPointStart = "before" | "at" | number;

export interface RadioOptions {
  /** The networks in reach. Left out: made-up ones. */
  networks?: Network[];
  /** Any name joins with any password but `invalid!`, as in the SDK's simulator. Default: when no networks are given. */
  open?: boolean;
  /** False: nothing is in reach, as after the command "drop". Default: true. */
  inReach?: boolean;
  /** How long phones are gone when the access point changes its channel. Real ones take seconds. Default: 300. */
  channelChangeMs?: number;
  /** How long after it was asked to leave the driver tells that it has. Default: it does in the next turn. */
  leaveMs?: number;
  /** Default: 5 ms. */
  accessPointStart?: AccessPointStart;
  /** More names that the network's DNS knows, and their IPv4 addresses. */
  names?: Record<string, string>;
}

export const inventedNetworks: readonly Network[] = [
  { ssid: "Harbour Office", password: "lighthouse", rssi: -48, channel: 6 },
  { ssid: "Workshop", password: "left-handed", rssi: -61, channel: 11 },
  { ssid: "Workshop", password: "left-handed", rssi: -77, channel: 1 },
  { ssid: "Café Möwe", rssi: -70, channel: 3 },
  { ssid: "Upstairs 2.4", password: "no entrance", rssi: -83, channel: 9 },
];

/** `wifi_err_reason_t`. */
export const reasons = { full: 5, left: 8, handshake: 15, lost: 200, notFound: 201, security: 210 } as const;
/** The code of "disconnect" (xs6wifi.c). */
export const codeOf = (reason: number): number => (reason === reasons.handshake ? -1 : 0);
/** Of 2.4 GHz, in Europe and China. */
export const CHANNELS = 13;
const ALL_CHANNELS = Array.from({ length: CHANNELS }, (_, index) => index + 1);
const refusedPassword = "invalid!";

export class Networks {
  #networks: Network[];
  /** Any name joins. */
  open: boolean;

  constructor({ networks, open = networks === undefined }: RadioOptions) {
    this.#networks = structuredClone([...(networks ?? inventedNetworks)]);
    this.open = open;
  }

  /** The strongest first. */
  get all(): Network[] {
    return this.#networks.toSorted((a, b) => signalOf(b) - signalOf(a));
  }

  add(network: Network): void {
    this.#networks.push(structuredClone(network));
  }

  remove(ssid: string): void {
    this.#networks = this.#networks.filter((network) => network.ssid !== ssid);
    this.open = false;
  }

  /**
   * The access point that the driver picks for a name: the strongest, or that with the BSSID, which it looks for where it
   * was first.
   * @returns with it how many channels it has looked at
   */
  find(name: Uint8Array, bss: Bss | undefined): [found: Network | undefined, channels: number] {
    const named = this.all.filter(({ ssid }) => Buffer.compare(xsBytes(ssid), name) === 0);
    if (named.length === 0 && this.open) named.push({ ssid: Buffer.from(name).toString(), rssi: -55, channel: 6 });
    if (!bss) return [named[0], CHANNELS];
    const found = named.find((network) => Buffer.compare(bssidOf(network), bss.bssid) === 0);
    const order = [bss.channel, ...ALL_CHANNELS.filter((one) => one !== bss.channel)];
    return [found, found ? order.indexOf(channelOf(found)) + 1 : CHANNELS];
  }

  /** Why it refuses the station, or undefined. */
  refusal(network: Network, password: string): number | undefined {
    if (network.refuseFirst) {
      network.refuseFirst -= 1;
      return reasons.full;
    }
    if (this.open) return password === refusedPassword ? reasons.handshake : undefined;
    // An open network where a password was given, or the other way round, is passed over.
    if ((network.password === undefined) !== (password === "")) return reasons.security;
    return (network.password ?? "") === password ? undefined : reasons.handshake;
  }
}

/** Whether the /24 network around an address has some of the router's. */
export function overlaps({ subnet }: Network, address: string): boolean {
  const [base, bits] = (subnet ?? "").split("/");
  if (!base || !bits) return false;
  const shift = 32 - Math.min(24, Number(bits));
  return numberOf(base) >>> shift === numberOf(address) >>> shift;
}

const numberOf = (address: string): number => address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0);

/** The same radio with other networks in reach. */
export function withNetworks(radio: RadioOptions, change: (networks: readonly Network[]) => Network[]): RadioOptions {
  const { networks, open = networks === undefined } = radio;
  return { ...radio, open, networks: change(networks ?? inventedNetworks) };
}

export const signalOf = (network: Network): number => network.rssi ?? -60;
export const channelOf = (network: Network): number => network.channel ?? 1;

export function bssidOf(network: Network): Uint8Array {
  if (network.bssid) return Uint8Array.from(network.bssid.split(":"), (pair) => Number.parseInt(pair, 16));
  let hash = 0x811c9dc5;
  for (const character of `${network.ssid}#${channelOf(network)}`)
    hash = Math.imul(hash ^ character.codePointAt(0)!, 0x01000193) >>> 0;
  return Uint8Array.of(0x02, 0x1b, hash >>> 24, (hash >>> 16) & 255, (hash >>> 8) & 255, hash & 255);
}
