/** Status and heartbeat, now and from time to time, for as long as a connection lasts. */

import type { Timer } from "../../modules/clock/clock.js";
import type { MqttSession, Outgoing } from "../../modules/mqtt/mqtt.js";
import { PREFERENCES } from "../../modules/settings/preferences.js";
import type { Configuration } from "../../provisioning/configuration.js";
import type { Credentials } from "../../provisioning/credentials.js";
import { retainsStatus } from "./broker-options.js";
import type { Gateway } from "./gateway.js";
import type { Session } from "./session.js";
import { heartbeat, status } from "./status.js";

const STATUS_INTERVAL_MS = 60_000;
/** More often than the status. */
const HEARTBEAT_INTERVAL_MS = 30_000;

/** @param connections to a broker, since the start. @returns undefined where there is no topic for it */
export function statusMessage(session: Session, credentials: Credentials, connections: number): Outgoing | undefined {
  const topic = credentials.topics.status;
  if (topic === undefined) return undefined;
  const payload = JSON.stringify(status(session, connections));
  return { topic, payload, retain: retainsStatus(credentials), qos: credentials.qos };
}

/** Past the outbox: what finds no room is not said, the next one is newer. */
export class Reporting {
  private session: Session;
  private mqtt: MqttSession;
  private configuration: Configuration;
  private gateway?: Gateway;
  private statusTimer: Timer | undefined;
  private heartbeatTimer: Timer | undefined;

  /** @param isStatusSaid in this connection, before it stood */
  constructor(
    session: Session,
    mqtt: MqttSession,
    configuration: Configuration,
    gateway: Gateway | undefined,
    isStatusSaid: boolean,
  ) {
    this.session = session;
    this.mqtt = mqtt;
    this.configuration = configuration;
    if (gateway) this.gateway = gateway;
    if (!isStatusSaid) this.sayStatus();
    this.retime();
  }

  /** The intervals may have changed. */
  retime(): void {
    this.stop();
    const { clock, store } = this.session.device;
    const { credentials, pace } = this.configuration;
    const hasHeartbeat = credentials.topics.heartbeat !== undefined;
    const { statusIntervalMs } = PREFERENCES.read(store) ?? {};
    // What services call a heartbeat is the status where there is no topic for one.
    const paceMs = hasHeartbeat ? undefined : pace.heartbeatMs;
    this.statusTimer = clock.every(statusIntervalMs ?? paceMs ?? STATUS_INTERVAL_MS, sayStatus, this);
    if (hasHeartbeat) this.heartbeatTimer = clock.every(pace.heartbeatMs ?? HEARTBEAT_INTERVAL_MS, sayHeartbeat, this);
    if (!this.session.isSafe) this.session.telemetry.keepTime(pace);
  }

  /** There is something new in it. */
  sayStatus(): void {
    const { credentials } = this.configuration;
    // Nobody else would hear it, and the gateway would answer goodbye.
    if (this.gateway?.hasListener === false) return;
    const message = statusMessage(this.session, credentials, this.session.connections);
    if (message)
      this.mqtt.publish({ ...message, payload: this.gateway?.dressed("status", message.payload) ?? message.payload });
  }

  sayHeartbeat(): void {
    const { topics, qos } = this.configuration.credentials;
    if (topics.heartbeat === undefined) return;
    this.mqtt.publish({ topic: topics.heartbeat, payload: JSON.stringify(heartbeat(this.session.device)), qos });
  }

  stop(): void {
    const { clock } = this.session.device;
    clock.cancel(this.statusTimer);
    clock.cancel(this.heartbeatTimer);
  }
}

function sayStatus(reporting: Reporting): void {
  reporting.sayStatus();
}

function sayHeartbeat(reporting: Reporting): void {
  reporting.sayHeartbeat();
}
