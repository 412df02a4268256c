/**
 * What a person does on the page: sends settings, watches them being tried, keeps them, forgets and prefers networks.
 * Settings are kept when the person has seen that they work, or says to keep them anyway. Those that are kept already
 * may want a code: then that is what the person watches.
 */

import { type Failure, failed, type Result } from "../modules/base/failure.js";
import { reportFault } from "../modules/base/guard.js";
import { type Log, noteFailure } from "../modules/base/log.js";
import { type Clock, sleep, type Timer } from "../modules/clock/clock.js";
import {
  type Candidate,
  SETTINGS,
  type Settings,
  withoutNetwork,
  withPreferred,
} from "../modules/settings/settings.js";
import type { KnownNetwork, Network } from "../modules/wifi/wifi.js";
import type { Certificates } from "../provisioning/certificates.js";
import type { Activation, ShownCode, Waiting } from "../provisioning/protocol.js";
import { type CertificateKind, HandedCertificates } from "./handed.js";
import { type Flash, Keeping } from "./keeping.js";
import { TRIAL_STEPS, type TrialStatus, type TrialStep } from "./model.js";
import { activatingEvent, runTrial, type TrialOptions } from "./trial.js";

export interface SetupOptions extends Flash {
  readonly io: TrialOptions["io"] & {
    readonly clock: Clock;
    readonly log: Log;
    /** A product's display shows the code; undefined: none is waited for any more. */
    showCode(shown: ShownCode | undefined): void;
  };
  /** In range, from a scan before the access point was opened. */
  readonly networks: readonly Network[];
  /** The stored settings, in their network, where the service wants a code: the portal shows it from the first moment. */
  readonly pending?: { readonly settings: Settings; readonly activation: Activation } | undefined;
  /** Why the portal is open, where something went wrong. */
  readonly failure: Failure | undefined;
  /** A trial has failed: the portal waits for a person again. */
  onFailed(failure: Failure): void;
}

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

export class Setup {
  networks: readonly Network[];
  scanning = false;
  readonly certificates: HandedCertificates;
  /** Fulfilled when the settings are kept and the page was told. */
  readonly ended: Promise<void>;
  #options: SetupOptions;
  #end!: () => void;
  #status: TrialStatus;
  /** Of the trial that began last. */
  #keeping: Keeping | undefined;
  #isEnding = false;
  #waiting: Waiting = { isOver: true };
  #unseen: Timer | undefined;

  constructor(options: SetupOptions) {
    this.#options = options;
    this.networks = options.networks;
    this.certificates = new HandedCertificates(options.store);
    this.#status = { phase: "idle", failure: options.failure };
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  get status(): TrialStatus {
    return this.#status;
  }

  get stored(): Settings | undefined {
    return SETTINGS.read(this.#options.store);
  }

  /** Why the stored settings do not work; nothing of those that are only tried. */
  get storedFailure(): Failure | undefined {
    return this.#status.phase === "failed" && this.#status.kept ? this.#status.failure : this.#options.failure;
  }

  /** What was sent last. */
  get candidate(): Candidate | undefined {
    return this.#keeping?.candidate;
  }

  /** Networks whose passwords the device has. @param stored what `stored` gave: each reading goes to the flash */
  known(stored: Settings | undefined): KnownNetwork[] {
    const networks = stored?.networks ?? [];
    return this.candidate ? [this.candidate.network, ...networks] : [...networks];
  }

  /** A trial is under way, a code that was not entered yet included, or has ended well. */
  get isBusy(): boolean {
    return !this.#waiting.isOver || this.#status.phase === "done";
  }

  /** The code that was pending when the portal opened is waited for from now on. */
  begin(): void {
    this.await(this.#options.pending?.activation);
  }

  /** @param activation without it the network is joined and the service asked once more */
  private await(activation: Activation | undefined): void {
    const { io, pending } = this.#options;
    if (!pending) return;
    const { networks, url, protocol } = pending.settings;
    const { ssid } = io.wifi.status();
    const network = networks.find((known) => known.ssid === ssid) ?? networks[0]!;
    this.start(new Keeping(this.#options, { network, url, protocol }), activation);
  }

  /** Begins a trial; another one that is under way is given up. */
  submit(candidate: Candidate, certificates: Certificates): void {
    if (this.#isEnding) return;
    this.close();
    this.certificates.take(certificates);
    this.start(new Keeping(this.#options, candidate, this.certificates), undefined);
  }

  /** The page shows the present status to somebody. */
  seen(): void {
    const { phase } = this.#status;
    if (phase !== "activating" && phase !== "done") return;
    if (!this.keep() || phase !== "done" || this.#isEnding) return;
    this.#isEnding = true;
    this.#options.io.clock.cancel(this.#unseen);
    this.#options.io.clock.after(LAST_PAGE_MS, this.#end);
  }

  /** Stores what was sent although it does not work here and now. */
  keepAnyway(): void {
    const status = this.#status;
    if (status.phase !== "failed" || status.kept || !this.keep()) return;
    this.#status = { phase: "done", ssid: status.ssid, url: status.url, activated: false };
    this.seen();
  }

  /** Also the network that is in use, or being tried. */
  forget(ssid: string): void {
    if (this.candidate?.network.ssid === ssid) this.giveUp();
    this.change((settings) => withoutNetwork(settings, ssid));
    if (!this.isBusy) this.#options.io.wifi.leave();
    SETTINGS.scrub(this.#options.store); // its password
  }

  /** Also those that are being tried. */
  forgetCertificates(kind: CertificateKind): void {
    if (this.isBusy && !this.#keeping?.isKept) this.giveUp();
    this.tell(this.certificates.forget(kind));
  }

  private giveUp(): void {
    this.close();
    this.#keeping = undefined;
    this.#status = { phase: "idle", failure: undefined };
  }

  prefer(ssid: string): void {
    this.change((settings) => withPreferred(settings, ssid));
  }

  /** Listens for networks; the phones stay. */
  scan(): void {
    if (this.scanning || this.isBusy) return;
    this.scanning = true;
    this.#options.io.wifi
      .scan({ passive: true })
      .then((networks) => {
        this.networks = networks;
      })
      .catch((error) => reportFault("scan", error))
      .finally(() => {
        this.scanning = false;
      });
  }

  /** Nobody watches any more. */
  close(): void {
    const { isBusy } = this;
    this.#waiting.isOver = true;
    this.#options.io.clock.cancel(this.#unseen);
    this.#options.io.showCode(undefined);
    if (isBusy) this.leave();
  }

  private start(keeping: Keeping, activation: Activation | undefined): void {
    const waiting = { isOver: false };
    this.#keeping = keeping;
    this.#waiting = waiting;
    this.try(keeping, activation, waiting).catch((error) => {
      reportFault("trial", error);
      if (!waiting.isOver) this.fail(failed("internal").failure, []);
    });
  }

  /** A network that is not kept must not be taken for one of the stored ones. */
  private leave(): void {
    if (this.#keeping && !this.#keeping.isKept) this.#options.io.wifi.leave();
  }

  private async try(keeping: Keeping, activation: Activation | undefined, waiting: Waiting): Promise<void> {
    const { io } = this.#options;
    const { candidate } = keeping;
    const { url } = candidate;
    const { ssid } = candidate.network;
    const done: TrialStep[] = activation ? [...TRIAL_STEPS] : [];
    let wasAsked = false;
    if (!activation) {
      this.#status = { phase: "trying", ssid, url, done: [] };
      io.log.event({ state: "connecting", to: "wifi" });
      await sleep(io.clock, SHOW_FIRST_MS);
      if (waiting.isOver) return;
    }
    const result = await runTrial({
      io,
      candidate,
      handed: keeping.handed,
      activation,
      waiting,
      onStep: (step) => {
        if (!done.includes(step)) done.push(step);
        if (!waiting.isOver) this.#status = { phase: "trying", ssid, url, done: [...done] };
      },
      onQuery: () => io.log.event({ state: "provisioning" }),
      onActivation: (shown) => {
        if (waiting.isOver) return;
        io.log.event(activatingEvent(shown));
        wasAsked = true;
        const { code, message, url: address } = shown;
        this.#status = { phase: "activating", ssid, url, shown: { code, message, url: address } };
        this.#options.io.showCode(this.#status.shown);
        if (!keeping.isKept) this.expectVisitor(UNSEEN_MS);
      },
    });
    if (waiting.isOver) return;
    waiting.isOver = true;
    if (!result.ok) {
      this.fail(result.failure, done);
      return;
    }
    keeping.configuration = result.value;
    this.#options.io.showCode(undefined);
    this.#status = { phase: "done", ssid, url, activated: wasAsked };
    // Who entered the code has seen that the settings work.
    this.expectVisitor(keeping.isKept || wasAsked ? UNSEEN_END_MS : UNSEEN_MS);
  }

  /** What works is not thrown away because the phone did not come back to see it. */
  private expectVisitor(unseenMs: number): void {
    this.#options.io.clock.cancel(this.#unseen);
    this.#unseen = this.#options.io.clock.after(unseenMs, () => {
      if (this.keep() && this.#status.phase === "done") this.#end();
    });
  }

  private fail(failure: Failure, done: readonly TrialStep[]): void {
    const { io, onFailed } = this.#options;
    const keeping = this.#keeping!;
    this.#waiting.isOver = true;
    this.#options.io.clock.cancel(this.#unseen);
    this.#options.io.showCode(undefined);
    keeping.takeBack(failure);
    noteFailure(io.log, failure);
    this.leave();
    const { network, url } = keeping.candidate;
    this.#status = { phase: "failed", ssid: network.ssid, url, done, failure, kept: keeping.isKept };
    // The stored settings still wait for their code: back to it when the person has read what is wrong with others.
    if (!keeping.isKept) this.#unseen = io.clock.after(READ_MS, () => this.await(undefined));
    onFailed(failure);
  }

  /** @returns false where the flash takes no more: the status says so */
  private keep(): boolean {
    const kept = this.#keeping!.keep(this.#options.io.log);
    if (!kept.ok) this.fail(kept.failure, []);
    return kept.ok;
  }

  private change(change: (settings: Settings) => Settings): void {
    const { stored } = this;
    if (stored) this.tell(SETTINGS.write(this.#options.store, change(stored)));
  }

  private tell(written: Result<void>): void {
    if (!written.ok && !this.isBusy) this.#status = { phase: "idle", failure: written.failure };
  }
}
