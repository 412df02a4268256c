import { X509Certificate } from "node:crypto";
import { Authority, type Issued } from "./authority.js";
import type { AwsContext } from "./options.js";
import { type PolicyDocument, readPolicy } from "./policy.js";

export type CertificateStatus = "ACTIVE" | "INACTIVE" | "PENDING_ACTIVATION" | "REVOKED";

/** Where a certificate comes from: the account's owner, a claim for a trusted user, a request over MQTT, … */
export type CertificateOrigin = "account" | "trusted-user" | "keys" | "csr" | "just-in-time" | "vending";

export interface Certificate {
  readonly id: string;
  readonly pem: string;
  readonly origin: CertificateOrigin;
  status: CertificateStatus;
  readonly policies: Set<string>;
  thing: string | null;
  /** From then on it is not let in. */
  readonly expiresAtMs: number;
  /** When it becomes active by itself; null: it does not. */
  activeAtMs: number | null;
  /** When it is deleted unless it is active by then; null: it is kept. */
  deletedAtMs: number | null;
}

export interface Thing {
  readonly name: string;
  typeName: string | null;
  attributes: Record<string, string>;
  groups: string[];
  billingGroup: string | null;
}

/** Certificates by what they are and when; things and policies. */
export class Account {
  readonly authority: Authority;
  readonly things = new Map<string, Thing>();
  readonly policies = new Map<string, PolicyDocument>();
  readonly #certificates = new Map<string, Certificate>();
  readonly #now: () => number;
  /** Called when a certificate is not active any more. */
  onWithdrawn: (id: string) => void = () => undefined;

  constructor({ now }: AwsContext, serverKey: "rsa" | "ec") {
    this.#now = now;
    this.authority = new Authority(serverKey);
  }

  /** @throws {RangeError} when the document is malformed */
  putPolicy(name: string, document: unknown): void {
    this.policies.set(name, readPolicy(document));
  }

  add(issued: Pick<Issued, "id" | "pem">, origin: CertificateOrigin, changes: Partial<Certificate> = {}): Certificate {
    const certificate: Certificate = {
      id: issued.id,
      pem: issued.pem,
      origin,
      status: "ACTIVE",
      policies: new Set(),
      thing: null,
      expiresAtMs: Date.parse(new X509Certificate(issued.pem).validTo),
      activeAtMs: null,
      deletedAtMs: null,
      ...changes,
    };
    this.#certificates.set(certificate.id, certificate);
    return certificate;
  }

  /** As it is at this time. */
  find(id: string): Certificate | undefined {
    this.#sweep();
    return this.#certificates.get(id);
  }

  /** @throws {RangeError} */
  require(id: string): Certificate {
    const certificate = this.find(id);
    if (!certificate) throw new RangeError("certificate: there is none with this id");
    return certificate;
  }

  get certificates(): Certificate[] {
    this.#sweep();
    return [...this.#certificates.values()];
  }

  delete(id: string): void {
    this.#certificates.delete(id);
    this.onWithdrawn(id);
  }

  /** @throws {RangeError} when there is no such certificate */
  setStatus(id: string, status: CertificateStatus): void {
    this.require(id).status = status;
    if (status !== "ACTIVE") this.onWithdrawn(id);
  }

  /** Makes a thing, or finds it. */
  thing(name: string): Thing {
    const thing = this.things.get(name) ?? { name, typeName: null, attributes: {}, groups: [], billingGroup: null };
    this.things.set(name, thing);
    return thing;
  }

  /** Why this certificate may not be used now; null when it may. */
  refusal(id: string): string | null {
    const certificate = this.find(id);
    if (!certificate) return "unknown";
    if (certificate.expiresAtMs <= this.#now()) return "expired";
    return certificate.status === "ACTIVE" ? null : certificate.status;
  }

  #sweep(): void {
    const nowMs = this.#now();
    for (const certificate of this.#certificates.values()) {
      const isPending = certificate.status === "PENDING_ACTIVATION";
      const { activeAtMs, deletedAtMs } = certificate;
      if (isPending && activeAtMs !== null && activeAtMs <= nowMs) certificate.status = "ACTIVE";
      if (isPending && deletedAtMs !== null && deletedAtMs <= nowMs) this.#certificates.delete(certificate.id);
    }
  }
}
