import type { Clock } from "../clock/clock.js";
import type { Calendar } from "../clock/set.js";
import type { Authorities } from "../tls/adapter.js";
import type { PacketIds } from "./packet-ids.js";

/** The device's side of every connection. */
export interface MqttParts {
  readonly clock: Clock;
  readonly calendar: Pick<Calendar, "ensure" | "doubt" | "earliestMs" | "latestMs">;
  readonly authorities: Authorities;
  /** Of the newest connection: what is new in the next has other ids than what this one leaves to send again. */
  ids: PacketIds;
  /** The next one sends SUBSCRIBE behind CONNECT; it changes each time that a broker ends a connection before its answer. */
  isEager: boolean;
}
