/** Readings, one each data interval from the boot on, whether or not the broker is there: the outbox keeps them meanwhile. */

import { reportFault } from "../../modules/base/guard.js";
import { noteFailure } from "../../modules/base/log.js";
import type { Timer } from "../../modules/clock/clock.js";
import { PREFERENCES } from "../../modules/settings/preferences.js";
import type { Pace } from "../../provisioning/configuration.js";
import type { Agent } from "../application/application.js";
import type { Device } from "../device/device.js";
import { timestamp, wifiReading } from "./status.js";

interface Publisher extends Agent {
  readonly device: Device;
}

export class Telemetry {
  private publisher: Publisher;
  private intervalMs: number | undefined;
  private timer: Timer | undefined;
  private hasSpoken?: true;

  constructor(publisher: Publisher) {
    this.publisher = publisher;
  }

  /** With the boot, before there is a network; from then on it goes on by itself. @param url of the service */
  begin(url: string): void {
    const { journal } = this.publisher.device;
    if (this.intervalMs === undefined) this.keepTime(journal.stored(url)[0]?.pace);
  }

  /** With another interval than before it starts anew; at once where there has been nothing to say yet. */
  keepTime(pace: Pace | undefined): void {
    const { clock, store, build } = this.publisher.device;
    const intervalMs = PREFERENCES.read(store)?.dataIntervalMs ?? pace?.dataMs ?? build.dataIntervalMs;
    if (intervalMs === this.intervalMs && this.hasSpoken) return;
    this.intervalMs = intervalMs;
    clock.cancel(this.timer);
    this.timer = clock.every(intervalMs, takeReading, this);
    clock.after(0, takeReading, this);
  }

  /** For the timer. */
  publish(): void {
    const { publisher } = this;
    const { device } = publisher;
    const { application, log } = device;
    const reading = application.read ? application.read() : wifiReading(device);
    if (!reading) return;
    this.hasSpoken = true;
    const published = publisher.publish("data", { ...reading, timestamp: timestamp(device) });
    if (!published.ok) noteFailure(log, published.failure);
  }
}

/** A fault of the application's does not end the session. */
function takeReading(telemetry: Telemetry): void {
  try {
    telemetry.publish();
  } catch (error) {
    reportFault("reading", error);
  }
}
