/** What of a trial is in flash: nothing of it before it works, or before a person says so. */
import { type Failure, patienceOf, type Result, success } from "../modules/base/failure.js";
import { type Log, noteFailure } from "../modules/base/log.js";
import { type Candidate, SETTINGS, type Settings, withCandidate } from "../modules/settings/settings.js";
import type { Certificates } from "../provisioning/certificates.js";
import type { Configuration } from "../provisioning/configuration.js";
import type { HandedCertificates } from "./handed.js";
import type { Flash } from "./options.js";

export class Keeping {
  readonly candidate: Candidate;
  /** What the service gave. It waits for the settings: another service's would wipe the one that is in use. */
  configuration: Configuration | undefined;
  private flash: Flash;
  private certificates: HandedCertificates | undefined;
  private _isKept: boolean;
  /** How it was before; undefined where nothing is to be taken back. */
  private before: { readonly settings: Settings | undefined } | undefined;

  /** @param certificates to be kept with the candidate; without them the candidate is what the settings say already */
  constructor(flash: Flash, candidate: Candidate, certificates?: HandedCertificates) {
    this.flash = flash;
    this.candidate = candidate;
    this.certificates = certificates;
    this._isKept = certificates === undefined;
  }

  /** On trial with the candidate, in place of the stored ones. */
  get handed(): Certificates {
    return this.certificates?.handed ?? {};
  }

  /** As a status has it. */
  get where(): { readonly ssid: string; readonly url: string } {
    const { network, url } = this.candidate;
    return { ssid: network.ssid, url };
  }

  get isKept(): boolean {
    return this._isKept;
  }

  /** Settings that are kept are not written again; a configuration that came meanwhile is. */
  keep(log: Log): Result<void> {
    const { journal } = this.flash;
    const kept = this._isKept ? success(undefined) : this.keepSettings();
    if (!kept.ok || !this.configuration) return kept;
    const written = journal.keep(this.candidate.url, this.configuration);
    // Without it the device asks the service again after the restart.
    if (!written.ok) noteFailure(log, written.failure);
    this.configuration = undefined;
    return kept;
  }

  /**
   * A code was seen, and the service refused after it: the candidate goes, what it replaced stands again. What a person
   * changed meanwhile stays. Less ends by itself.
   */
  takeBack(failure: Failure): void {
    const { store } = this.flash;
    const now = SETTINGS.read(store);
    if (!this.before || !now || patienceOf(failure) === "soon") return;
    const before = this.before.settings;
    const { ssid } = this.candidate.network;
    const replaced = before?.networks.filter((network) => network.ssid === ssid) ?? [];
    const networks = [...now.networks.filter((network) => network.ssid !== ssid), ...replaced];
    const restored = before ? SETTINGS.write(store, { ...before, networks }) : SETTINGS.erase(store);
    this._isKept = !restored.ok;
    this.certificates?.putBack();
  }

  private keepSettings(): Result<void> {
    const { store } = this.flash;
    const before = SETTINGS.read(store);
    const certificatesKept = this.certificates?.keep(this.candidate.url) ?? success(undefined);
    const kept = certificatesKept.ok ? SETTINGS.write(store, withCandidate(before, this.candidate)) : certificatesKept;
    if (!kept.ok) return kept;
    this.before = { settings: before };
    this._isKept = true;
    return kept;
  }
}
