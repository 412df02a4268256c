/** What a connected device asks its provisioning service from time to time. */

import type { Failure, Result } from "../../modules/base/failure.js";
import { reportFault } from "../../modules/base/guard.js";
import { noteFailure } from "../../modules/base/log.js";
import { retryDelayMs } from "../../modules/base/retry.js";
import type { Timer } from "../../modules/clock/clock.js";
import { type Configuration, sameConfiguration } from "../../provisioning/configuration.js";
import { isExpiring } from "../../provisioning/fleet/rotation.js";
import type { Activation } from "../../provisioning/protocol.js";
import type { Service } from "../../provisioning/service.js";
import type { Device } from "../device/device.js";

/** What the service says now, where the connection cannot go on with what it said before. */
export type Refreshed =
  | { readonly kind: "renewed"; readonly configuration: Configuration }
  /** It wants the device activated again. */
  | { readonly kind: "unbound"; readonly activation: Activation }
  /** The certificate in use ends soon. */
  | { readonly kind: "rotate"; readonly template: string };

/** A connection, and what it was made with. */
export interface RefreshWatch {
  readonly device: Device;
  readonly service: Service;
  readonly configuration: Configuration;
  onRefreshed(refreshed: Refreshed): void;
  /** The connection stays as it is; what the service says beside it is new. */
  onConfiguration(configuration: Configuration): void;
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

/** For as long as a connection lasts. What is due sets its next time before anything in it can fail. */
export class Refreshing {
  private watch: RefreshWatch;
  private refreshTimer: Timer | undefined;
  private checkTimer: Timer | undefined;

  constructor(watch: RefreshWatch) {
    this.watch = watch;
  }

  /** From now on the service is asked when it is due, and not for a command alone. */
  begin(): void {
    const { pauses, random, build, log } = this.watch.device;
    if (!pauses.isSet("refresh")) {
      pauses.begin("refresh", FIRST_REFRESH_MS + random() * FIRST_REFRESH_SPREAD_MS);
      log.note(`service: asked for settings and firmware in ${Math.ceil(pauses.remainingMs("refresh") / 1_000)} s`);
    }
    if (!pauses.isSet("check")) pauses.begin("check", random() * build.firmwareCheckIntervalMs);
    this.waitForRefresh();
    this.waitForCheck();
  }

  /** To be called where the pause is over. Whatever the answer, the next time begins then. */
  async checkFirmware(): Promise<Result<void>> {
    const { service, device } = this.watch;
    device.pauses.begin("firmware", FIRMWARE_GAP_MS);
    const checked = await service.checkFirmware();
    if (!checked.ok) this.fail("firmware", checked.failure);
    return checked;
  }

  onRefreshDue(): void {
    this.refresh().catch((error) => reportFault("refresh", error));
    this.waitForRefresh();
  }

  onCheckDue(): void {
    const { pauses, random, build } = this.watch.device;
    pauses.begin("check", jittered(build.firmwareCheckIntervalMs, random));
    if (pauses.remainingMs("firmware") === 0) this.checkFirmware().catch((error) => reportFault("firmware", error));
    this.waitForCheck();
  }

  stop(): void {
    const { clock } = this.watch.device;
    clock.cancel(this.refreshTimer);
    clock.cancel(this.checkTimer);
  }

  private waitForRefresh(): void {
    const { clock, pauses } = this.watch.device;
    this.refreshTimer = clock.after(pauses.remainingMs("refresh"), refreshDue, this);
  }

  private waitForCheck(): void {
    const { clock, pauses } = this.watch.device;
    this.checkTimer = clock.after(pauses.remainingMs("check"), checkDue, this);
  }

  private async refresh(): Promise<void> {
    const { device, service, configuration } = this.watch;
    refreshInADay(device);
    if (device.pauses.remainingMs("service") > 0) return;
    const template = this.rotationTemplate();
    if (template !== undefined) {
      this.watch.onRefreshed({ kind: "rotate", template });
      return;
    }
    const answer = await service.query();
    if (!answer.ok) {
      this.fail("service", answer.failure);
    } else if (answer.value.kind === "activation") {
      this.watch.onRefreshed({ kind: "unbound", activation: answer.value.activation });
    } else {
      const now = answer.value.configuration;
      if (!sameConfiguration(connectionOf(now), connectionOf(configuration)))
        this.watch.onRefreshed({ kind: "renewed", configuration: now });
      else if (!sameConfiguration(now, configuration)) this.watch.onConfiguration(now);
    }
  }

  /** Where the certificate in use ends soon. */
  private rotationTemplate(): string | undefined {
    const { device, service, configuration } = this.watch;
    const { calendar, clock, keystore } = device;
    const isDue = calendar.isKnown && isExpiring(configuration, keystore, clock.nowMs());
    return isDue ? service.rotationTemplate(configuration) : undefined;
  }

  /** What is cached stays in use; the gap between two questions for firmware holds after a failure as well. */
  private fail(asked: "service" | "firmware", failure: Failure): void {
    const { log, pauses, random } = this.watch.device;
    noteFailure(log, failure);
    pauses.begin(asked, Math.max(pauses.remainingMs(asked), retryDelayMs(failure, 0, random)));
  }
}

function refreshDue(refreshing: Refreshing): void {
  refreshing.onRefreshDue();
}

function checkDue(refreshing: Refreshing): void {
  refreshing.onCheckDue();
}

/** What a connection is made of; a token for the application can be new each time. */
function connectionOf(configuration: Configuration): Configuration {
  return { ...configuration, websocket: undefined, utcOffsetMinutes: undefined };
}

/** A quarter less or more, so that devices that started together do not ask together. */
function jittered(intervalMs: number, random: () => number): number {
  return intervalMs * (0.75 + random() / 2);
}
