import FFI from "mc/ffi";
import Net from "net";
import SdkWiFi, { type AccessPointOptions, type ScanOptions as SdkScanOptions, type WiFiScanCallback } from "wifi";
import { failed, type Reason, type Result, success } from "../base/failure.js";
import { guarded } from "../base/guard.js";
import { type Clock, sleep } from "../clock/clock.js";
import { isReadable, strongest } from "./scan.js";
import type { AccessPoint, JoinOptions, Network, ScanOptions, WiFi, WiFiStatus } from "./wifi.js";

/** The driver says this of a failed four-way handshake (xs6wifi.c): the password. */
const CODE_AUTHENTICATION = -1;
/** A first association often fails once (status 30 with a comeback time): wait and try again. */
const REJOIN_PAUSE_MS = 3_000;
/** The driver tells that it has left within some ten milliseconds; the simulator never does. */
const LEAVE_LIMIT_MS = 500;
/** The driver needs a moment after it left a network. */
const RESCAN_PAUSE_MS = 1_000;
/** Access points that are looked at: a name can have several. */
const MAX_FOUND = 60;
/** A scan that never ends must not keep the portal closed. A passive one listens 360 ms on each of 13 channels. */
const SCAN_LIMIT_MS = 10_000;
/** What the driver gives its access point. */
const DRIVERS_ADDRESS = "192.168.4.1";
const STATION = 1;
const STATION_AND_ACCESS_POINT = 3;

/** What the SDK's typings leave out. */
type ChipScanOptions = SdkScanOptions & { active: boolean };
type ChipAccessPointOptions = AccessPointOptions & { station: boolean };
interface ChipNet {
  get(what: "IP", which: "station"): string | undefined;
  get(what: "CHANNEL"): number | undefined;
}

type Listener = (event: string, code: number) => void;

/**
 * The SDK's classic `wifi`: the ECMA-419 one has no access point. The manifest sets the driver's own retries to none:
 * five of them within milliseconds do not help a busy access point, and make a wrong password take half a minute.
 */
export class WiFiAdapter implements WiFi {
  onLost: (() => void) | undefined;
  #clock: Clock;
  /** Name of the joined network. */
  #joined: string | undefined;
  /** Ends the join under way. */
  #giveUp: (() => void) | undefined;
  /** Whose the driver's events are: of a try to join, or of the end of the one before. */
  #listener: Listener | undefined;
  /** Kept when the driver has left: its late "disconnect" would be taken for the next try's. */
  #left: Promise<unknown> = Promise.resolve();
  #scanning: Promise<Network[]> | undefined;
  #lastFound: Network[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
    SdkWiFi.mode = STATION;
    new SdkWiFi(
      undefined,
      guarded("wifi", (event: string, code?: number) => this.event(event, code ?? 0)),
    );
  }

  get joined(): boolean {
    return this.#joined !== undefined;
  }

  scan(options: ScanOptions): Promise<Network[]> {
    this.#scanning ??= this.scanInTurn(options).finally(() => {
      this.#scanning = undefined;
    });
    return this.#scanning;
  }

  join(options: JoinOptions): Promise<Result<void>> {
    this.leave();
    return new Promise((resolve) => {
      let isOver = false;
      const end = (result: Result<void>) => {
        if (isOver) return;
        isOver = true;
        this.#giveUp = undefined;
        resolve(result);
      };
      this.#giveUp = () => end(failed("wifi-lost", options.ssid));
      void this.tryTwice(options, () => isOver).then(end);
    });
  }

  leave(): void {
    if (!this.joined && !this.#giveUp) return;
    this.#joined = undefined;
    this.#giveUp?.();
    this.disconnect();
  }

  openAccessPoint({ ssid, password, address }: AccessPoint): void {
    // A password that is there counts, even undefined: the driver makes a text of it.
    const options: ChipAccessPointOptions = { ssid, station: true, ...(password && { password: password.reveal() }) };
    try {
      // Sets the mode itself, behind the network interface: the other way round the chip has no DHCP server.
      SdkWiFi.accessPoint(options);
    } catch {
      SdkWiFi.mode = STATION_AND_ACCESS_POINT; // the simulator wants it first
      SdkWiFi.accessPoint(options);
    }
    if (address !== DRIVERS_ADDRESS) moveAccessPoint(address);
  }

  closeAccessPoint(): void {
    SdkWiFi.mode = STATION;
  }

  status(): WiFiStatus {
    const net = Net as unknown as ChipNet;
    return {
      ssid: this.#joined ?? "",
      // Without the name of the interface the chip has no answer while its access point is up.
      address: net.get("IP", "station") ?? "",
      rssi: Net.get("RSSI"),
      // The radio's, which is on some channel without a network, too.
      channel: this.joined ? net.get("CHANNEL") : undefined,
    };
  }

  private async scanInTurn(options: ScanOptions): Promise<Network[]> {
    let found = await this.scanOnce(options);
    if (!found) {
      await sleep(this.#clock, RESCAN_PAUSE_MS);
      found = await this.scanOnce(options);
    }
    if (found) this.#lastFound = strongest(found);
    return this.#lastFound;
  }

  /** @returns undefined where the driver refuses */
  private scanOnce({ passive }: ScanOptions): Promise<Network[] | undefined> {
    return new Promise((resolve) => {
      const found: Network[] = [];
      const timer = this.#clock.after(SCAN_LIMIT_MS, () => {
        resolve(found);
        guarded("wifi", () => (SdkWiFi as unknown as { scan(): void }).scan())(); // ends it: the next one would be refused
      });
      const end = (result?: Network[]) => {
        this.#clock.cancel(timer);
        resolve(result);
      };
      const item: WiFiScanCallback = (network) => {
        if (!network) end(found);
        else if (network.ssid && found.length < MAX_FOUND && isReadable(network.ssid)) {
          const { ssid, rssi, authentication } = network;
          found.push({ ssid, rssi, secured: authentication !== "none" });
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

  private async tryTwice(options: JoinOptions, isOver: () => boolean): Promise<Result<void>> {
    let reason = await this.try(options, isOver);
    // An access point that took the station, and a DHCP server that did not answer in all that time, will not next time.
    if (reason && reason !== "wifi-no-address") {
      await sleep(this.#clock, REJOIN_PAUSE_MS);
      reason = await this.try(options, isOver);
    }
    return reason ? failed(reason, options.ssid) : success(undefined);
  }

  /** @returns undefined when joined, or when nobody wants to know any more */
  private async try(options: JoinOptions, isOver: () => boolean): Promise<Reason | undefined> {
    await this.#left;
    if (isOver()) return undefined;
    const outcome = await this.associate(options);
    if (isOver()) return undefined;
    if (outcome === "joined") return undefined;
    this.disconnect(); // ends what the driver may still be doing, and lets it forget the network
    return outcome;
  }

  private associate({ ssid, password, timeoutMs, onAssociated }: JoinOptions): Promise<Reason | "joined"> {
    let associated = false;
    return this.until<Reason | "joined">({
      timeoutMs,
      start: () => SdkWiFi.connect({ ssid, ...(!password.isEmpty && { password: password.reveal() }) }),
      onEvent: (event, code) => {
        if (event === SdkWiFi.connected) {
          associated = true;
          onAssociated?.();
        } else if (event === SdkWiFi.gotIP) {
          this.#joined = ssid;
          return "joined";
        } else if (event === SdkWiFi.disconnected)
          return code === CODE_AUTHENTICATION ? "wifi-password" : "wifi-not-found";
        return undefined;
      },
      onLate: () => (associated ? "wifi-no-address" : "wifi-not-found"),
      onFault: () => "internal",
    });
  }

  private disconnect(): void {
    this.#left = this.until({
      timeoutMs: LEAVE_LIMIT_MS,
      start: () => SdkWiFi.disconnect(),
      onEvent: (event) => event === SdkWiFi.disconnected || undefined,
      onLate: () => false,
      onFault: () => false,
    });
  }

  /** Hands the driver's events over until one of them gives a value, or the time is up. */
  private until<T>(waiting: {
    timeoutMs: number;
    start(): void;
    onEvent(event: string, code: number): T | undefined;
    onLate(): T;
    onFault(): T;
  }): Promise<T> {
    return new Promise((resolve) => {
      const end = (value: T) => {
        this.#clock.cancel(timer);
        if (this.#listener === listener) this.#listener = undefined;
        resolve(value);
      };
      const timer = this.#clock.after(waiting.timeoutMs, () => end(waiting.onLate()));
      const listener: Listener = (event, code) => {
        const value = waiting.onEvent(event, code);
        if (value !== undefined) end(value);
      };
      this.#listener = listener;
      guarded("wifi", waiting.start, () => end(waiting.onFault()))();
    });
  }

  /** No driver of the SDK ever says `lostIP`. What comes while nobody listens is of something that is over. */
  private event(event: string, code: number): void {
    if (this.#listener) this.#listener(event, code);
    else if (this.joined && event === SdkWiFi.disconnected) {
      this.#joined = undefined;
      this.onLost?.();
    }
  }
}

function moveAccessPoint(address: string): void {
  const [a, b, c, d] = address.split(".").map(Number);
  const error = new FFI().access_point_address(a!, b!, c!, d!);
  if (error) throw new Error(`the access point does not take its address: ${error}`);
}
