/** Waiting for the broker, with whatever makes sense meanwhile. */

import type { Failure } from "../../modules/base/failure.js";
import { noteFailure } from "../../modules/base/log.js";
import type { Configuration } from "../../provisioning/configuration.js";
import { isBlocked, pauseStandingIn } from "../../provisioning/stand-in/schedule.js";
import type { Device } from "../device/device.js";
import type { Waiting } from "../session/outbox/outbox.js";
import { status } from "../session/reports.js";

/** @returns false, and sooner, when the Wi-Fi is lost: there is something else to do then */
export function pause({ clock, wifi }: Device, pauseMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const end = (isWhole: boolean) => {
      wifi.onLost = undefined;
      clock.cancel(timer);
      resolve(isWhole);
    };
    const timer = clock.after(pauseMs, () => end(true));
    wifi.onLost = () => end(false);
  });
}

/**
 * The pause before the next try of the broker: where MQTT stays blocked HTTP stands in for it.
 * @param tries of the broker in a row that failed, `failure` the last of them
 */
export async function pauseOffline(
  device: Device,
  pauseMs: number,
  { standIn, pace }: Configuration,
  failure: Failure,
  tries: number,
): Promise<void> {
  if (!standIn || !isBlocked(failure, tries)) {
    await pause(device, pauseMs);
    return;
  }
  const { outbox, log, wifi } = device;
  let readings: readonly Waiting[] = [];
  await pauseStandingIn(device, pauseMs, {
    ...{ standIn, pace, tries },
    status: () => status(device),
    oldest(count) {
      readings = outbox.oldest("data", count);
      return readings;
    },
    onTaken(count) {
      log.note(`HTTP stands in for MQTT: ${count} readings are with the service`);
      outbox.taken(readings.slice(0, count));
    },
    onFailure: (refused) => noteFailure(log, refused),
    // It may have been lost while something was uploaded.
    wait: async (leftMs) => wifi.joined && pause(device, leftMs),
  });
}
