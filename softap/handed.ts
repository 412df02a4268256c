/** The certificates that a person hands over: on trial until the settings that they came with are kept. */
import { type Result, success } from "../modules/failure/failure.js";
import { type Authorities, type AuthorityFacts, factsOf } from "../modules/settings/authorities.js";
import type { Certificates } from "../modules/settings/certificates.js";
import type { Claim } from "../modules/settings/claim.js";
import type { StoredRecord } from "../modules/storage/record.js";

export interface CertificateRecords {
  readonly claim: StoredRecord<Claim>;
  readonly authorities: StoredRecord<Authorities>;
}

export type CertificateKind = keyof CertificateRecords;

export class HandedCertificates {
  #records: CertificateRecords;
  /** Not kept yet, or just now: what comes with a wrong password is there for the next try. */
  #handed: Certificates = {};
  #hasClaim: boolean;
  #facts: readonly AuthorityFacts[];
  /** The authorities that were replaced; undefined where none are to be put back. */
  #before: { readonly authorities: Authorities | undefined } | undefined;

  constructor(records: CertificateRecords) {
    this.#records = records;
    this.#hasClaim = records.claim.read() !== undefined;
    this.#facts = factsOf(records.authorities.read() ?? []);
  }

  /** A claim is stored or on trial. */
  get hasClaim(): boolean {
    return this.#hasClaim;
  }

  /** Of the authorities that are stored or on trial. */
  get facts(): readonly AuthorityFacts[] {
    return this.#facts;
  }

  /** To be trusted in place of those that are stored; undefined where none were handed over. */
  get authorities(): Authorities | undefined {
    return this.#handed.authorities;
  }

  /** An empty field leaves what came before. */
  take(certificates: Certificates): void {
    this.#handed = { ...this.#handed, ...certificates };
    if (certificates.claim) this.#hasClaim = true;
    if (certificates.authorities) this.#facts = factsOf(certificates.authorities);
  }

  keep(): Result<void> {
    const { claim, authorities } = this.#handed;
    const records = this.#records;
    const kept = claim ? records.claim.write(claim) : success(undefined);
    if (!kept.ok || !authorities) return kept;
    const before = { authorities: records.authorities.read() };
    const written = records.authorities.write(authorities);
    if (written.ok) this.#before = before;
    return written;
  }

  /** The service that they were for has refused: its predecessor needs the authorities of before. */
  putBack(): void {
    const before = this.#before;
    const { authorities } = this.#records;
    this.#before = undefined;
    if (before?.authorities) authorities.write(before.authorities);
    else if (before) authorities.erase();
  }

  /** Also what is on trial. */
  forget(kind: CertificateKind): Result<void> {
    const { [kind]: _forgotten, ...rest } = this.#handed;
    this.#handed = rest;
    if (kind === "claim") this.#hasClaim = false;
    else {
      this.#facts = [];
      this.#before = undefined;
    }
    return this.#records[kind].erase();
  }
}
