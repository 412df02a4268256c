/**
 * The safe state, which five crashes in a row lead to: nothing of the product's runs, and nothing that waits in flash or at
 * the broker is taken. With the stored networks and credentials the device is online for an operator, who sees how it is
 * and sends firmware. After an hour it is in full again.
 */

import type { Failure } from "../../modules/base/failure.js";
import { retryDelayMs } from "../../modules/base/retry.js";
import { sleep } from "../../modules/clock/clock.js";
import { joinKnown } from "../../modules/wifi/join.js";
import { pauseWhileJoined } from "../../modules/wifi/pause.js";
import { leavesSilent } from "../../modules/wifi/silence.js";
import type { Application } from "../application/application.js";
import { Connection, type Ending } from "../session/connection.js";
import type { Session } from "../session/session.js";
import { Online, STABLE_SESSION_MS } from "./online.js";
import { readSettings } from "./portal.js";
import { beginApplication, forgetPauses, forgetStarts, pauseAfter, SOUND_START_MS } from "./starts.js";

/** Up to a quarter more: devices that one message has crashed must not all come back at once. */
const SAFE_MS = 60 * 60_000;
/** How often it is looked whether that is over. */
const LOOK_MS = 60_000;
/** One round: the next try is another one. */
const JOIN = Object.freeze({ limitMs: 0, passive: false, isWanted: () => true });
const NO_APPLICATION: Application = Object.freeze({});

/** @returns why the device is to restart; undefined: it goes on as after any start */
export async function liveSafely(session: Session, crashes: number): Promise<"update" | "command" | undefined> {
  const { device } = session;
  const { clock, log, random, application } = device;
  session.setSafe(true);
  device.application = NO_APPLICATION;
  log.note(`safe: it has crashed ${crashes} times in a row: no more than status, diagnose, update and reboot works`);
  const retryMs = pauseAfter(crashes, random);
  log.event({ state: "safe", retryMs });
  await sleep(clock, retryMs);
  clock.after(SOUND_START_MS, forgetPauses, device);
  const why = await new Safe(session, clock.ticksMs() + SAFE_MS * (1 + random() / 4)).live();
  if (why) return why;
  log.note("safe: the hour is over, and all works again");
  session.setSafe(false);
  device.application = application;
  clock.after(SOUND_START_MS, forgetStarts, device);
  beginApplication(device);
  return undefined;
}

class Safe {
  private session: Session;
  /** In the clock's ticks. */
  private endMs: number;
  private attempt = 0;
  private watch: SafeOnline | undefined;
  private connection: Connection | undefined;

  constructor(session: Session, endMs: number) {
    this.session = session;
    this.endMs = endMs;
  }

  async live(): Promise<"update" | "command" | undefined> {
    const { clock } = this.session.device;
    const looks = clock.every(LOOK_MS, look, this);
    while (this.leftMs > 0) {
      const ending = await this.connect();
      if (ending?.kind === "update") return "update";
      if (ending && ending.kind !== "lost") return "command";
      await this.pause(ending?.failure);
    }
    clock.cancel(looks);
    return undefined;
  }

  private get leftMs(): number {
    return Math.round(this.endMs - this.session.device.clock.ticksMs());
  }

  /** @returns undefined where nothing is stored to connect with: neither the portal nor a service is asked for it */
  private async connect(): Promise<Ending | undefined> {
    // In a turn of its own: what is stored is checked deep down.
    await undefined;
    const { session, attempt } = this;
    const { device } = session;
    const settings = readSettings(device);
    const stored = settings ? device.journal.stored(settings.url) : [];
    const configuration = stored[attempt % stored.length];
    if (!settings?.networks.length || !configuration) return undefined;
    if (!device.wifi.joined) {
      const joined = await joinKnown(device, settings.networks, JOIN);
      if (!joined.ok) return { kind: "lost", failure: joined.failure };
    }
    const watch = new SafeOnline(device, settings, configuration);
    this.watch = watch;
    this.connection = new Connection(session, watch);
    const ending = await this.connection.run();
    if (watch.lastedMs >= STABLE_SESSION_MS) this.attempt = 0;
    if (ending.kind === "lost") leavesSilent(device, settings.networks, ending.failure);
    return ending;
  }

  private async pause(failure: Failure | undefined): Promise<void> {
    const { device } = this.session;
    const { leftMs } = this;
    if (leftMs <= 0) return;
    const retryMs = failure ? Math.min(leftMs, retryDelayMs(failure, this.attempt++, device.random)) : leftMs;
    device.log.event({ state: "safe", ...(failure && { reason: failure.reason }), retryMs });
    await pauseWhileJoined(device, retryMs);
  }

  /** For the timer. An operator's firmware is waited for. */
  look(): void {
    if (this.leftMs <= 0 && !this.watch?.isUpdating) this.connection?.close();
  }
}

/** Nothing of what is stored is changed by it. */
class SafeOnline extends Online {
  override onProven(): void {}

  protected override sayOnline(): void {
    this.device.log.event({ state: "safe", broker: this.broker });
  }
}

function look(safe: Safe): void {
  safe.look();
}
