/** Readings, one each data interval, whether or not the broker is there: the outbox keeps them meanwhile. */

import { guarded } from "../../modules/base/guard.js";
import { noteFailure } from "../../modules/base/log.js";
import type { Timer } from "../../modules/clock/clock.js";
import type { Device } from "../device/device.js";
import { publisher } from "./publish.js";
import { timestamp, wifiReading } from "./reports.js";

export class Telemetry {
  #intervalMs: number | undefined;
  #timer: Timer | undefined;

  /** From the first connection on; with another interval it starts anew. */
  begin(device: Device, intervalMs: number): void {
    if (intervalMs === this.#intervalMs) return;
    this.#intervalMs = intervalMs;
    device.clock.cancel(this.#timer);
    const read = guarded("reading", () => say(device));
    this.#timer = device.clock.every(intervalMs, read, undefined);
    read();
  }
}

function say(device: Device): void {
  const { read } = device.application;
  const reading = read ? read() : wifiReading(device);
  if (!reading) return;
  const added = publisher(device)("data", { ...reading, timestamp: timestamp(device) });
  if (!added.ok) noteFailure(device.log, added.failure);
}
