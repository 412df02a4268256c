/** What the lifecycle makes of a connection to the broker while it lasts. */

import type { Settings } from "../../modules/settings/settings.js";
import type { UpdateStatus } from "../../modules/update/update.js";
import type { Configuration } from "../../provisioning/configuration.js";
import type { Service } from "../../provisioning/service.js";
import type { Device } from "../device/device.js";
import type { ConnectionOptions } from "../session/connection.js";
import { keep, prove } from "./identities.js";
import { serviceOf } from "./service.js";

/** A session that ended sooner was none: its end counts as a failure to connect. */
export const STABLE_SESSION_MS = 60_000;

export class Online implements ConnectionOptions {
  readonly configuration: Configuration;
  readonly service: Service;
  protected device: Device;
  private settings: Settings;
  /** In the clock's ticks. */
  private connectedMs = Number.POSITIVE_INFINITY;
  isUpdating = false;

  constructor(device: Device, settings: Settings, configuration: Configuration) {
    this.configuration = configuration;
    this.service = serviceOf(device, settings);
    this.device = device;
    this.settings = settings;
  }

  /** Negative where the broker has never accepted the device. */
  get lastedMs(): number {
    return this.device.clock.ticksMs() - this.connectedMs;
  }

  onConnected(): void {
    const { clock, silence, wifi } = this.device;
    this.connectedMs = clock.ticksMs();
    silence.end(wifi.status().ssid);
    this.sayOnline();
  }

  onProven(): void {
    prove(this.device, this.settings, this.configuration);
  }

  onUpdate(update: UpdateStatus | undefined): void {
    if (update?.percent !== undefined)
      this.device.log.event({ state: "updating", version: update.version, percent: update.percent });
    else if (this.isUpdating && (update?.state === "failed" || update?.state === "postponed")) this.sayOnline();
    this.isUpdating = update?.state === "downloading" || update?.state === "checking";
  }

  /** The connection that stands has proven it. */
  onChanged(changed: Configuration): void {
    keep(this.device, this.settings, changed);
    prove(this.device, this.settings, changed);
  }

  protected sayOnline(): void {
    this.device.log.event({ state: "online", broker: this.broker });
  }

  protected get broker(): string {
    const { host, port } = this.configuration.credentials;
    return `${host}:${port}`;
  }
}
