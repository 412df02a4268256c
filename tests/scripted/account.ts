/**
 * AWS IoT's side of fleet provisioning as a script, no kinder than the mock account: it says nothing of why it does not
 * let somebody in, tells each token apart, and takes one CONNECT a second from a client id.
 */

import type { Reason } from "../../modules/base/failure.js";
import { fromBase64 } from "../../modules/data/base64.js";
import { isEqual } from "../../modules/data/bytes.js";
import { pemBlocks, toPem } from "../../modules/data/pem.js";
import type { Message, MqttOptions } from "../../modules/mqtt/mqtt.js";
import { keyOfRequest } from "./keys.js";
import { own } from "./own.js";
import { sold } from "./sold.js";

export const ENDPOINT = "x-ats.iot.y";
export const CSR = "$aws/certificates/create-from-csr/json";
export const CREATE = "$aws/certificates/create/json";
export const REGISTER = "$aws/provisioning-templates/fleet/provision/json";
/** Another template of the account's. */
export const ROTATE = "$aws/provisioning-templates/rotation/provision/json";
const CONNECT_GAP_MS = 1_000;

/** What goes wrong with a request. */
export type Fault =
  /** It is done, and the answer is lost. */
  | "lose"
  /** Nothing is done, nothing is said. */
  | "ignore"
  /** As what the policy does not allow. */
  | "close"
  /** It is done, and this is the answer. */
  | { readonly answer: string }
  /** Nothing is done. */
  | { readonly reject: { statusCode: number; errorCode: string; errorMessage: string } };

/** Where the policy does not allow a request: at its subscription or at its publication the connection is closed. */
export type Bar = "subscription" | "publication" | "rejection";

interface Issued {
  readonly leaf: Uint8Array;
  readonly token: string;
  readonly id: string;
  readonly session: object;
  isActive: boolean;
  thing: string | undefined;
}

export interface AccountOptions {
  /** By the serial number; undefined: the template makes none. */
  readonly thing: (serial: string) => string | undefined;
  /** The policy lets in whose client id is the thing's name. */
  readonly isStrict: boolean;
  readonly tokensOutliveConnections: boolean;
  /** What CreateCertificateFromCsr and CreateKeysAndCertificate are for everybody. */
  readonly csr: Bar | undefined;
  readonly create: Bar | undefined;
}

export const [CLAIM, ...GOODS] = [sold[2]!, sold[0]!, sold[1]!, sold[3]!];
export const leafOf = (pem: string): Uint8Array => fromBase64(pemBlocks(pem, "CERTIFICATE").next().value!);

export class Account {
  options: AccountOptions;
  readonly issued: Issued[] = [];
  readonly requests: { readonly topic: string; readonly body: Record<string, unknown> }[] = [];
  /** In the order in which the requests come. */
  faults: (Fault | undefined)[] = [];
  /** Connections that were subscribed to what is not allowed. */
  barred = 0;
  deviceConfiguration: object = {};
  isClaimGood = true;
  /** A CONNECT that came too soon. */
  tooSoon = 0;
  #lastConnects = new Map<string, number>();
  #session: object = {};

  constructor(options: Partial<AccountOptions> = {}) {
    this.options = {
      thing: (serial) => serial,
      isStrict: true,
      tokensOutliveConnections: true,
      csr: undefined,
      create: undefined,
      ...options,
    };
  }

  get active(): Issued[] {
    return this.issued.filter(({ isActive }) => isActive);
  }

  /** The device's clock begins anew. */
  reboot(): void {
    this.#lastConnects.clear();
  }

  /** @returns why a connection is refused */
  admit({ host, tls, clientId, identity, subscribe }: MqttOptions, ticksMs: number): Reason | undefined {
    const leaf = identity?.()?.chain[0];
    const before = this.#lastConnects.get(clientId);
    this.#lastConnects.set(clientId, ticksMs);
    if (before !== undefined && ticksMs - before < CONNECT_GAP_MS) this.tooSoon++;
    if (host !== ENDPOINT || !tls || !leaf) return "broker-closed";
    this.#session = {};
    if (this.#barsSubscription(subscribe)) {
      this.barred++;
      return "broker-closed";
    }
    if (isEqual(leaf, leafOf(CLAIM!.certificatePem))) return this.isClaimGood ? undefined : "broker-closed";
    const own = this.issued.find((one) => one.isActive && isEqual(one.leaf, leaf));
    return own && (!this.options.isStrict || clientId === (own.thing ?? clientId)) ? undefined : "broker-closed";
  }

  /** @returns what is answered at once */
  hear({ topic, payload }: Message): Message | "close" | undefined {
    if (![CSR, CREATE, REGISTER, ROTATE].includes(topic)) return undefined;
    const body = JSON.parse(payload) as Record<string, unknown>;
    this.requests.push({ topic, body });
    const fault = this.#bar(topic) ?? this.faults.shift();
    if (fault === "ignore" || fault === "close") return fault === "close" ? fault : undefined;
    const answer =
      typeof fault === "object" && "reject" in fault
        ? fault.reject
        : topic === CSR
          ? this.#createFromCsr(body)
          : topic === CREATE
            ? this.#create()
            : this.#register(body);
    if (fault === "lose") return undefined;
    const text = typeof fault === "object" && "answer" in fault ? fault.answer : JSON.stringify(answer);
    return { topic: `${topic}/${"statusCode" in answer ? "rejected" : "accepted"}`, payload: text };
  }

  #barsSubscription(topics: readonly string[]): boolean {
    const { csr, create } = this.options;
    const isAbout = (topic: string) => topics.some((one) => one.startsWith(topic));
    return (csr === "subscription" && isAbout(CSR)) || (create === "subscription" && isAbout(CREATE));
  }

  #bar(topic: string): Fault | undefined {
    const { csr, create } = this.options;
    const bar = topic === CSR ? csr : topic === CREATE ? create : undefined;
    if (bar !== "rejection") return bar && "close";
    return { reject: { statusCode: 403, errorCode: "AccessDenied", errorMessage: "not in this way" } };
  }

  #create(): object {
    const { certificatePem, keyPem } = GOODS[this.issued.length % GOODS.length]!;
    return { ...this.#issue(certificatePem), privateKey: keyPem };
  }

  /** Another certificate each time, also for the same key: nobody looks at its signature. */
  #createFromCsr({ certificateSigningRequest }: Record<string, unknown>): object {
    const index = keyOfRequest(certificateSigningRequest);
    if (index === undefined)
      return { statusCode: 400, errorCode: "InvalidCertificateSigningRequest", errorMessage: "no request" };
    const { certificatePem } = own[index]!;
    const leaf = leafOf(certificatePem);
    leaf.set([this.issued.length], leaf.length - 1);
    return this.#issue(toPem("CERTIFICATE", leaf));
  }

  #issue(certificatePem: string) {
    const number = this.issued.length;
    const [id, token] = [`${number}`.padStart(64, "c"), `${number}-secret-token-`.padEnd(464, "t")];
    this.issued.push({
      leaf: leafOf(certificatePem),
      id,
      token,
      session: this.#session,
      isActive: false,
      thing: undefined,
    });
    return { certificateId: id, certificatePem, certificateOwnershipToken: token };
  }

  #register({ certificateOwnershipToken: token, parameters }: Record<string, unknown>): object {
    const { thing, tokensOutliveConnections } = this.options;
    const found = this.issued.find((one) => one.token === token);
    const isStranger = found?.session !== this.#session && !tokensOutliveConnections;
    if (!found || found.isActive || isStranger)
      return { statusCode: 400, errorCode: "InvalidCertificateOwnershipToken", errorMessage: `not valid: ${token}` };
    found.isActive = true;
    found.thing = thing((parameters as { SerialNumber: string }).SerialNumber);
    return {
      deviceConfiguration: this.deviceConfiguration,
      ...(found.thing !== undefined && { thingName: found.thing }),
    };
  }
}
