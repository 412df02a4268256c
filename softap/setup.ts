/**
 * What a person does on the page: sends settings, watches them being tried, keeps them, forgets and prefers networks.
 * Settings are kept when the person has seen that they work, or says to keep them anyway.
 */
import { type Cancel, type Clock, sleep } from "../modules/clock/clock.js";
import { type Failure, failed, patienceOf } from "../modules/failure/failure.js";
import { reportFault } from "../modules/guard/guard.js";
import { activatingEvent, type Log, noteFailure } from "../modules/log/log.js";
import type { Claim } from "../modules/settings/claim.js";
import {
  type Candidate,
  type KnownNetwork,
  type Settings,
  withCandidate,
  withoutNetwork,
  withPreferred,
} from "../modules/settings/settings.js";
import type { StoredRecord } from "../modules/storage/record.js";
import type { Network } from "../modules/wifi/wifi.js";
import type { Configuration } from "../provisioning/configuration.js";
import type { Journal } from "../provisioning/journal.js";
import type { Activation, Waiting } from "../provisioning/protocol.js";
import type { TrialStatus, TrialStep } from "./model.js";
import { runTrial, type TrialOptions } from "./trial.js";

export interface SetupOptions {
  readonly io: TrialOptions["io"] & { readonly clock: Clock; readonly log: Log };
  readonly settings: StoredRecord<Settings>;
  readonly claim: StoredRecord<Claim>;
  readonly journal: Journal;
  /** In range, from a scan before the access point was opened. */
  readonly networks: readonly Network[];
  /** Settings that work but for a code that a person has to enter: the portal shows it from its first moment on. */
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
/** The page goes to its last address, and the phone's system asks once more whether it is online. */
const LAST_PAGE_MS = 6_000;

export class Setup {
  networks: readonly Network[];
  scanning = false;
  /** Fulfilled when the settings are kept and the page was told. */
  readonly ended: Promise<void>;
  #options: SetupOptions;
  #end!: () => void;
  #status: TrialStatus;
  #candidate: Candidate | undefined;
  #claim: Claim | undefined;
  #hasStoredClaim: boolean;
  #configuration: Configuration | undefined;
  #isKept = false;
  /** What was stored before the candidate was. */
  #before: Settings | undefined;
  #isEnding = false;
  #waiting: Waiting = { isOver: true };
  #cancelUnseen: Cancel | undefined;

  constructor(options: SetupOptions) {
    this.#options = options;
    this.networks = options.networks;
    this.#hasStoredClaim = options.claim.read() !== undefined;
    this.#status = { phase: "idle", failure: options.failure };
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  get status(): TrialStatus {
    return this.#status;
  }

  get stored(): Settings | undefined {
    return this.#options.settings.read();
  }

  get hasClaim(): boolean {
    return this.#claim !== undefined || this.#hasStoredClaim;
  }

  /** Why the stored settings do not work; nothing of those that are only tried. */
  get storedFailure(): Failure | undefined {
    return this.#status.phase === "failed" && this.#isKept ? this.#status.failure : this.#options.failure;
  }

  /** What was sent last. */
  get candidate(): Candidate | undefined {
    return this.#candidate;
  }

  /** Networks whose passwords the device has. @param stored what `stored` gave: each reading goes to the flash */
  known(stored: Settings | undefined): KnownNetwork[] {
    const networks = stored?.networks ?? [];
    return this.#candidate ? [this.#candidate.network, ...networks] : [...networks];
  }

  /** A trial is under way, a code that was not entered yet included, or has ended well. */
  get isBusy(): boolean {
    return !this.#waiting.isOver || this.#status.phase === "done";
  }

  /** Begins a trial; another one that is under way is given up. */
  submit(candidate: Candidate, claim: Claim | undefined): void {
    if (this.#isEnding) return;
    this.close();
    this.#candidate = candidate;
    if (claim) this.#claim = claim; // an empty box leaves the one that came before
    this.#configuration = undefined;
    this.#isKept = false;
    const waiting = { isOver: false };
    this.#waiting = waiting;
    this.#try(candidate, waiting).catch((error) => {
      reportFault("trial", error);
      if (!waiting.isOver) this.#fail(failed("internal").failure, []);
    });
  }

  /** The page shows the present status to somebody. */
  seen(): void {
    const { phase } = this.#status;
    if (phase !== "activating" && phase !== "done") return;
    if (!this.#keep() || phase !== "done" || this.#isEnding) return;
    this.#isEnding = true;
    this.#cancelUnseen?.();
    this.#options.io.clock.after(LAST_PAGE_MS, this.#end);
  }

  /** Stores what was sent although it does not work here and now. */
  keepAnyway(): void {
    const status = this.#status;
    if (status.phase !== "failed" || status.kept || !this.#keep()) return;
    this.#status = { phase: "done", ssid: status.ssid, url: status.url, activated: false };
    this.seen();
  }

  /** Also the network that is in use, or being tried. */
  forget(ssid: string): void {
    if (this.#candidate?.network.ssid === ssid) {
      this.close();
      this.#candidate = undefined;
      this.#status = { phase: "idle", failure: undefined };
    }
    this.#change((settings) => withoutNetwork(settings, ssid));
    if (!this.isBusy) this.#options.io.wifi.leave();
    this.#options.settings.scrub(); // its password
  }

  prefer(ssid: string): void {
    this.#change((settings) => withPreferred(settings, ssid));
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
    this.#cancelUnseen?.();
    if (isBusy) this.#leave();
  }

  /** A code was seen, and the service refused after it: what worked before stands again. Less ends by itself. */
  #takeBack(failure: Failure): void {
    const { settings } = this.#options;
    if (!this.#isKept || patienceOf(failure) === "soon") return;
    const restored = this.#before ? settings.write(this.#before) : settings.erase();
    this.#isKept = !restored.ok;
  }

  /** A network that is not kept must not be taken for one of the stored ones. */
  #leave(): void {
    if (this.#candidate && !this.#isKept) this.#options.io.wifi.leave();
  }

  async #try(candidate: Candidate, waiting: Waiting): Promise<void> {
    const { io } = this.#options;
    const { ssid } = candidate.network;
    const { url } = candidate;
    const done: TrialStep[] = [];
    let wasAsked = false;
    this.#status = { phase: "trying", ssid, url, done: [] };
    io.log.event({ state: "connecting", to: "wifi" });
    await sleep(io.clock, SHOW_FIRST_MS);
    if (waiting.isOver) return;
    const result = await runTrial({
      io,
      candidate,
      waiting,
      onStep: (step) => {
        if (!done.includes(step)) done.push(step);
        if (!waiting.isOver) this.#status = { phase: "trying", ssid, url, done: [...done] };
      },
      onQuery: () => io.log.event({ state: "provisioning" }),
      onActivation: (activation) => {
        if (waiting.isOver) return;
        io.log.event(activatingEvent(activation));
        wasAsked = true;
        this.#status = {
          phase: "activating",
          ssid,
          url,
          shown: { code: activation.code, message: activation.message, url: activation.url },
        };
        if (!this.#isKept) this.#expectVisitor(UNSEEN_MS);
      },
    });
    if (waiting.isOver) return;
    waiting.isOver = true;
    if (!result.ok) {
      this.#fail(result.failure, done);
      return;
    }
    this.#configuration = result.value;
    this.#status = { phase: "done", ssid, url, activated: wasAsked };
    // Who entered the code has seen that the settings work.
    this.#expectVisitor(this.#isKept || wasAsked ? UNSEEN_END_MS : UNSEEN_MS);
  }

  /** What works is not thrown away because the phone did not come back to see it. */
  #expectVisitor(unseenMs: number): void {
    this.#cancelUnseen?.();
    this.#cancelUnseen = this.#options.io.clock.after(unseenMs, () => {
      if (this.#keep() && this.#status.phase === "done") this.#end();
    });
  }

  #fail(failure: Failure, done: readonly TrialStep[]): void {
    this.#waiting.isOver = true;
    this.#cancelUnseen?.();
    this.#takeBack(failure);
    noteFailure(this.#options.io.log, failure);
    this.#leave();
    const { network, url } = this.#candidate!;
    this.#status = { phase: "failed", ssid: network.ssid, url, done, failure, kept: this.#isKept };
    this.#options.onFailed(failure);
  }

  /** @returns false where the flash takes no more: the status says so */
  #keep(): boolean {
    const { settings, claim, journal } = this.#options;
    const candidate = this.#candidate!;
    if (!this.#isKept) {
      this.#before = this.stored;
      const claimKept = this.#claim ? claim.write(this.#claim) : undefined;
      const kept = claimKept && !claimKept.ok ? claimKept : settings.write(withCandidate(this.#before, candidate));
      if (!kept.ok) {
        this.#fail(kept.failure, []);
        return false;
      }
      this.#isKept = true;
    }
    // Without them the device asks the service again after the restart.
    const written = this.#configuration && journal.keep(candidate.url, this.#configuration);
    if (written && !written.ok) noteFailure(this.#options.io.log, written.failure);
    return true;
  }

  #change(change: (settings: Settings) => Settings): void {
    const { stored } = this;
    const written = stored && this.#options.settings.write(change(stored));
    if (written && !written.ok && !this.isBusy) this.#status = { phase: "idle", failure: written.failure };
  }
}
