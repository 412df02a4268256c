/** With what the device connects to its broker. */

import {
  CONNECT_TIMEOUT_MS,
  KEEP_ALIVE_MS,
  type Message,
  type MqttOptions,
  type Qos,
} from "../../modules/mqtt/mqtt.js";
import type { Configuration } from "../../provisioning/configuration.js";
import { type Credentials, isFromXiaozhi, isGateway } from "../../provisioning/credentials.js";
import type { Device } from "../device/device.js";

/** The reference firmware's. */
const XIAOZHI_KEEP_ALIVE_MS = 240_000;

/** The part of MqttOptions that is no callback: looked up in the configuration when MQTT asks, and not copied. */
export class BrokerOptions implements Omit<MqttOptions, "onMessage"> {
  readonly device: Device;
  readonly configuration: Configuration;

  constructor(device: Device, configuration: Configuration) {
    this.device = device;
    this.configuration = configuration;
  }

  get host(): string {
    return this.configuration.credentials.host;
  }

  get port(): number {
    return this.configuration.credentials.port;
  }

  get tls(): boolean {
    return this.configuration.credentials.tls;
  }

  get clientId(): string {
    return this.configuration.credentials.clientId;
  }

  get username(): string {
    return this.configuration.credentials.username;
  }

  get password(): Credentials["password"] {
    return this.configuration.credentials.password;
  }

  get cleanSession(): boolean {
    return this.configuration.credentials.cleanSession;
  }

  get qos(): Qos {
    return this.configuration.credentials.qos;
  }

  get identity(): MqttOptions["identity"] {
    const { certificate } = this.configuration.credentials;
    const { keystore } = this.device;
    return certificate && (() => keystore.read(certificate));
  }

  get keepAliveMs(): number {
    const { pace, credentials } = this.configuration;
    return pace.keepAliveMs ?? (isFromXiaozhi(credentials) ? XIAOZHI_KEEP_ALIVE_MS : KEEP_ALIVE_MS);
  }

  get timeoutMs(): number {
    return this.configuration.pace.timeoutMs ?? CONNECT_TIMEOUT_MS;
  }

  get will(): Message | undefined {
    const { credentials } = this.configuration;
    const { status } = credentials.topics;
    if (status === undefined || isFromXiaozhi(credentials)) return undefined;
    return { topic: status, payload: '{"online":false}', retain: retainsStatus(credentials) };
  }

  /** The agent's own control topic, and the application's topics. */
  get subscribe(): readonly string[] {
    const { credentials } = this.configuration;
    const { topics } = credentials;
    // The gateway reads the first topic of SUBSCRIBE and grants that one alone.
    const others = isGateway(credentials) ? [] : Object.keys(this.device.application.topics ?? {});
    const names = ["control", ...others];
    return [...new Set(names.map((name) => topics[name]))].filter((topic) => topic !== undefined);
  }
}

/** AWS IoT's brokers keep it for whoever looks later; the device service takes it for a sign of life at each restart. */
export function retainsStatus({ certificate }: Credentials): boolean {
  return certificate !== undefined;
}
