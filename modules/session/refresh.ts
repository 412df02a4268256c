/** What a connected device asks its provisioning service from time to time. */
import { type Configuration, sameConfiguration } from "../../provisioning/configuration.js";
import type { Activation } from "../../provisioning/protocol.js";
import type { Service } from "../../provisioning/protocols.js";
import type { Cancel, Clock } from "../clock/clock.js";
import type { Failure } from "../failure/failure.js";
import { reportFault } from "../guard/guard.js";
import type { Device } from "../lifecycle/device.js";
import { noteFailure } from "../log/log.js";
import type { Asked } from "../retry/pauses.js";
import { retryDelayMs } from "../retry/retry.js";

/** What the service says now, where it is not what it said before. */
export type Refreshed =
  | { readonly kind: "renewed"; readonly configuration: Configuration }
  /** It wants the device activated again. */
  | { readonly kind: "unbound"; readonly activation: Activation };

export interface RefreshOptions {
  readonly service: Service;
  readonly configuration: Configuration;
  /** The configuration comes from flash and the service was not asked in this boot: ask it soon, not in a day. */
  readonly soon: boolean;
  onRefreshed(refreshed: Refreshed): void;
}

export interface Refreshing {
  /** Also by itself, on a schedule. */
  checkFirmware(): void;
  stop(): void;
}

/** After a warm boot: the broker first, the service when the first status is out; a power cut boots a whole street. */
const FIRST_REFRESH_MS = 5_000;
const FIRST_REFRESH_SPREAD_MS = 5 * 60_000;
const REFRESH_INTERVAL_MS = 24 * 60 * 60 * 1000;
/** The service takes five questions for firmware in five minutes. */
const FIRMWARE_GAP_MS = 90_000;

export function startRefreshing(device: Device, options: RefreshOptions): Refreshing {
  const { clock, random, build, pauses } = device;
  const { service, configuration, onRefreshed } = options;
  /** What is cached stays in use. */
  const fail = (asked: Asked, failure: Failure) => {
    noteFailure(device.log, failure);
    pauses.begin(asked, retryDelayMs(failure, 0, random));
  };

  async function refresh(): Promise<void> {
    if (pauses.remainingMs("service") > 0) return;
    const answer = await service.query();
    if (!answer.ok) fail("service", answer.failure);
    else if (answer.value.kind === "activation") {
      onRefreshed({ kind: "unbound", activation: answer.value.activation });
    } else if (!sameConfiguration(answer.value.configuration, configuration)) {
      onRefreshed({ kind: "renewed", configuration: answer.value.configuration });
    }
  }

  async function check(): Promise<void> {
    if (pauses.remainingMs("firmware") > 0) return;
    pauses.begin("firmware", FIRMWARE_GAP_MS);
    const checked = await service.checkFirmware();
    if (!checked.ok) fail("firmware", checked.failure);
  }

  const ask = (what: string, task: () => Promise<void>) => () => {
    task().catch((error) => reportFault(what, error));
  };
  const checkFirmware = ask("firmware", check);
  const cancels = [
    every(clock, jittered(REFRESH_INTERVAL_MS, random), ask("refresh", refresh)),
    every(clock, jittered(build.firmwareCheckIntervalMs, random), checkFirmware),
  ];
  if (options.soon)
    cancels.push(clock.after(FIRST_REFRESH_MS + random() * FIRST_REFRESH_SPREAD_MS, ask("refresh", refresh)));
  return {
    checkFirmware,
    stop() {
      for (const cancel of cancels) cancel();
    },
  };
}

/** The next time is set before the task runs: a fault in it does not end the repetition. */
export function every(clock: Clock, intervalMs: number, task: () => void): Cancel {
  let cancel: Cancel;
  const next = () => {
    cancel = clock.after(intervalMs, () => {
      next();
      task();
    });
  };
  next();
  return () => cancel();
}

/** A quarter less or more, so that devices that started together do not ask together. */
function jittered(intervalMs: number, random: () => number): number {
  return intervalMs * (0.75 + random() / 2);
}
