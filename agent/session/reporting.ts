/** Status and heartbeat, now and from time to time, for as long as a connection lasts. */

import type { Timer } from "../../modules/clock/clock.js";
import type { MqttSession } from "../../modules/mqtt/mqtt.js";
import { PREFERENCES } from "../../modules/settings/preferences.js";
import type { Configuration } from "../../provisioning/configuration.js";
import { retainsStatus } from "./broker-options.js";
import type { Gateway } from "./gateway.js";
import type { Session } from "./session.js";
import { heartbeat, status } from "./status.js";

const STATUS_INTERVAL_MS = 60_000;
/** More often than the status. */
const HEARTBEAT_INTERVAL_MS = 30_000;

/** Past the outbox: what finds no room is not said, the next one is newer. */
export class Reporting {
  private session: Session;
  private mqtt: MqttSession;
  private configuration: Configuration;
  private gateway?: Gateway;
  private statusTimer: Timer | undefined;
  private heartbeatTimer: Timer | undefined;

  constructor(session: Session, mqtt: MqttSession, configuration: Configuration, gateway: Gateway | undefined) {
    this.session = session;
    this.mqtt = mqtt;
    this.configuration = configuration;
    if (gateway) this.gateway = gateway;
    this.sayStatus();
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
    this.say(credentials.topics.status, status(this.session), retainsStatus(credentials));
  }

  sayHeartbeat(): void {
    this.say(this.configuration.credentials.topics.heartbeat, heartbeat(this.session.device), false);
  }

  stop(): void {
    const { clock } = this.session.device;
    clock.cancel(this.statusTimer);
    clock.cancel(this.heartbeatTimer);
  }

  private say(topic: string | undefined, content: object, retain: boolean): void {
    const { qos } = this.configuration.credentials;
    const text = JSON.stringify(content);
    const payload = this.gateway?.dressed("status", text) ?? text;
    if (topic !== undefined) this.mqtt.publish({ topic, payload, retain, qos });
  }
}

function sayStatus(reporting: Reporting): void {
  reporting.sayStatus();
}

function sayHeartbeat(reporting: Reporting): void {
  reporting.sayHeartbeat();
}
