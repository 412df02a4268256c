/** From reset to MQTT: what the device waits for, in the chip's time, and what each wait is made of. */
import { CHANNEL_MS } from "../mocks/moddable/radio.js";
import type { Sdkconfig } from "../tools/esp32/sdkconfig.js";
import type { Boot } from "./traffic.js";

export interface Wait {
  readonly what: string;
  /** Of the device and the router: what nobody's network makes shorter. */
  readonly fixedMs: number;
  /** To the router, or to servers. */
  readonly roundTrips: number;
  readonly madeOf: string;
}

/** Authentication, association and the four-way handshake, from a console (espressif/esp-idf, issue 799). */
const ASSOCIATION_MS = 30;
/** Of a question of ARP (ESP-IDF, components/lwip/port/acd_dhcp_check.c: ACD_DHCP_ARP_REPLY_TIMEOUT_MS), twice. */
const ARP_CHECK_MS = 2 * 500;
/** lwIP looks once a second (ND6_TMR_INTERVAL): at the first look it asks, at each that follows it counts. */
const ND6_LOOK_MS = 1_000;

/** @param hasLease the device has been in this network before */
export function waitsOf({ usage, traffic }: Boot, config: Sdkconfig, hasLease: boolean): Wait[] {
  const isOn = (name: string) => config.get(`CONFIG_LWIP_${name}`) === "y";
  const isRestored = hasLease && isOn("DHCP_RESTORE_LAST_IP");
  const arpMs = isOn("DHCP_DOES_NOT_CHECK_OFFERED_IP") ? 0 : ARP_CHECK_MS;
  const attempts = Number(config.get("CONFIG_LWIP_IPV6_DUP_DETECT_ATTEMPTS") ?? 1);
  const ipv6Ms = attempts > 0 ? (attempts + 1) * ND6_LOOK_MS : 0;
  return [
    {
      what: "scan",
      fixedMs: usage.searchMs,
      roundTrips: 0,
      madeOf: `${CHANNEL_MS.quick} ms a channel for the last access point, ${CHANNEL_MS.active} ms for all of the name`,
    },
    { what: "association", fixedMs: ASSOCIATION_MS, roundTrips: 0, madeOf: "and the four-way handshake" },
    {
      what: "address",
      fixedMs: Math.max(arpMs, ipv6Ms),
      roundTrips: isRestored ? 1 : 2,
      madeOf: `DHCP ${isRestored ? "REQUEST" : "DISCOVER, REQUEST"}, ARP ${arpMs} ms; beside it IPv6, at most ${ipv6Ms} ms`,
    },
    { what: "names", fixedMs: 0, roundTrips: usage.lookups, madeOf: "DNS" },
    {
      what: "servers",
      fixedMs: 0,
      roundTrips: traffic.roundTrips,
      madeOf: `connections: ${traffic.connections}; each a handshake of TCP, and what waits for an answer`,
    },
  ];
}

export function fixedMsOf(waits: readonly Wait[]): number {
  return waits.reduce((sum, { fixedMs }) => sum + fixedMs, 0);
}

/** Without those to the router: of DNS and of servers. */
export function roundTripsOf(waits: readonly Wait[]): number {
  return waits.reduce((sum, { what, roundTrips }) => sum + (what === "address" ? 0 : roundTrips), 0);
}
