import FFI from "mc/ffi";
import Net from "net";
import SdkWiFi, {
  type AccessPointOptions,
  type ScanOptions as SdkScanOptions,
  type WiFiCallback,
  type WiFiScanCallback,
} from "wifi";
import { failed, type Reason, type Result, success } from "../base/failure.js";
import { guarded, reportFault } from "../base/guard.js";
import { type Clock, sleep, type Timer } from "../clock/clock.js";
import { isReadable, packed, strongest, unpacked } from "./scan.js";
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

/** The SDK's object, with what its callback finds its way by. */
type Driver = SdkWiFi & { adapter: WiFiAdapter };

/** A join under way. */
interface Join {
  readonly options: JoinOptions;
  end(result: Result<void>): void;
  /** It is the driver's turn; otherwise it waits for the second try, or for the driver to leave. */
  isTrying: boolean;
  isAssociated: boolean;
  isSecondTry: boolean;
  /** Of the try, or of the pause before the second one. */
  timer: Timer | undefined;
}

/**
 * The SDK's classic `wifi`: the ECMA-419 one has no access point. The manifest sets the driver's own retries to none:
 * five of them within milliseconds do not help a busy access point, and make a wrong password take half a minute.
 */
export class WiFiAdapter implements WiFi {
  onLost: (() => void) | undefined;
  private clock: Clock;
  /** Name of the joined network. */
  private _joined: string | undefined;
  private _join: Join | undefined;
  /** Set until the driver has left: its late "disconnect" would be taken for the next try's. */
  private leaving: Timer | undefined;
  private scanning: Promise<Network[]> | undefined;
  private _lastFound = "";

  constructor(clock: Clock) {
    this.clock = clock;
    SdkWiFi.mode = STATION;
    (new SdkWiFi(undefined, onEvent as WiFiCallback) as Driver).adapter = this;
  }

  get joined(): boolean {
    return this._joined !== undefined;
  }

  get lastFound(): Network[] {
    return unpacked(this._lastFound);
  }

  scan(options: ScanOptions): Promise<Network[]> {
    this.scanning ??= this.scanInTurn(options).finally(() => {
      this.scanning = undefined;
    });
    return this.scanning;
  }

  join(options: JoinOptions): Promise<Result<void>> {
    this.leave();
    return new Promise((end) => {
      this._join = { options, end, isTrying: false, isAssociated: false, isSecondTry: false, timer: undefined };
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
      ssid: this._joined ?? "",
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
      await sleep(this.clock, RESCAN_PAUSE_MS);
      found = await this.scanOnce(options);
    }
    if (!found) return this.lastFound;
    const networks = strongest(found);
    this._lastFound = packed(networks);
    return networks;
  }

  /** @returns undefined where the driver refuses */
  private scanOnce({ passive }: ScanOptions): Promise<Network[] | undefined> {
    return new Promise((resolve) => {
      const found: Network[] = [];
      const timer = this.clock.after(SCAN_LIMIT_MS, () => {
        resolve(found);
        guarded("wifi", () => (SdkWiFi as unknown as { scan(): void }).scan())(); // ends it: the next one would be refused
      });
      const end = (result?: Network[]) => {
        this.clock.cancel(timer);
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

  private tryJoin(): void {
    const join = this._join!;
    const { ssid, password, timeoutMs } = join.options;
    join.isTrying = true;
    join.isAssociated = false;
    join.timer = this.clock.after(timeoutMs, WiFiAdapter.tryIsLate, this);
    try {
      SdkWiFi.connect({ ssid, ...(!password.isEmpty && { password: password.reveal() }) });
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
    // An access point that took the station, and a DHCP server that did not answer in all that time, will not next time.
    if (join.isSecondTry || reason === "wifi-no-address") this.endJoin(failed(reason, join.options.ssid));
    else {
      this.clock.cancel(join.timer);
      join.isTrying = false;
      join.isSecondTry = true;
      join.timer = this.clock.after(REJOIN_PAUSE_MS, WiFiAdapter.tryAgain, this);
    }
    this.disconnect(); // ends what the driver may still be doing, and lets it forget the network
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
    const { ssid, onAssociated } = join.options;
    if (event === SdkWiFi.connected) {
      join.isAssociated = true;
      onAssociated?.();
    } else if (event === SdkWiFi.gotIP) {
      this._joined = ssid;
      this.endJoin(success(undefined));
    } else if (event === SdkWiFi.disconnected)
      this.tryFailed(code === CODE_AUTHENTICATION ? "wifi-password" : "wifi-not-found");
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

function moveAccessPoint(address: string): void {
  const [a, b, c, d] = address.split(".").map(Number);
  const error = new FFI().access_point_address(a!, b!, c!, d!);
  if (error) throw new Error(`the access point does not take its address: ${error}`);
}
