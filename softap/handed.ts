/** The certificates that a person hands over: on trial until the settings that they came with are kept. */
import { type Result, success } from "../modules/base/failure.js";
import { AUTHORITIES, type Authorities, type AuthorityFacts, factsOf } from "../modules/settings/authorities.js";
import type { TextStore } from "../modules/storage/storage.js";
import type { Certificates } from "../provisioning/certificates.js";
import { CLAIM } from "../provisioning/claim.js";
import { TOKEN } from "../provisioning/token.js";

/** "claim": with the token, which stands for one. */
export type CertificateKind = "claim" | "authorities";

const MINUTE_MS = 60_000;
/** What counts for longer needs no clock on the page: AWS IoT gives five minutes. */
const MAX_MINUTES = 60;

export class HandedCertificates {
  private store: TextStore;
  /** Not kept yet, or just now: what comes with a wrong password is there for the next try. */
  private _handed: Certificates = {};
  private _hasClaim = false;
  /** Of the claim, milliseconds since 1970. */
  private expiresMs: number | undefined;
  private _facts: readonly AuthorityFacts[] = [];
  /** The authorities that were replaced; undefined where none are to be put back. */
  private before: { readonly authorities: Authorities | undefined } | undefined;

  constructor(store: TextStore) {
    this.store = store;
    this.drop();
  }

  /** What is on trial counts no more: what is stored does. */
  drop(): void {
    const { store } = this;
    const claim = CLAIM.read(store);
    this._handed = {};
    this._hasClaim = claim !== undefined || TOKEN.read(store) !== undefined;
    this.expiresMs = claim?.expiresMs;
    this._facts = factsOf(AUTHORITIES.read(store) ?? []);
  }

  /** A claim or a token is stored or on trial. */
  get hasClaim(): boolean {
    return this._hasClaim;
  }

  /** @param nowMs a calendar that nobody has set is years behind: nothing is known then */
  claimMinutes(nowMs: number): number | undefined {
    if (this.expiresMs === undefined) return undefined;
    const minutes = Math.max(0, Math.floor((this.expiresMs - nowMs) / MINUTE_MS));
    return minutes <= MAX_MINUTES ? minutes : undefined;
  }

  /** Of the authorities that are stored or on trial. */
  get facts(): readonly AuthorityFacts[] {
    return this._facts;
  }

  /** Counts in place of what is stored of its kind. */
  get handed(): Certificates {
    return this._handed;
  }

  /** An empty field leaves what came before. */
  take(certificates: Certificates): void {
    this._handed = { ...this._handed, ...certificates };
    if (certificates.claim || certificates.token) this._hasClaim = true;
    if (certificates.claim) this.expiresMs = certificates.claim.expiresMs;
    if (certificates.authorities) this._facts = factsOf(certificates.authorities);
  }

  /** @param url of the settings that they are kept with */
  keep(url: string): Result<void> {
    const { claim, token, authorities } = this._handed;
    const store = this.store;
    const kept = claim ? CLAIM.write(store, { ...claim, url }) : success(undefined);
    const keptToo = kept.ok && token ? TOKEN.write(store, { token, url }) : kept;
    if (!keptToo.ok || !authorities) return keptToo;
    const before = { authorities: AUTHORITIES.read(store) };
    const written = AUTHORITIES.write(store, authorities);
    if (written.ok) this.before = before;
    return written;
  }

  /** The service that they were for has refused: its predecessor needs the authorities of before. */
  putBack(): void {
    const before = this.before;
    this.before = undefined;
    if (before?.authorities) AUTHORITIES.write(this.store, before.authorities);
    else if (before) AUTHORITIES.erase(this.store);
  }

  /** Also what is on trial. */
  forget(kind: CertificateKind): Result<void> {
    const store = this.store;
    const { authorities: trusted, ...others } = this._handed;
    if (kind === "claim") {
      this._handed = trusted ? { authorities: trusted } : {};
      this._hasClaim = false;
      this.expiresMs = undefined;
      const erased = CLAIM.erase(store);
      return erased.ok ? TOKEN.erase(store) : erased;
    }
    this._handed = others;
    this._facts = [];
    this.before = undefined;
    return AUTHORITIES.erase(store);
  }
}
