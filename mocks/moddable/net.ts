/**
 * `net` on the ESP32 (modules/network/net/esp/modNet.c, modResolve.c). "IP" and "MAC" speak of the one interface that is
 * there: undefined while Wi-Fi is off, and undefined with station and access point at once unless the second argument
 * says which ("station", "ap"). The access point's MAC is the station's plus one.
 */
import { getServers, lookup } from "node:dns";
import { isIPv4 } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
// biome-ignore lint/style/useNodejsImportProtocol: the SDK's module, not Node's
import type NetType from "net";
import { host } from "./host.js";
import { link } from "./link.js";
import { post } from "./machine.js";
import { bssidOf, channelOf, signalOf } from "./networks.js";
import { count } from "./usage.js";

/** Where a station is that has no network. */
const FIRST_CHANNEL = 1;

type Interface = "station" | "ap";

function interfaceOf(asked?: string): Interface | undefined {
  const { hasStation, hasAccessPoint } = host.radio;
  if (asked === "station") return hasStation ? "station" : undefined;
  if (asked === "ap") return hasAccessPoint ? "ap" : undefined;
  if (hasStation === hasAccessPoint) return undefined;
  return hasStation ? "station" : "ap";
}

function macOf(which: Interface | undefined): string | undefined {
  if (which !== "ap") return which && host.mac;
  const parts = host.mac.split(":").map((part) => Number.parseInt(part, 16));
  return hexPairs([...parts.slice(0, 5), (parts[5]! + 1) & 255]);
}

const hexPairs = (bytes: Iterable<number>): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0").toUpperCase()).join(":");

function addressOf(which: Interface | undefined): string | undefined {
  if (which === "ap") return String(host.config.accessPointAddress ?? "192.168.4.1");
  return which && host.radio.network && "127.0.0.1";
}

function nameServers(): string[] {
  if (!host.radio.network) return [];
  const servers = getServers().filter(isIPv4);
  return servers.length > 0 ? servers : ["127.0.0.1"];
}

/** The radio's, joined or not; a second argument changes nothing. */
function channel(): number | undefined {
  const { accessPoint, network, hasStation } = host.radio;
  return accessPoint.channel ?? (network && channelOf(network)) ?? (hasStation ? FIRST_CHANNEL : undefined);
}

function get(what: string, which?: string): string | number | string[] | undefined {
  const { network } = host.radio;
  switch (what) {
    case "IP":
      return addressOf(interfaceOf(which));
    case "MAC":
      return macOf(interfaceOf(which));
    case "SSID":
      return network?.ssid;
    case "BSSID":
      return network && hexPairs(bssidOf(network));
    case "RSSI":
      return network && signalOf(network);
    case "CHANNEL":
      return channel();
    case "DNS":
      return nameServers();
    default:
      return undefined;
  }
}

/** One look-up at a time, in order, as the SDK does it; the callback always comes in a later turn. */
let queue: Promise<void> = Promise.resolve();

/** lwIP asks four times with growing pauses, some ten seconds together; scaled as the rest of the radio. */
const dnsTimeoutMs = 400;
/** Names that every network of the mock knows. */
const zone: Readonly<Record<string, string>> = { localhost: "127.0.0.1", "pool.ntp.org": "127.0.0.1" };

async function look(name: string): Promise<string | undefined> {
  if (isIPv4(name)) return name;
  // By multicast (CONFIG_LWIP_DNS_SUPPORT_MDNS_QUERIES): the network's own devices answer, whatever is behind its router.
  if (link.up && /\.local$/i.test(name)) return host.radio.names[name.toLowerCase()] ?? sleep(dnsTimeoutMs, undefined);
  count("lookups", 1);
  if (link.up && !link.internet) return sleep(dnsTimeoutMs, undefined);
  if (!link.up) return name === "localhost" ? zone[name] : undefined;
  const lowerCase = name.toLowerCase();
  const known = { ...zone, ...host.radio.names };
  if (Object.hasOwn(known, lowerCase)) return known[lowerCase];
  if (lowerCase.endsWith(".invalid")) return undefined;
  return new Promise((found) => lookup(name, { family: 4 }, (error, address) => found(error ? undefined : address)));
}

function resolve(name: string, callback: (name: string, address?: string) => void): void {
  queue = queue.then(async () => {
    const address = await look(name);
    // Out of the promise, so that what the callback throws is fatal and does not stop the queue.
    post(() => callback.call(globalThis, name, address));
  });
}

export default { get: get as (typeof NetType)["get"], resolve } satisfies typeof NetType;
