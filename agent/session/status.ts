/** What the device says of itself. */

import type { Device } from "../device/device.js";
import type { OutboxStats } from "./outbox/queue.js";

/** What the status tells of the session. */
export interface Reported {
  readonly device: Device;
  readonly outbox: { readonly stats: OutboxStats };
  /** To a broker, since the start. */
  readonly connections: number;
  /** In the state `safe`. */
  readonly isSafe: boolean | undefined;
}

/**
 * For the status topic; as the device provisioning service's brokers expect it, and more.
 * @param connections with the one that it leaves on
 */
export function status({ device, outbox, isSafe, connections: before }: Reported, connections = before): object {
  const { wifi, system, build, updates } = device;
  const { address, rssi } = wifi.status();
  return {
    online: true,
    safe: isSafe || undefined,
    ip_address: address,
    rssi,
    free_heap: system.freeHeapBytes(),
    uptime: uptimeSeconds(device),
    firmware_version: build.firmwareVersion,
    reset_reason: system.resetReason(),
    storage_repaired: system.storageRepair()?.error,
    reconnects: Math.max(0, connections - 1),
    // What waits in flash has not been read then.
    outbox: isSafe ? undefined : outbox.stats,
    update: updates.status,
    timestamp: timestamp(device),
  };
}

/** For who looks for a fault: built on request, and kept nowhere. */
export function diagnosis(device: Device): object {
  const { system } = device;
  return {
    reset_reason: system.resetReason(),
    storage_repaired: system.storageRepair()?.error,
    uptime: uptimeSeconds(device),
    ...system.diagnose(),
  };
}

/** For the heartbeat topic, where the service names one. */
export function heartbeat(device: Device): object {
  return { uptime: uptimeSeconds(device), timestamp: timestamp(device) };
}

/** The one sensor that every board has; undefined while there is nothing to measure. */
export function wifiReading(device: Device): object | undefined {
  const { wifi } = device;
  return wifi.joined ? { sensor: "wifi", rssi: wifi.status().rssi, uptime: uptimeSeconds(device) } : undefined;
}

/** UTC, ISO 8601; undefined while nobody has told the time. */
export function timestamp({ clock, calendar }: Device): string | undefined {
  return calendar.isKnown ? new Date(clock.nowMs()).toISOString() : undefined;
}

export function uptimeSeconds({ clock }: Device): number {
  return Math.floor(clock.ticksMs() / 1000);
}
