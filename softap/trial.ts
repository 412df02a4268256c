/**
 * Tries what a person sent, step by step, while the access point stays up for the phone to watch; or waits for the code
 * alone, where the service that the device has been with for long wants one.
 */

import { type Failure, failed, type Result } from "../modules/base/failure.js";
import { reportFault } from "../modules/base/guard.js";
import type { LifecycleEvent } from "../modules/base/log.js";
import { parseAddress } from "../modules/data/address.js";
import { isAddress } from "../modules/data/url.js";
import type { Candidate } from "../modules/settings/settings.js";
import { JOIN_TIMEOUT_MS } from "../modules/wifi/join.js";
import { explainJoin } from "../modules/wifi/scan.js";
import type { Certificates } from "../provisioning/certificates.js";
import type { Configuration } from "../provisioning/configuration.js";
import { type ObtainOptions, obtain } from "../provisioning/obtain.js";
import type { Activation, Answer, ShownCode, Waiting } from "../provisioning/protocol.js";
import type { Service } from "../provisioning/service.js";
import type { TrialStep } from "./model.js";
import type { TrialOptions } from "./options.js";

/** What is tried. */
export interface Tried {
  readonly candidate: Candidate;
  /** They came with the candidate. */
  readonly handed: Certificates;
  /** What the service gave, before its broker was asked. */
  configuration?: Configuration | undefined;
}

/** Who follows a trial. After `giveUp` only `onReleased` is called. */
export interface TrialWatcher {
  onStep(step: TrialStep): void;
  onActivation(shown: ShownCode): void;
  /** With the reason where it failed; the device stays in the network that it joined. */
  onEnd(failure: Failure | undefined): void;
  /** The last of its joins, look-ups and requests is over: there is room for the next trial. */
  onReleased(): void;
}

/** A name that every working resolver of the internet knows: it tells a wrong name from no internet. */
const KNOWN_NAME = "pool.ntp.org";

export class Trial implements Waiting, ObtainOptions {
  isOver = false;
  sinceMs?: number;
  private options: TrialOptions;
  private tried: Tried;
  private watcher: TrialWatcher;
  private activation: Activation | undefined;
  /** Of the service's host. */
  private address = "";

  /**
   * @param activation what the service has answered already: the device is in the candidate's network then, and begins
   *   with the code
   */
  constructor(options: TrialOptions, tried: Tried, watcher: TrialWatcher, activation?: Activation) {
    this.options = options;
    this.tried = tried;
    this.watcher = watcher;
    this.activation = activation;
  }

  /** A single async function on purpose: each further one that waits for the person holds more slots. Never rejects. */
  async run(): Promise<void> {
    try {
      const failure = this.activation ? this.watchNetwork() : await this.reach();
      if (failure) this.end(failure);
      else if (!this.isOver) {
        const service = this.options.serviceAt(this.tried.candidate, this.tried.handed);
        const result = await obtain(service, this);
        if (!this.isOver) this.end(await this.outcome(service, result));
      }
    } catch (error) {
      reportFault("trial", error);
      this.end(failed("internal").failure);
    }
    this.watcher.onReleased();
  }

  /** Other settings were sent, or nobody watches any more: it asks nothing from now on. */
  giveUp(): void {
    if (this.isOver) return;
    this.isOver = true;
    this.options.io.wifi.onLost = undefined;
  }

  get first(): Answer | undefined {
    return this.activation && { kind: "activation", activation: this.activation };
  }

  get waiting(): Waiting {
    return this;
  }

  onQuery(): void {
    this.options.io.log.event({ state: "provisioning" });
  }

  onActivation(activation: Activation): void {
    this.activation = undefined;
    this.tell("service");
    if (this.isOver) return;
    this.options.io.log.event(activatingEvent(activation));
    const { code, message, url } = activation;
    this.watcher.onActivation(this.quotes ? { code, message, url } : { code, message: undefined, url: undefined });
  }

  private async outcome(service: Service, result: Result<Configuration>): Promise<Failure | undefined> {
    // A person reads it: the service's own word on its health is worth one more request.
    if (!result.ok) return this.inOurWords(await service.diagnose(result.failure));
    this.tell("service");
    this.tried.configuration = result.value;
    const proven = await service.tryBroker(result.value);
    return proven.ok ? undefined : this.inOurWords(proven.failure);
  }

  private get quotes(): boolean {
    return this.options.quotes(this.tried.candidate, this.address);
  }

  /** Else the page would read out what stands in the owner's network. The MAC address is the device's own word. */
  private inOurWords(failure: Failure): Failure {
    const { reason, retryAfterMs } = failure;
    return this.quotes || reason === "not-registered" ? failure : { reason, retryAfterMs };
  }

  /** Into the network, and as far as the service's address. */
  private async reach(): Promise<Failure | undefined> {
    const joinFailure = await this.join();
    if (joinFailure || this.isOver) return joinFailure;
    this.tell("address");
    const lost = this.watchNetwork();
    if (lost) return lost;
    const { resolve } = this.options.io;
    const { host } = parseAddress(this.tried.candidate.url)!;
    // Waited for in any case: what follows starts on an empty stack.
    const address = await (isAddress(host) ? host : resolve(host));
    if (address === undefined) {
      return ((await resolve(KNOWN_NAME)) ? failed("name-unknown", host) : failed("no-internet")).failure;
    }
    this.address = address;
    this.tell("name");
    return undefined;
  }

  private async join(): Promise<Failure | undefined> {
    const { wifi } = this.options.io;
    const { ssid, password } = this.tried.candidate.network;
    const onAssociated = () => this.tell("associated");
    const joined = await wifi.join({ ssid, password, timeoutMs: JOIN_TIMEOUT_MS, onAssociated });
    if (joined.ok) return undefined;
    if (this.isOver || joined.failure.reason !== "wifi-not-found") return joined.failure;
    return explainJoin(joined.failure, await wifi.scan({ passive: true }), ssid);
  }

  /** Ends the trial when the network is lost. @returns a failure where there is none any more */
  private watchNetwork(): Failure | undefined {
    const { wifi } = this.options.io;
    if (!wifi.joined) return this.lost();
    wifi.onLost = () => this.end(this.lost());
    return undefined;
  }

  private lost(): Failure {
    return failed("wifi-lost", this.tried.candidate.network.ssid).failure;
  }

  private tell(step: TrialStep): void {
    if (!this.isOver) this.watcher.onStep(step);
  }

  private end(failure: Failure | undefined): void {
    if (this.isOver) return;
    this.giveUp();
    this.watcher.onEnd(failure);
  }
}

/** Without the challenge: only what a person needs. */
function activatingEvent({ code, message, url }: Activation): LifecycleEvent {
  return { state: "activating", code, ...(message && { message }), ...(url && { url }) };
}
