/**
 * The classic `wifi` of the ESP32 (modules/network/wifi/esp32/wifi.js and xs6wifi.c) over a simulated radio.
 * One "disconnect" follows a `connect` that failed, with code -1 for a refused password and 0 otherwise; after a
 * connection was lost the driver does not try again by itself. What a `connect` or `disconnect` ends is told, too, after
 * it. "start" comes when the station interface starts.
 */
import type WiFiType from "wifi";
import type { AccessPointOptions, ScanOptions, WiFiCallback, WiFiOptions, WiFiScanCallback } from "wifi";
import { xsBytes } from "./buffers.js";
import { host } from "./host.js";
import { post } from "./machine.js";
import { bssidOf, channelOf, type Network, signalOf } from "./networks.js";
import { type Mode, mode } from "./radio.js";

const ssidBytes = 32;
const passwordBytes = 64;
const shortestPasswordBytes = 8;
const channels = 13;
/** Of an access point. */
const defaultChannel = 1;

/** What the typings leave out of `accessPoint`, `connect` and `scan`. */
type ChipAccessPointOptions = AccessPointOptions & { station?: boolean };
type ChipConnectOptions = WiFiOptions & { channel?: number };
type ChipScanOptions = ScanOptions & { active?: boolean };

/** `gScan`: whoever asked last is told of the next end of a scan, whichever it is of. */
let scanning: ((networks: Network[]) => void) | undefined;

function checkName(ssid: string): void {
  if (xsBytes(ssid).length > ssidBytes) throw new Error("ssid too long - 32 bytes max");
}

function checkPassword(password: string): void {
  if (xsBytes(password).length > passwordBytes) throw new Error("password too long - 64 bytes max");
}

function checkChannel(options: { channel?: number }): void {
  if (!("channel" in options)) return;
  const channel = Number(options.channel) | 0;
  if (channel < 1 || channel > channels) throw new Error("invalid channel");
}

/** What comes to life when something is asked of a radio that is off. */
function wake(wanted: Mode): void {
  if (host.radio.mode === mode.off) host.radio.mode = wanted;
}

function report(callback: WiFiScanCallback, networks: Network[]): void {
  for (const network of networks) {
    const item = {
      ssid: network.hidden ? "" : network.ssid,
      rssi: signalOf(network),
      channel: channelOf(network),
      hidden: false,
      bssid: bssidOf(network).buffer as ArrayBuffer,
      authentication: network.password === undefined ? "none" : "wpa2_psk",
    };
    try {
      callback.call(globalThis, item);
    } catch {
      // The SDK, too, drops what the callback throws for an item; only the closing null is not guarded.
    }
  }
  callback.call(globalThis, null);
}

function reportScan(networks: Network[]): void {
  const told = scanning;
  scanning = undefined;
  told?.(networks);
}

class WiFi {
  static readonly gotIP = "gotIP";
  static readonly lostIP = "lostIP";
  static readonly connected = "connect";
  static readonly disconnected = "disconnect";
  static readonly station_connected = "station_connect";
  static readonly station_disconnected = "station_disconnect";
  static readonly Mode = Object.freeze({ off: -5, none: 0, station: 1, accessPoint: 2 } as const);

  #unsubscribe: (() => void) | undefined;
  /** The SDK keeps the callback here and calls it as a method. */
  protected callback: ((message: string, code?: number) => void) | undefined;

  constructor(dictionary?: WiFiOptions, onNotify?: WiFiCallback) {
    if (dictionary) WiFi.connect(dictionary);
    if (!onNotify) return;
    this.callback = onNotify as (message: string, code?: number) => void;
    this.#unsubscribe = host.radio.subscribe((message, code) => {
      if (code === undefined) this.callback?.(message);
      else this.callback?.(message, code);
    });
  }

  /** No more events; the connection stays. */
  close(): void {
    this.#unsubscribe?.();
    this.#unsubscribe = undefined;
    this.callback = undefined;
  }

  static get mode(): Mode {
    return host.radio.mode;
  }

  static set mode(value: Mode) {
    if (!Object.values(mode).includes(value)) throw new Error("invalid mode");
    host.radio.mode = value;
  }

  /** Gives every network once and then null. Without arguments a running scan ends in silence. */
  static scan(options?: ScanOptions, callback?: WiFiScanCallback): void {
    wake(mode.station);
    if (options === undefined) {
      if (scanning) host.radio.stopScan();
      scanning = undefined;
      return;
    }
    if (scanning) throw new Error("already scanning");
    if (typeof options !== "object" || callback === undefined) throw new Error("invalid");
    if (!host.radio.hasStation || host.radio.joining) throw new Error("scan request failed");
    const { channel = 0, hidden = false, active = true } = options as ChipScanOptions;
    host.radio.scan(active, (networks) => {
      if (scanning) post(() => reportScan(networks));
    });
    scanning = (networks) => {
      const listed = networks.filter((network) => hidden || !network.hidden);
      report(callback, channel ? listed.filter((network) => channelOf(network) === (channel | 0)) : listed);
    };
  }

  /** Joins a network; without arguments leaves it. */
  static connect(options?: WiFiOptions): void {
    host.radio.disconnect();
    if (options === undefined) return;
    wake(mode.station);
    if (!options.ssid) throw new Error("ssid required");
    checkName(options.ssid);
    const password = options.password ?? "";
    checkPassword(password);
    if (options.bssid && options.bssid.byteLength !== 6) throw new Error("bssid must be 6 bytes");
    checkChannel(options as ChipConnectOptions);
    if (!host.radio.hasStation) throw new Error("esp_wifi_connect failed");
    host.radio.join(options.ssid, password);
  }

  static disconnect(): void {
    WiFi.connect();
  }

  /** Opens the access point. A radio in station mode becomes an access point only, unless `station` is true. */
  static accessPoint(options: AccessPointOptions): void {
    wake(mode.accessPoint);
    const ssid = String(options.ssid);
    checkName(ssid);
    // A password that is present counts, even "" (too short) or undefined (which C reads as "undefined").
    const password = "password" in options ? String(options.password) : undefined;
    if (password !== undefined) {
      checkPassword(password);
      if (xsBytes(password).length < shortestPasswordBytes) throw new Error("password too short - 8 bytes min");
    }
    checkChannel(options);
    const { station } = options as ChipAccessPointOptions;
    if (!host.radio.hasAccessPoint) host.radio.mode = station ? mode.both : mode.accessPoint;
    const channel = options.channel ?? defaultChannel;
    host.radio.accessPoint.open({ ssid, channel, ...(password !== undefined && { password }) });
  }
}

export default WiFi satisfies typeof WiFiType;
