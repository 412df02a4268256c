import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { Account, Certificate } from "./account.js";
import type { CborMap } from "./cbor.js";
import { readCsr } from "./csr.js";
import { type AwsContext, arn } from "./options.js";
import { planOf, provision } from "./provisioning.js";
import { reject } from "./rejection.js";
import { readTemplate, type TemplateBody } from "./template.js";

/** What a pre-provisioning hook is asked, as AWS's documentation has it. */
export interface HookEvent {
  readonly claimCertificateId: string;
  readonly certificateId: string;
  readonly certificatePem: string;
  readonly templateArn: string;
  readonly clientId: string;
  readonly parameters: Readonly<Record<string, string>>;
}

export interface HookReply {
  readonly allowProvisioning: boolean;
  readonly parameterOverrides?: Readonly<Record<string, string>>;
}

export type Hook = (event: HookEvent) => HookReply | Promise<HookReply>;

export interface Template {
  readonly name: string;
  readonly body: TemplateBody;
  isEnabled: boolean;
  readonly hook: Hook | null;
}

/** Who asks. `connection` is one for each connection. */
export interface Requester {
  readonly clientId: string;
  readonly certificateId: string;
  readonly connection: object;
}

interface Token {
  readonly certificateId: string;
  readonly connection: object;
  isUsed: boolean;
}

/** A certificate that nobody registers is good for an hour, and so is its token. */
const TOKEN_LIFETIME_MS = 3_600_000;

/** AWS IoT's fleet provisioning: new certificates, and things for them. */
export class Fleet {
  readonly templates = new Map<string, Template>();
  readonly #context: AwsContext;
  readonly #account: Account;
  readonly #tokens = new Map<string, Token>();

  constructor(context: AwsContext, account: Account) {
    this.#context = context;
    this.#account = account;
  }

  /** @throws {RangeError} when name or body are malformed */
  putTemplate(name: string, body: unknown, { isEnabled = true, hook = null }: Partial<Template> = {}): void {
    if (!/^[0-9A-Za-z_-]{1,36}$/.test(name)) throw new RangeError("template: a name of 1 to 36 characters is needed");
    this.templates.set(name, { name, body: readTemplate(body), isEnabled, hook });
  }

  /** A new key pair and a certificate for it. */
  async create(requester: Requester): Promise<CborMap> {
    const issued = await this.#account.authority.issue(this.#context.now());
    const certificateOwnershipToken = this.#keep(this.#add(issued, "keys"), requester);
    const { id: certificateId, pem: certificatePem, privateKey } = issued;
    return { certificateId, certificatePem, privateKey, certificateOwnershipToken };
  }

  /** A certificate for the requester's own key, another one each time. @throws {Rejection} */
  createFromCsr(requester: Requester, { certificateSigningRequest: csr }: CborMap): CborMap {
    if (typeof csr !== "string") throw reject.csr("certificateSigningRequest is missing");
    const issued = this.#account.authority.sign(keyOf(csr), this.#context.now());
    const certificateOwnershipToken = this.#keep(this.#add(issued, "csr"), requester);
    return { certificateOwnershipToken, certificateId: issued.id, certificatePem: issued.pem };
  }

  /** @throws {Rejection} */
  async register(requester: Requester, templateName: string, request: CborMap): Promise<CborMap> {
    const template = this.templates.get(templateName);
    if (!template) throw reject.unknownTemplate();
    if (!template.isEnabled) throw reject.disabledTemplate();
    const [token, certificate] = this.#redeem(requester, request.certificateOwnershipToken);
    const parameters = readParameters(request.parameters);
    const overrides = await this.#ask(template, requester, certificate, parameters);
    const all = { ...parameters, ...overrides };
    planOf(this.#account, certificate, template.body, all);
    // Somebody may have used it while the hook was thinking.
    if (token.isUsed) throw reject.usedToken();
    token.isUsed = true;
    const { deviceConfiguration, thingName } = provision(this.#account, certificate, template.body, all);
    const { clientId } = requester;
    this.#context.emit({ type: "registered", clientId, certificateId: certificate.id, thingName });
    return { deviceConfiguration, ...(thingName === null ? {} : { thingName }) };
  }

  #add(issued: Parameters<Account["add"]>[0], origin: "keys" | "csr"): Certificate {
    const deletedAtMs = this.#context.now() + TOKEN_LIFETIME_MS;
    return this.#account.add(issued, origin, { status: "PENDING_ACTIVATION", deletedAtMs });
  }

  #keep({ id: certificateId, origin }: Certificate, { clientId, connection }: Requester): string {
    const text = makeToken();
    this.#tokens.set(text, { certificateId, connection, isUsed: false });
    const operation = origin === "keys" ? "create" : "create-from-csr";
    this.#context.emit({ type: "created", operation, clientId, certificateId });
    return text;
  }

  #redeem({ connection }: Requester, text: unknown): [Token, Certificate] {
    if (typeof text !== "string" || text === "") throw reject.emptyToken();
    const token = this.#tokens.get(text);
    if (!token) throw reject.token();
    if (token.isUsed) throw reject.usedToken();
    if (token.connection !== connection && !this.#context.settings.tokensOutliveConnections) throw reject.token();
    const certificate = this.#account.find(token.certificateId);
    // It went with its hour.
    if (!certificate) throw reject.expiredToken();
    return [token, certificate];
  }

  /** What the hook puts into the parameters' place. @throws {Rejection} when it does not allow it in time */
  async #ask(
    { name, hook }: Template,
    { clientId, certificateId: claimCertificateId }: Requester,
    { id: certificateId, pem: certificatePem }: Certificate,
    parameters: Record<string, string>,
  ): Promise<Readonly<Record<string, string>>> {
    if (!hook) return {};
    const templateArn = arn(this.#context, "provisioningtemplate", name);
    const event = { claimCertificateId, certificateId, certificatePem, templateArn, clientId, parameters };
    const ended = new AbortController();
    const reply = await Promise.race([
      Promise.resolve(event)
        .then(hook)
        .catch(() => null),
      delay(this.#context.settings.hookTimeoutMs, null, { ref: false, signal: ended.signal }).catch(() => null),
    ]);
    ended.abort();
    if (reply?.allowProvisioning !== true) throw reject.denied();
    return reply.parameterOverrides ?? {};
  }
}

function keyOf(csr: string): ReturnType<typeof readCsr> {
  try {
    return readCsr(csr);
  } catch (error) {
    throw error instanceof RangeError ? reject.csr(error.message) : error;
  }
}

function readParameters(source: unknown): Record<string, string> {
  if (source === undefined || source === null) return {};
  if (typeof source !== "object") throw reject.parameters("parameters: an object is needed");
  const stranger = Object.entries(source).find(([, value]) => typeof value !== "string");
  if (stranger) throw reject.parameters(`parameters: ${stranger[0]} is no text`);
  return source as Record<string, string>;
}

/** 464 characters, as observed: base64 of `{"version","cipher"}`. */
function makeToken(): string {
  const cipher = randomBytes(234).toString("base64");
  return Buffer.from(JSON.stringify({ version: "20191016", cipher })).toString("base64");
}
