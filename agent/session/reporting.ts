/** Status and heartbeat, now and from time to time, for as long as a session lasts. */

import type { Timer } from "../../modules/clock/clock.js";
import type { MqttSession } from "../../modules/mqtt/mqtt.js";
import { PREFERENCES } from "../../modules/settings/preferences.js";
import type { Configuration } from "../../provisioning/configuration.js";
import type { Credentials } from "../../provisioning/credentials.js";
import type { Device } from "../device/device.js";
import { heartbeat, status } from "./reports.js";

export interface Reporting {
  /** The intervals may have changed. */
  retime(): void;
  /** There is something new in it. */
  sayStatus(): void;
  stop(): void;
}

const STATUS_INTERVAL_MS = 60_000;
/** More often than the status. */
const HEARTBEAT_INTERVAL_MS = 30_000;

/** AWS IoT's brokers keep it for whoever looks later; the device service takes it for a sign of life at each restart. */
export function retainsStatus({ certificate }: Credentials): boolean {
  return certificate !== undefined;
}

/** Past the outbox: what finds no room is not said, the next one is newer. */
export function startReports(device: Device, mqtt: MqttSession, { credentials, pace }: Configuration): Reporting {
  const { clock, build, store, telemetry } = device;
  const { topics, qos } = credentials;
  const say = (topic: string | undefined, content: object, retain: boolean) =>
    topic !== undefined && mqtt.publish({ topic, payload: JSON.stringify(content), retain, qos });
  const sayStatus = () => void say(credentials.topics.status, status(device), retainsStatus(credentials));
  const sayHeartbeat = () => void say(topics.heartbeat, heartbeat(device), false);
  let timers: Timer[] = [];

  const stop = () => {
    for (const timer of timers) clock.cancel(timer);
  };
  const retime = () => {
    stop();
    const { dataIntervalMs, statusIntervalMs } = PREFERENCES.read(store) ?? {};
    // What services call a heartbeat is the status where there is no topic for one.
    const paceMs = topics.heartbeat === undefined ? pace.heartbeatMs : undefined;
    timers = [clock.every(statusIntervalMs ?? paceMs ?? STATUS_INTERVAL_MS, sayStatus, undefined)];
    if (topics.heartbeat !== undefined)
      timers.push(clock.every(pace.heartbeatMs ?? HEARTBEAT_INTERVAL_MS, sayHeartbeat, undefined));
    telemetry.begin(device, dataIntervalMs ?? pace.dataMs ?? build.dataIntervalMs);
  };
  sayStatus();
  retime();
  return { retime, sayStatus, stop };
}
