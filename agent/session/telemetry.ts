/** Readings, one each data interval, whether or not the broker is there: the outbox keeps them meanwhile. */

import { reportFault } from "../../modules/base/guard.js";
import { noteFailure } from "../../modules/base/log.js";
import type { Timer } from "../../modules/clock/clock.js";
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

  constructor(publisher: Publisher) {
    this.publisher = publisher;
  }

  /** From the first connection on; with another interval it starts anew. */
  begin(intervalMs: number): void {
    if (intervalMs === this.intervalMs) return;
    const { clock } = this.publisher.device;
    this.intervalMs = intervalMs;
    clock.cancel(this.timer);
    this.timer = clock.every(intervalMs, takeReading, this.publisher);
    takeReading(this.publisher);
  }
}

/** A fault of the application's does not end the session. */
function takeReading(publisher: Publisher): void {
  try {
    publishReading(publisher);
  } catch (error) {
    reportFault("reading", error);
  }
}

function publishReading(publisher: Publisher): void {
  const { device } = publisher;
  const { application, log } = device;
  const reading = application.read ? application.read() : wifiReading(device);
  if (!reading) return;
  const published = publisher.publish("data", { ...reading, timestamp: timestamp(device) });
  if (!published.ok) noteFailure(log, published.failure);
}
