import { X509Certificate } from "node:crypto";
import type { Account } from "./account.js";
import { issuedOf } from "./authority.js";
import type { AwsContext } from "./options.js";
import { provision } from "./provisioning.js";
import { Rejection } from "./rejection.js";
import { readTemplate, type TemplateBody } from "./template.js";

export interface CaOptions {
  /** JITP runs it at a certificate's first connection. Without one it is JITR: the account's own code activates. */
  readonly template?: unknown;
  /** How long a certificate stays PENDING_ACTIVATION; null: until `setStatus`. Default: 2 s. */
  readonly delayMs?: number | null;
  /** JITR: the policies that the account's own code attaches. */
  readonly policies?: readonly string[];
}

interface RegisteredCa {
  readonly id: string;
  readonly certificate: X509Certificate;
  readonly template: TemplateBody | null;
  readonly delayMs: number | null;
  readonly policies: readonly string[];
}

/** AWS says that it takes some seconds. */
const REGISTRATION_MS = 2_000;

/** Which part of the subject each parameter of a JITP template is, as Node names it. */
const SUBJECT_PARAMETERS: Readonly<Record<string, string>> = {
  Country: "C",
  Organization: "O",
  OrganizationalUnit: "OU",
  DistinguishedNameQualifier: "dnQualifier",
  StateName: "ST",
  CommonName: "CN",
  SerialNumber: "serialNumber",
};

/** Registers certificates of registered authorities when they are first seen: JITP and JITR. */
export class JustInTime {
  readonly #context: AwsContext;
  readonly #account: Account;
  readonly #authorities: RegisteredCa[] = [];
  readonly #announce: (topic: string, payload: string) => void;

  constructor(context: AwsContext, account: Account, announce: (topic: string, payload: string) => void) {
    this.#context = context;
    this.#account = account;
    this.#announce = announce;
  }

  /** @param der of the authority's certificate @returns its id */
  register(der: Buffer, { template, delayMs = REGISTRATION_MS, policies = [] }: CaOptions): string {
    const { id } = issuedOf(der);
    const body = template === undefined ? null : readTemplate(template);
    this.#authorities.push({ id, certificate: new X509Certificate(der), template: body, delayMs, policies });
    return id;
  }

  /** A connection with a certificate that the account does not know. It is refused in any case. */
  meet(leaf: X509Certificate): void {
    const ca = this.#authorities.find(
      ({ certificate }) => leaf.checkIssued(certificate) && leaf.verify(certificate.publicKey),
    );
    if (!ca || Date.parse(leaf.validTo) <= this.#context.now()) return;
    const { template, delayMs, policies } = ca;
    const nowMs = this.#context.now();
    const activeAtMs = delayMs === null ? null : nowMs + delayMs;
    const certificate = this.#account.add(issuedOf(leaf.raw), "just-in-time", { activeAtMs });
    const { id: certificateId } = certificate;
    try {
      if (template) provision(this.#account, certificate, template, {}, subjectOf(leaf));
      for (const name of policies) certificate.policies.add(name);
      this.#context.emit({ type: "just-in-time", certificateId, outcome: "pending", why: null });
    } catch (error) {
      if (!(error instanceof Rejection)) throw error;
      certificate.activeAtMs = null;
      this.#context.emit({ type: "just-in-time", certificateId, outcome: "failed", why: error.message });
    }
    // Whatever the template says, it takes its time.
    certificate.status = "PENDING_ACTIVATION";
    if (!template) this.#announceRegistration(ca.id, certificateId, nowMs);
  }

  #announceRegistration(caCertificateId: string, certificateId: string, timestamp: number): void {
    const message = {
      certificateId,
      caCertificateId,
      timestamp,
      certificateStatus: "PENDING_ACTIVATION",
      awsAccountId: this.#context.accountId,
      certificateRegistrationTimestamp: String(timestamp),
    };
    this.#announce(`$aws/events/certificates/registered/${caCertificateId}`, JSON.stringify(message));
  }
}

function subjectOf(leaf: X509Certificate): Record<string, string> {
  const fields = new Map(
    leaf.subject.split("\n").map((line): [string, string] => {
      const at = line.indexOf("=");
      return [line.slice(0, at), line.slice(at + 1)];
    }),
  );
  const found: Record<string, string> = {};
  for (const [parameter, short] of Object.entries(SUBJECT_PARAMETERS)) {
    const value = fields.get(short);
    if (value !== undefined) found[`AWS::IoT::Certificate::${parameter}`] = value;
  }
  return found;
}
