/** What a connected device asks its provisioning service from time to time. */

import type { Failure } from "../../modules/base/failure.js";
import { reportFault } from "../../modules/base/guard.js";
import { noteFailure } from "../../modules/base/log.js";
import { retryDelayMs } from "../../modules/base/retry.js";
import type { Timer } from "../../modules/clock/clock.js";
import { type Configuration, sameConfiguration } from "../../provisioning/configuration.js";
import { isExpiring } from "../../provisioning/fleet/rotation.js";
import type { Activation } from "../../provisioning/protocol.js";
import type { Service } from "../../provisioning/service.js";
import type { Device } from "../device/device.js";

/** What the service says now, where the session cannot go on with what it said before. */
export type Refreshed =
  | { readonly kind: "renewed"; readonly configuration: Configuration }
  /** It wants the device activated again. */
  | { readonly kind: "unbound"; readonly activation: Activation }
  /** The certificate in use ends soon. */
  | { readonly kind: "rotate"; readonly template: string };

export interface RefreshOptions {
  readonly service: Service;
  readonly configuration: Configuration;
  onRefreshed(refreshed: Refreshed): void;
  /** The connection stays as it is; what the service says beside it is new. */
  onChanged(configuration: Configuration): void;
}

export interface Refreshing {
  /** Also by itself, on a schedule; nothing happens where it is too soon after the last time. */
  checkFirmware(): void;
  stop(): void;
}

/** After a warm boot: the broker first, the service when the first status is out; a power cut boots a whole street. */
const FIRST_REFRESH_MS = 5_000;
const FIRST_REFRESH_SPREAD_MS = 5 * 60_000;
const REFRESH_INTERVAL_MS = 24 * 60 * 60 * 1000;
/** The service takes five questions for firmware in five minutes, and one of two forms of it may be refused. */
const FIRMWARE_GAP_MS = 180_000;

/** The service has just been asked. */
export function refreshInADay({ pauses, random }: Device): void {
  pauses.begin("refresh", jittered(REFRESH_INTERVAL_MS, random));
}

export function startRefreshing(device: Device, options: RefreshOptions): Refreshing {
  const { calendar, clock, keystore, random, build, pauses } = device;
  const { service, configuration } = options;
  if (!pauses.isSet("refresh")) pauses.begin("refresh", FIRST_REFRESH_MS + random() * FIRST_REFRESH_SPREAD_MS);
  if (!pauses.isSet("check")) pauses.begin("check", random() * build.firmwareCheckIntervalMs);

  /** What is cached stays in use; the gap between two questions for firmware holds after a failure as well. */
  const fail = (asked: "service" | "firmware", failure: Failure) => {
    noteFailure(device.log, failure);
    pauses.begin(asked, Math.max(pauses.remainingMs(asked), retryDelayMs(failure, 0, random)));
  };

  async function refresh(): Promise<void> {
    refreshInADay(device);
    if (pauses.remainingMs("service") > 0) return;
    const isDue = calendar.isKnown && isExpiring(configuration, keystore, clock.nowMs());
    const template = isDue ? service.rotationTemplate(configuration) : undefined;
    if (template !== undefined) {
      options.onRefreshed({ kind: "rotate", template });
      return;
    }
    const answer = await service.query();
    if (!answer.ok) {
      fail("service", answer.failure);
    } else if (answer.value.kind === "activation") {
      options.onRefreshed({ kind: "unbound", activation: answer.value.activation });
    } else {
      const now = answer.value.configuration;
      if (!sameConfiguration(connectionOf(now), connectionOf(configuration)))
        options.onRefreshed({ kind: "renewed", configuration: now });
      else if (!sameConfiguration(now, configuration)) options.onChanged(now);
    }
  }

  async function check(): Promise<void> {
    const checked = await service.checkFirmware();
    if (!checked.ok) fail("firmware", checked.failure);
  }

  function checkFirmware(): void {
    if (pauses.remainingMs("firmware") > 0) return;
    pauses.begin("firmware", FIRMWARE_GAP_MS);
    check().catch((error) => reportFault("firmware", error));
  }

  const stops = [
    whenDue(device, "refresh", () => {
      refresh().catch((error) => reportFault("refresh", error));
    }),
    whenDue(device, "check", () => {
      pauses.begin("check", jittered(build.firmwareCheckIntervalMs, random));
      checkFirmware();
    }),
  ];
  return {
    checkFirmware,
    stop() {
      for (const stop of stops) stop();
    },
  };
}

/** The task sets the next time before anything in it can fail. */
function whenDue({ clock, pauses }: Device, due: "refresh" | "check", task: () => void): () => void {
  let timer: Timer;
  const wait = () => {
    timer = clock.after(pauses.remainingMs(due), () => {
      task();
      wait();
    });
  };
  wait();
  return () => clock.cancel(timer);
}

/** What a connection is made of; a token for the application can be new each time. */
function connectionOf(configuration: Configuration): Configuration {
  return { ...configuration, websocket: undefined, utcOffsetMinutes: undefined };
}

/** A quarter less or more, so that devices that started together do not ask together. */
function jittered(intervalMs: number, random: () => number): number {
  return intervalMs * (0.75 + random() / 2);
}
