/** Takes what services offer: whether, when, and what becomes of it. */
import { adviceOf, advise, type Failure, failed, type Result } from "../base/failure.js";
import { reportFault } from "../base/guard.js";
import { type Log, noteFailure, type RestartReason } from "../base/log.js";
import { retryDelayMs } from "../base/retry.js";
import type { Clock, Timer } from "../clock/clock.js";
import type { Calendar } from "../clock/set.js";
import type { HttpStream } from "../http/stream.js";
import { PREFERENCES } from "../settings/preferences.js";
import type { Store } from "../storage/storage.js";
import type { System } from "../system/system.js";
import type { Firmware } from "./firmware.js";
import { Installation, type Installed } from "./installation.js";
import { type Decision, decide, demandsOf, type UpdateBuild } from "./policy.js";
import {
  type ImageId,
  imageOf,
  isSameImage,
  OUTCOMES,
  type Outcome,
  PENDING,
  type Pending,
  pendingOf,
  withOutcome,
} from "./records.js";
import { endOf, judgeOffline, judgeStart, TRIAL_LIMIT_MS, TRIAL_ONLINE_MS, type Verdict } from "./trial.js";
import type { FirmwareOffer, FoundUpdate, UpdateStatus, Updates, UpdateWatch } from "./update.js";

export interface UpdateParts {
  readonly clock: Clock;
  readonly random: () => number;
  readonly calendar: Calendar;
  readonly log: Log;
  readonly system: System;
  readonly store: Store;
  readonly firmware: Firmware;
  readonly stream: HttpStream;
  readonly build: UpdateBuild;
  /** Why it must not be restarted now, in a word; undefined where it may. */
  readonly application: { readonly busy?: (() => string | undefined) | undefined };
}

/** How often it is looked whether what postpones an update is over. */
const RECHECK_MS = 60_000;
/** After the broker's answer: a download that began among the session's first messages left 400 slots. */
const SETTLE_MS = 3_000;
/** The last status needs the time to leave the socket. */
const LAST_WORDS_MS = 500;
/** So many tries of all sources; then the offer has to come again. */
const MAX_ROUNDS = 8;
/** What came is spoilt on its way once or twice, not always. */
const MAX_MISTAKES = 3;
/** Somebody's wish holds for what the service offers within this time. */
const ASKED_MS = 5 * 60_000;

export class Updater implements Updates {
  status: UpdateStatus | undefined;
  private parts: UpdateParts;
  /** Those of the record, and what it had no room for. */
  private known: readonly Outcome[];
  private offer: FirmwareOffer | undefined;
  private told: string | undefined;
  private watch: UpdateWatch | undefined;
  private installation: Installation | undefined;
  private isOnTrial = false;
  /** The image that was taken back, whose guilt shows when this one comes online. */
  private suspect: Pending | undefined;
  private isReady = false;
  private rounds = 0;
  /** Ticks; what failed is not tried again sooner. */
  private notBeforeMs = 0;
  /** Ticks. */
  private settledMs = 0;
  private askedUntilMs = Number.NEGATIVE_INFINITY;
  /** Between a question and its answer. */
  private found: FoundUpdate | undefined;
  private retry: Timer | undefined;

  constructor(parts: UpdateParts) {
    this.parts = parts;
    this.known = OUTCOMES.read(parts.store) ?? [];
  }

  start(restart: () => void): void {
    const { clock, firmware, build, log, system } = this.parts;
    const pending = PENDING.read(this.parts.store);
    const start = judgeStart(pending, firmware.boot, { version: build.firmwareVersion, reset: system.resetReason() });
    switch (start.kind) {
      case "nothing":
        return;
      case "trial": {
        const image = pending?.image ?? { version: build.firmwareVersion, sha256: undefined };
        this.isOnTrial = true;
        this.keep({ ...(pending ?? pendingOf(image)), stage: "trial", end: undefined });
        this.status = { version: image.version, state: "trial" };
        log.note(`firmware: ${image.version} is on trial`);
        clock.after(TRIAL_LIMIT_MS, () => this.isOnTrial && restart());
        return;
      }
      case "accepted":
        this.conclude(pending!.image, "installed");
        return;
      case "not-switched":
        this.keep({ ...pending!, stage: "download" });
        return;
      case "back":
        this.cameBack(pending!, start.verdict);
    }
  }

  offered(offer: FirmwareOffer): void {
    this.offer = offer;
    this.rounds = 0;
    const { version } = offer;
    if (this.told !== version) this.parts.log.note(`firmware: ${version} is offered`);
    this.told = version;
    const found = this.consider();
    if (this.parts.clock.ticksMs() < this.askedUntilMs) this.found = found;
  }

  asked(): void {
    this.askedUntilMs = this.parts.clock.ticksMs() + ASKED_MS;
    this.rounds = 0;
    this.notBeforeMs = 0;
    this.found = undefined;
  }

  takeFound(): FoundUpdate | undefined {
    const { found } = this;
    this.found = undefined;
    return found;
  }

  online(watch: UpdateWatch): () => void {
    const { clock } = this.parts;
    this.watch = watch;
    this.settledMs = clock.ticksMs() + SETTLE_MS;
    if (this.suspect) this.cameBack(this.suspect, judgeOffline(this.suspect, clock.ticksMs()));
    const proof = this.isOnTrial ? clock.after(TRIAL_ONLINE_MS, () => this.accept()) : undefined;
    if (this.isReady) this.restart();
    else this.consider();
    return () => {
      this.watch = undefined;
      clock.cancel(proof);
      clock.cancel(this.retry);
      this.installation?.cancel();
    };
  }

  restarting(why: RestartReason): void {
    const pending = this.isOnTrial ? PENDING.read(this.parts.store) : undefined;
    if (pending) this.keep({ ...pending, end: endOf(why) });
  }

  private accept(): void {
    const { firmware, log, build, store } = this.parts;
    const version = build.firmwareVersion;
    if (!firmware.boot.accept()) {
      log.note("firmware: the bootloader does not accept it");
      return;
    }
    this.isOnTrial = false;
    log.note(`firmware: ${version} has proven itself`);
    this.conclude(PENDING.read(store)?.image ?? { version, sha256: undefined }, "installed");
    this.say({ version, state: "updated" });
    this.consider();
  }

  private cameBack(pending: Pending, verdict: Verdict): void {
    const { version } = pending.image;
    this.suspect = verdict.kind === "open" ? pending : undefined;
    const reason = verdict.kind === "open" ? "firmware-offline" : verdict.reason;
    if (verdict.kind === "open") this.keep({ ...pending, stage: "back" });
    else if (verdict.kind === "blamed") this.conclude(pending.image, reason);
    // What is in the slot is looked at once more before it is booted again.
    else this.keep({ ...pending, stage: "download", end: undefined });
    if (verdict.kind !== "open") this.parts.log.note(`firmware: ${version} was taken back, and is ${verdict.kind}`);
    noteFailure(this.parts.log, failed(reason, version).failure);
    this.say({ version, state: "rolled-back", reason, advice: adviceOf(reason) });
  }

  /** @returns what becomes of the offer; undefined where there is none, or nobody is online */
  private consider(): FoundUpdate | undefined {
    const { offer, watch } = this;
    if (!offer || !watch || this.installation || this.isOnTrial || this.isReady) return this.status;
    this.parts.clock.cancel(this.retry);
    const pauseMs = this.notBeforeMs - this.parts.clock.ticksMs();
    if (pauseMs > 0) {
      this.retryAfter(pauseMs);
      return this.status;
    }
    const decision = this.decide(offer, watch);
    switch (decision.kind) {
      case "refused":
        this.offer = undefined;
        this.parts.log.note(`firmware: ${offer.version} is left alone: ${decision.why}`);
        if (!decision.failure) return { version: offer.version, state: "refused", reason: decision.why };
        this.fail(offer.version, decision.failure);
        return this.status;
      case "postponed":
        this.retryAfter(RECHECK_MS);
        if (this.status?.state !== "postponed" || this.status.reason !== decision.by) {
          this.parts.log.note(`firmware: ${offer.version} waits: ${decision.by}`);
          this.say({ version: offer.version, state: "postponed", reason: decision.by });
        }
        return this.status;
      case "install":
        if (this.settledMs > this.parts.clock.ticksMs()) this.retryAfter(SETTLE_MS);
        else this.install(offer, decision.urls).catch((error) => reportFault("update", error));
        return { version: offer.version, state: "downloading" };
    }
  }

  private decide(offer: FirmwareOffer, { utcOffsetMinutes }: UpdateWatch): Decision {
    const { build, firmware, clock, calendar, store, application } = this.parts;
    return decide(offer, {
      currentVersion: build.firmwareVersion,
      demands: demandsOf(build, firmware.demandsSignature),
      outcomes: this.known,
      preferences: PREFERENCES.read(store) ?? {},
      nowMs: calendar.isKnown ? clock.nowMs() : undefined,
      utcOffsetMinutes,
      isAsked: clock.ticksMs() < this.askedUntilMs,
      busy: application.busy?.(),
    });
  }

  private async install(offer: FirmwareOffer, urls: readonly string[]): Promise<void> {
    const before = PENDING.read(this.parts.store);
    const installation = new Installation(this.parts, {
      offer,
      urls,
      pending: before && isSameImage(before.image, offer) ? before : pendingOf(imageOf(offer)),
      keep: (pending) => this.keep(pending),
      say: (state, percent) => this.say({ version: offer.version, state, ...(percent !== undefined && { percent }) }),
      isWanted: () => this.watch !== undefined && this.decide(offer, this.watch).kind === "install",
    });
    this.installation = installation;
    const installed = await installation.run().catch((error: unknown): Installed => {
      reportFault("update", error);
      return { kind: "failed", failure: failed("firmware-flash", String(error)).failure, isFinal: false };
    });
    this.installation = undefined;
    if (installed.kind === "switched") this.restart();
    else if (installed.kind === "postponed") this.consider();
    else this.failed(offer, installed.failure, installed.isFinal);
  }

  /** With the next session where this one is over. */
  private restart(): void {
    this.isReady = true;
    this.parts.clock.after(LAST_WORDS_MS, () => this.watch?.onReady());
  }

  private failed(offer: FirmwareOffer, failure: Failure, isFinal: boolean): void {
    const { random, log, clock } = this.parts;
    if (!this.watch) return; // the session is over: the next one goes on
    const isHopeless = isFinal || (PENDING.read(this.parts.store)?.mistakes ?? 0) >= MAX_MISTAKES;
    if (isHopeless) this.conclude(imageOf(offer), failure.reason);
    const isOver = isHopeless || ++this.rounds >= MAX_ROUNDS;
    if (isOver && this.offer === offer) this.offer = undefined;
    this.fail(offer.version, failure);
    if (!this.offer) return;
    const pauseMs = retryDelayMs(failure, this.rounds, random);
    log.note(`firmware: the next try follows in ${Math.ceil(pauseMs / 1000)} s`);
    this.notBeforeMs = clock.ticksMs() + pauseMs;
    this.consider();
  }

  private fail(version: string, failure: Failure): void {
    noteFailure(this.parts.log, failure);
    this.say({ version, state: "failed", reason: failure.reason, advice: advise(failure) });
  }

  private retryAfter(delayMs: number): void {
    this.retry = this.parts.clock.after(delayMs, () => this.consider());
  }

  private say(status: UpdateStatus): void {
    this.status = status;
    this.watch?.onChange();
  }

  /** Nothing of it is under way any more. */
  private conclude(image: ImageId, outcome: Outcome["outcome"]): void {
    this.known = withOutcome(this.known, { image, outcome });
    const written = OUTCOMES.write(this.parts.store, this.known);
    // Otherwise the next start comes to the same conclusion.
    this.note(written.ok ? PENDING.erase(this.parts.store) : written);
  }

  private keep(pending: Pending): Result<void> {
    return this.note(PENDING.write(this.parts.store, pending));
  }

  private note(result: Result<void>): Result<void> {
    if (!result.ok) noteFailure(this.parts.log, result.failure);
    return result;
  }
}
