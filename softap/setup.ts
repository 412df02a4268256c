/**
 * What a person does on the page: sends settings, watches them being tried, keeps them, forgets and prefers networks.
 * Settings are kept when the person has seen that they work, or says to keep them anyway. Those that are kept already
 * may want a code: then that is what the person watches.
 */

import type { Failure, Result } from "../modules/base/failure.js";
import { reportFault } from "../modules/base/guard.js";
import { noteFailure } from "../modules/base/log.js";
import type { Timer } from "../modules/clock/clock.js";
import {
  type Candidate,
  SETTINGS,
  type Settings,
  withoutNetwork,
  withPreferred,
} from "../modules/settings/settings.js";
import type { KnownNetwork, Network } from "../modules/wifi/wifi.js";
import type { Certificates } from "../provisioning/certificates.js";
import type { Activation, ShownCode } from "../provisioning/protocol.js";
import { type CertificateKind, HandedCertificates } from "./handed.js";
import { Keeping } from "./keeping.js";
import { stepsDone, stepsUpTo, type TrialStatus, type TrialStep } from "./model.js";
import type { SetupOptions, SetupWatcher } from "./options.js";
import { Trial, type TrialWatcher } from "./trial.js";

/** A phone that lost the access point when it changed its channel comes back within this time, or not at all. */
const UNSEEN_MS = 15_000;
/** Nobody watches when the last step is done: a page that is there asks every second. */
const UNSEEN_END_MS = 5_000;
/** The page that shows the steps has to be on the phone before the access point may move to another channel. */
const SHOW_FIRST_MS = 1_000;
/** What failed stands on the page for so long before the code that was waited for takes its place. */
const READ_MS = 60_000;
/** The page goes to its last address, and the phone's system asks once more whether it is online. */
const LAST_PAGE_MS = 6_000;

export class Setup implements TrialWatcher {
  scanning = false;
  readonly certificates: HandedCertificates;
  private options: SetupOptions;
  private watcher: SetupWatcher;
  private _status: TrialStatus;
  /** Of the trial that began last. */
  private keeping: Keeping | undefined;
  /** Until it is released, given up or not: there is one at a time. */
  private trial: Trial | undefined;
  private isEnding = false;
  /** There is one thing at a time to wait for: the beginning of a trial, a visitor, a reader, the end. */
  private timer: Timer | undefined;

  constructor(options: SetupOptions, watcher: SetupWatcher) {
    this.options = options;
    this.watcher = watcher;
    this.certificates = new HandedCertificates(options.store);
    this._status = { phase: "idle", failure: options.failure };
  }

  get status(): TrialStatus {
    return this._status;
  }

  get stored(): Settings | undefined {
    return SETTINGS.read(this.options.store);
  }

  /** In range, strongest first. */
  get networks(): readonly Network[] {
    return this.options.io.wifi.lastFound;
  }

  /** Why the stored settings do not work; nothing of those that are only tried. */
  get storedFailure(): Failure | undefined {
    return this._status.phase === "failed" && this._status.kept ? this._status.failure : this.options.failure;
  }

  /** What was sent last. */
  get candidate(): Candidate | undefined {
    return this.keeping?.candidate;
  }

  /** Networks whose passwords the device has. @param stored what `stored` gave: each reading goes to the flash */
  known(stored: Settings | undefined): KnownNetwork[] {
    const networks = stored?.networks ?? [];
    return this.candidate ? [this.candidate.network, ...networks] : [...networks];
  }

  /** A trial is under way, a code that was not entered yet included, or has ended well. */
  get isBusy(): boolean {
    return this._status.phase !== "idle" && this._status.phase !== "failed";
  }

  /** The code that was pending when the portal opened is waited for from now on. */
  begin(): void {
    Setup.tryStored(this, this.options.pending?.activation);
  }

  /** Begins a trial; another one that is under way is given up. */
  submit(candidate: Candidate, certificates: Certificates): void {
    if (this.isEnding) return;
    // What the one before still asks of its network ends with it.
    if (this.isBusy) this.options.io.wifi.leave();
    this.abandon();
    this.certificates.take(certificates);
    this.start(new Keeping(this.options, candidate, this.certificates), undefined);
  }

  /** The page shows the present status to somebody. */
  seen(): void {
    const { phase } = this._status;
    if (phase !== "activating" && phase !== "done") return;
    if (!this.keep() || phase !== "done" || this.isEnding) return;
    this.isEnding = true;
    this.wait(LAST_PAGE_MS, Setup.end);
  }

  /** Stores what was sent although it does not work here and now. */
  keepAnyway(): void {
    const status = this._status;
    if (status.phase !== "failed" || status.kept || !this.keep()) return;
    this.become({ phase: "done", ssid: status.ssid, url: status.url, activated: false });
    this.seen();
  }

  /** Also the network that is in use, or being tried. */
  forget(ssid: string): void {
    if (this.candidate?.network.ssid === ssid) this.forgetCandidate();
    this.change((settings) => withoutNetwork(settings, ssid));
    if (!this.isBusy) this.options.io.wifi.leave();
    SETTINGS.scrub(this.options.store); // its password
  }

  /** Also those that are being tried. */
  forgetCertificates(kind: CertificateKind): void {
    if (this.isBusy && !this.keeping?.isKept) this.forgetCandidate();
    this.tell(this.certificates.forget(kind));
  }

  prefer(ssid: string): void {
    this.change((settings) => withPreferred(settings, ssid));
  }

  /** Listens for networks; the phones stay. */
  scan(): void {
    if (this.scanning || this.isBusy) return;
    this.scanning = true;
    this.options.io.wifi
      .scan({ passive: true })
      .catch((error) => reportFault("scan", error))
      .finally(() => {
        this.scanning = false;
      });
  }

  /** Nobody watches any more. */
  close(): void {
    if (this.isBusy) this.leave();
    this.abandon();
  }

  onStep(step: TrialStep): void {
    const done = stepsUpTo(step);
    if (done.length > stepsDone(this._status).length) this.become({ phase: "trying", ...this.keeping!.where, done });
  }

  onActivation(shown: ShownCode): void {
    this.become({ phase: "activating", ...this.keeping!.where, shown });
    if (!this.keeping!.isKept) this.wait(UNSEEN_MS, Setup.unseen);
  }

  onEnd(failure: Failure | undefined): void {
    if (failure) {
      this.fail(failure, stepsDone(this._status));
      return;
    }
    const keeping = this.keeping!;
    const activated = this._status.phase === "activating";
    this.become({ phase: "done", ...keeping.where, activated });
    // Who entered the code has seen that the settings work.
    this.wait(keeping.isKept || activated ? UNSEEN_END_MS : UNSEEN_MS, Setup.unseen);
  }

  onReleased(): void {
    this.trial = undefined;
    // What took its place has waited for it.
    if (this._status.phase === "trying" && !this.timer) Setup.launch(this);
  }

  /** @param activation without it the network is joined and the service asked once more */
  private static tryStored(setup: Setup, activation?: Activation): void {
    const { io, pending } = setup.options;
    if (!pending) return;
    const { networks, url, protocol, language } = pending.settings;
    const { ssid } = io.wifi.status();
    const network = networks.find((known) => known.ssid === ssid) ?? networks[0]!;
    setup.start(new Keeping(setup.options, { network, url, protocol, language }), activation);
  }

  private start(keeping: Keeping, activation: Activation | undefined): void {
    this.keeping = keeping;
    this.become({ phase: "trying", ...keeping.where, done: activation ? stepsUpTo("service") : [] });
    if (activation) {
      Setup.launch(this, activation);
      return;
    }
    this.options.io.log.event({ state: "connecting", to: "wifi" });
    this.wait(SHOW_FIRST_MS, Setup.launch);
  }

  /** Where one that was given up still waits for an answer, it is its release that leads here again. */
  private static launch(setup: Setup, activation?: Activation): void {
    setup.timer = undefined;
    if (setup.trial) return;
    setup.trial = new Trial(setup.options, setup.keeping!, setup, activation);
    void setup.trial.run();
  }

  /** Of whatever is under way nothing is heard any more. */
  private abandon(): void {
    this.trial?.giveUp();
    this.waitNoMore();
    this.become({ phase: "idle", failure: undefined });
  }

  private forgetCandidate(): void {
    this.close();
    this.keeping = undefined;
  }

  /** A network that is not kept must not be taken for one of the stored ones. */
  private leave(): void {
    if (this.keeping && !this.keeping.isKept) this.options.io.wifi.leave();
  }

  /** The display follows the page. */
  private become(status: TrialStatus): void {
    const before = this._status;
    this._status = status;
    const shown = status.phase === "activating" ? status.shown : undefined;
    const code = before.phase === "activating" ? before.shown.code : undefined;
    if (shown?.code !== code) this.options.showCode(shown);
  }

  private fail(failure: Failure, done: readonly TrialStep[]): void {
    const keeping = this.keeping!;
    keeping.takeBack(failure);
    // What the service gave may be given once only.
    if (keeping.isKept) keeping.keep(this.options.io.log);
    noteFailure(this.options.io.log, failure);
    this.leave();
    this.become({ phase: "failed", ...keeping.where, done, failure, kept: keeping.isKept });
    // The stored settings still wait for their code: back to it when the person has read what is wrong with others.
    if (keeping.isKept) this.waitNoMore();
    else this.wait(READ_MS, Setup.tryStored);
    this.watcher.onFailed(failure);
  }

  /** @returns false where the flash takes no more: the status says so */
  private keep(): boolean {
    const kept = this.keeping!.keep(this.options.io.log);
    if (kept.ok) return true;
    this.trial?.giveUp();
    this.fail(kept.failure, []);
    return false;
  }

  private change(change: (settings: Settings) => Settings): void {
    const { stored } = this;
    if (stored) this.tell(SETTINGS.write(this.options.store, change(stored)));
  }

  private tell(written: Result<void>): void {
    if (!written.ok && !this.isBusy) this.become({ phase: "idle", failure: written.failure });
  }

  /** In the place of what was waited for before. */
  private wait(delayMs: number, task: (setup: Setup) => void): void {
    this.waitNoMore();
    this.timer = this.options.io.clock.after(delayMs, task, this);
  }

  private waitNoMore(): void {
    this.options.io.clock.cancel(this.timer);
    this.timer = undefined;
  }

  /** What works is not thrown away because the phone did not come back to see it. */
  private static unseen(setup: Setup): void {
    setup.timer = undefined;
    if (setup.keep() && setup._status.phase === "done") setup.options.onKept();
  }

  private static end(setup: Setup): void {
    setup.options.onKept();
  }
}
