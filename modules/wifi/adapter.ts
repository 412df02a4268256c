import SdkWiFi, { type WiFiCallback } from "wifi";
import { failed, type Reason, type Result, success } from "../base/failure.js";
import { reportFault } from "../base/guard.js";
import type { Clock, Timer } from "../clock/clock.js";
import { startAccessPoint } from "./access-point-adapter.js";
import { ScanAdapter } from "./scan-adapter.js";
import {
  connectTo,
  currentBss,
  DRIVERS_ADDRESS,
  freeAddress,
  hasLeft,
  isBehind,
  moveAccessPoint,
  prepareDhcp,
  stationStatus,
  wasRefused,
  watchStation,
} from "./station-adapter.js";
import type { AccessPoint, JoinOptions, WiFi, WiFiStatus } from "./wifi.js";

/** The driver says this of a failed four-way handshake (xs6wifi.c): the password. */
const CODE_AUTHENTICATION = -1;
/** A first association often fails once (status 30 with a comeback time): wait and try again. */
const REJOIN_PAUSE_MS = 3_000;
const TRIES = 2;
/** The access points of a mesh refuse in turn until one of them has made room. */
const REFUSED_TRIES = 4;
/** The driver tells that it has left within some ten milliseconds; the simulator never does. */
const LEAVE_LIMIT_MS = 500;
/** The page asks once a second: it has to be told before its phone loses it. */
const MOVE_NOTICE_MS = 3_000;
const STATION = 1;

/** The SDK's object, with what its callback finds its way by. */
type Driver = SdkWiFi & { adapter: WiFiAdapter };

/** A join under way. */
interface Join {
  readonly options: JoinOptions;
  end(result: Result<void>): void;
  /** It is the driver's turn; otherwise it waits for the next try, or for the driver to leave. */
  isTrying: boolean;
  isAssociated: boolean;
  /** Where it is asked for first; empty from the first failure on. */
  bss: string;
  /** That have failed. */
  tries: number;
  /** Of the try, of the pause before the next one, or until the access point has moved out of its way. */
  timer: Timer | undefined;
  nextAddress: string | undefined;
}

/**
 * The SDK's classic `wifi`: the ECMA-419 one has no access point. The manifest sets the driver's own retries to none:
 * five of them within milliseconds do not help a busy access point, and make a wrong password take half a minute.
 */
export class WiFiAdapter extends ScanAdapter implements WiFi {
  onLost: (() => void) | undefined;
  /** Name of the joined network. */
  private _joined: string | undefined;
  private _join: Join | undefined;
  /** Set until the driver has left: its late "disconnect" would be taken for the next try's. */
  private leaving: Timer | undefined;
  /** Which the driver's access point keeps when it is closed. */
  private _address = DRIVERS_ADDRESS;

  /** @param hostName the device's in the lists of routers */
  constructor(clock: Clock, hostName: string) {
    super(clock);
    watchStation();
    SdkWiFi.mode = STATION;
    prepareDhcp(hostName);
    (new SdkWiFi(undefined, onEvent as WiFiCallback) as Driver).adapter = this;
  }

  get joined(): boolean {
    return this._joined !== undefined;
  }

  get bss(): string {
    return this.joined ? currentBss() : "";
  }

  join(options: JoinOptions): Promise<Result<void>> {
    this.leave();
    return new Promise((end) => {
      this._join = {
        options,
        end,
        isTrying: false,
        isAssociated: false,
        bss: options.bss ?? "",
        tries: 0,
        timer: undefined,
        nextAddress: undefined,
      };
      if (!this.leaving) this.tryJoin();
    });
  }

  leave(): void {
    const join = this._join;
    if (!this.joined && !join) return;
    this._joined = undefined;
    if (join) this.endJoin(failed("wifi-lost", join.options.ssid));
    this.disconnect();
  }

  async openAccessPoint(accessPoint: AccessPoint): Promise<void> {
    await startAccessPoint(this.clock, accessPoint);
    this.moveTo(freeAddress(accessPoint.address));
  }

  get accessPointAddress(): string {
    return this._address;
  }

  get nextAddress(): string | undefined {
    return this._join?.nextAddress;
  }

  isGuest(address: string | undefined): boolean {
    return this.nextAddress !== undefined || isBehind(this._address, address);
  }

  closeAccessPoint(): void {
    SdkWiFi.mode = STATION;
  }

  status(): WiFiStatus {
    return stationStatus(this._joined);
  }

  private tryJoin(): void {
    const join = this._join!;
    const { ssid, password, timeoutMs } = join.options;
    join.isTrying = true;
    join.isAssociated = false;
    join.timer = this.clock.after(timeoutMs, WiFiAdapter.tryIsLate, this);
    this.stopScan?.();
    try {
      connectTo(ssid, password, join.bss);
    } catch (error) {
      reportFault("wifi", error);
      this.tryFailed("internal");
    }
  }

  private static tryIsLate(adapter: WiFiAdapter): void {
    adapter.tryFailed(adapter._join?.isAssociated ? "wifi-no-address" : "wifi-not-found");
  }

  private tryFailed(reason: Reason): void {
    const join = this._join!;
    join.bss = "";
    // An access point that took the station, and a DHCP server that did not answer in all that time, will not next time.
    const limit = reason === "wifi-no-address" ? 1 : reason === "wifi-refused" ? REFUSED_TRIES : TRIES;
    if (++join.tries >= limit) this.endJoin(failed(reason, join.options.ssid));
    else {
      this.clock.cancel(join.timer);
      join.isTrying = false;
      join.nextAddress = undefined;
      join.timer = this.clock.after(REJOIN_PAUSE_MS, WiFiAdapter.tryAgain, this);
    }
    this.disconnect(); // ends what the driver may still be doing, and lets it forget the network
  }

  /** The access point of the last time is gone, or has no room: the driver is free, and no try was lost. */
  private tryAll(join: Join): void {
    join.bss = "";
    join.nextAddress = undefined;
    this.clock.cancel(join.timer);
    this.tryJoin();
  }

  private static tryAgain(adapter: WiFiAdapter): void {
    adapter._join!.timer = undefined;
    if (!adapter.leaving) adapter.tryJoin();
  }

  private endJoin(result: Result<void>): void {
    const join = this._join!;
    this._join = undefined;
    this.clock.cancel(join.timer);
    join.end(result);
  }

  private disconnect(): void {
    this.clock.cancel(this.leaving);
    this.leaving = this.clock.after(LEAVE_LIMIT_MS, WiFiAdapter.left, this);
    try {
      SdkWiFi.disconnect();
    } catch (error) {
      reportFault("wifi", error);
      WiFiAdapter.left(this);
    }
  }

  private static left(adapter: WiFiAdapter): void {
    adapter.clock.cancel(adapter.leaving);
    adapter.leaving = undefined;
    const join = adapter._join;
    if (join && !join.isTrying && !join.timer) adapter.tryJoin();
  }

  /** No driver of the SDK ever says `lostIP`. What comes while nothing is waited for is of something that is over. */
  event(event: string, code: number): void {
    const join = this._join;
    if (this.leaving) {
      if (event === SdkWiFi.disconnected) WiFiAdapter.left(this);
    } else if (join) {
      if (join.isTrying) this.tryEvent(join, event, code);
    } else if (this.joined && event === SdkWiFi.disconnected) {
      this._joined = undefined;
      this.onLost?.();
    }
  }

  private tryEvent(join: Join, event: string, code: number): void {
    if (event === SdkWiFi.connected) {
      join.isAssociated = true;
      join.options.onAssociated?.();
    } else if (event === SdkWiFi.gotIP) this.reached(join);
    // What has been left tells of it late, but before the next association: then it is an access point's word, too.
    else if (event === SdkWiFi.disconnected && (join.isAssociated || !hasLeft())) {
      if (join.bss) this.tryAll(join);
      else if (code === CODE_AUTHENTICATION) this.tryFailed("wifi-password");
      else this.tryFailed(wasRefused() ? "wifi-refused" : "wifi-not-found");
    }
  }

  private reached(join: Join): void {
    const address = SdkWiFi.mode === STATION ? this._address : freeAddress(this._address);
    if (address === this._address) {
      WiFiAdapter.arrived(this);
      return;
    }
    join.nextAddress = address;
    this.clock.cancel(join.timer);
    join.timer = this.clock.after(MOVE_NOTICE_MS, WiFiAdapter.arrived, this);
  }

  private static arrived(adapter: WiFiAdapter): void {
    const join = adapter._join!;
    try {
      adapter.moveTo(join.nextAddress ?? adapter._address);
    } catch (error) {
      reportFault("wifi", error); // the network may still be of use
    }
    adapter._joined = join.options.ssid;
    adapter.endJoin(success(undefined));
  }

  private moveTo(address: string): void {
    if (address !== this._address) moveAccessPoint(address);
    this._address = address;
  }
}

/** The SDK calls it as a method of its own object. */
function onEvent(this: Driver, event: string, code?: number): void {
  try {
    this.adapter.event(event, code ?? 0);
  } catch (error) {
    reportFault("wifi", error);
  }
}
