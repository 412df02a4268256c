/** `mc/ffi`: the C functions that the manifests name, as their sources under `esp32/` have them on the chip. */
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 } from "@noble/hashes/sha2.js";
import type FFIType from "mc/ffi";
import { host } from "./host.js";
import { type Bss, bssidOf, CHANNELS, channelOf } from "./networks.js";

/** `ESP_FAIL` */
const FAIL = -1;

export default class FFI implements FFIType {
  /** -1 where there is no access point. */
  access_point_address(a: number, b: number, c: number, d: number): number {
    if (!host.radio.accessPoint.settings) return FAIL;
    host.radio.moveAccessPoint([a, b, c, d].join("."));
    return 0;
  }

  access_point_up(): number {
    return host.radio.accessPoint.isUp ? 1 : 0;
  }

  station_watch(): number {
    return 0;
  }

  /** As ESP_NETIF_HOSTNAME_MAX_SIZE has it. */
  station_dhcp(name: string): number {
    if (name.length > 32) return FAIL;
    host.radio.hostName = name;
    return 0;
  }

  /** Where the station is in a network, or on its way to one, the driver has to be told to leave first. */
  station_join(name: ArrayBuffer, length: number, password: string, bss: string): number {
    if (length > 32 || password.length > 64 || !host.radio.isFree) return FAIL;
    host.radio.join(memory(name, length).slice(0, length), password, bssOf(bss));
    return 0;
  }

  station_bss(text: ArrayBuffer, size: number): number {
    const { at } = host.radio;
    if (!at || size < 14) return 0;
    memory(text, size).set(Buffer.from(Buffer.of(channelOf(at), ...bssidOf(at)).toString("hex")));
    return 14;
  }

  station_reason(): number {
    return host.radio.reason;
  }

  station_overlaps(a: number, b: number, c: number, d: number): number {
    return host.radio.overlaps([a, b, c, d].join(".")) ? 1 : 0;
  }

  time_server(index: number): number {
    const address = host.radio.network?.timeServers?.[index];
    return address ? Buffer.from(address.split(".").map(Number)).readUInt32LE() : 0;
  }

  efuse_serial(serial: ArrayBuffer): number {
    const target = memory(serial, 32);
    const { userData, key, keyPurpose } = host.efuses;
    if (!key || keyPurpose !== "HMAC_UP" || !userData[0]) return 0;
    target.fill(0, 0, 32);
    target.set(userData.subarray(0, 32));
    return target.subarray(0, 32).findLastIndex((byte) => byte !== 0) + 1;
  }

  efuse_hmac(message: ArrayBuffer, length: number, digest: ArrayBuffer): number {
    const [text, target] = [memory(message, 0), memory(digest, 32)];
    const { key, keyPurpose } = host.efuses;
    if (!key || keyPurpose !== "HMAC_UP") return FAIL;
    target.set(hmac(sha256, key, text.subarray(0, length)));
    return 0;
  }

  /** From the eFuses: the radio may be off. */
  station_mac(mac: ArrayBuffer): number {
    memory(mac, 6).set(host.mac.split(":").map((pair) => Number.parseInt(pair, 16)));
    return 0;
  }

  firmware_on_trial(): number {
    return host.ota.onTrial ? 1 : 0;
  }

  firmware_accept(): number {
    return host.ota.accept() ? 0 : FAIL;
  }

  firmware_rolled_back(text: ArrayBuffer, size: number): number {
    const version = Buffer.from(host.ota.rolledBack()?.version ?? "", "latin1");
    if (version.length > size) return 0;
    memory(text, size).set(version);
    return version.length;
  }
}

/** What `station_bss` wrote; anything else is none. */
function bssOf(text: string): Bss | undefined {
  const [channel = 0, ...bssid] = /^[\da-f]{14}$/.test(text) ? Buffer.from(text, "hex") : [];
  return channel >= 1 && channel <= CHANNELS ? { channel, bssid: Uint8Array.from(bssid) } : undefined;
}

/** What C gets for a buffer (xsffi.c, fxToArrayBufferHandle). @throws for a view, and for less than the manifest says */
function memory(buffer: ArrayBuffer, leastBytes: number): Uint8Array {
  if (!(buffer instanceof ArrayBuffer)) throw new TypeError("this is no ArrayBuffer instance");
  if (buffer.byteLength < leastBytes) throw new RangeError(`invalid buffer size ${buffer.byteLength}`);
  return new Uint8Array(buffer);
}
