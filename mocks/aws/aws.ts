import type { KeyObject } from "node:crypto";
import { Account, type Certificate, type CertificateStatus, type Thing } from "./account.js";
import { Broker } from "./broker.js";
import { Doors } from "./doors.js";
import { type AwsEvent, describe } from "./events.js";
import { Faults } from "./faults.js";
import { Fleet, type Hook } from "./fleet.js";
import { HttpsFront } from "./https.js";
import { type CaOptions, JustInTime } from "./just-in-time.js";
import { type AwsContext, type AwsOptions, type AwsSettings, defaultSettings } from "./options.js";
import { CLAIM_LIFETIME_MS } from "./permissions.js";
import { Requests } from "./requests.js";
import { Vending, type VendingDevice } from "./vending.js";

/** A certificate with its key, as somebody gets it into his hands. PEM; the private key in PKCS#1. */
export interface Credentials {
  readonly certificateId: string;
  readonly certificatePem: string;
  readonly privateKey: string;
}

/** CreateProvisioningClaim's answer. */
export interface ProvisioningClaim {
  readonly certificateId: string;
  readonly certificatePem: string;
  /** Seconds since 1970. */
  readonly expiration: number;
  readonly keyPair: { readonly PublicKey: string; readonly PrivateKey: string };
}

interface Running {
  readonly broker: Broker;
  readonly doors: Doors;
  readonly https: HttpsFront;
}

/**
 * An account at AWS IoT: its MQTT endpoint with client certificates, fleet provisioning, JITP and JITR, provisioning
 * claims and certificate vending machines. Real TLS on 127.0.0.1, state in memory.
 */
export class MockAws {
  /** Switches that are read anew at each use. */
  readonly settings: AwsSettings;
  readonly faults = new Faults();
  readonly endpoint: string;
  readonly #options: AwsOptions;
  readonly #context: AwsContext;
  readonly #account: Account;
  readonly #fleet: Fleet;
  readonly #requests: Requests;
  readonly #justInTime: JustInTime;
  readonly #vending: Vending;
  /** The templates of the claims for trusted users, by certificate. */
  readonly #claims = new Map<string, string>();
  readonly #listeners = new Set<(event: AwsEvent) => void>();
  readonly #ports = { mqtt: 0, alpn: 0, https: 0 };
  #running: Running | null = null;

  constructor(options: AwsOptions = {}) {
    const {
      endpoint = "a1b2c3d4e5f6g7-ats.iot.us-east-1.amazonaws.com",
      region = "us-east-1",
      accountId = "123456789012",
      serverKey = "rsa",
      mqttPort: _mqttPort,
      alpnPort: _alpnPort,
      httpsPort: _httpsPort,
      now = Date.now,
      log,
      ...settings
    } = options;
    this.#options = options;
    this.endpoint = endpoint;
    this.settings = { ...defaultSettings, ...settings };
    const emit = (event: AwsEvent): void => {
      log?.(describe(event));
      for (const listener of [...this.#listeners]) listener(event);
    };
    this.#context = { settings: this.settings, endpoint, region, accountId, now, emit };
    this.#account = new Account(this.#context, serverKey);
    this.#account.onWithdrawn = (certificateId) => void this.#running?.broker.cut({ certificateId });
    this.#fleet = new Fleet(this.#context, this.#account);
    this.#requests = new Requests(this.#context, this.#fleet);
    this.#justInTime = new JustInTime(this.#context, this.#account, (topic, payload) => {
      this.#running?.broker.publish(topic, payload).catch(() => undefined);
    });
    this.#vending = new Vending(this.#context, this.#account);
  }

  /** Rejects with Node's error when a port is taken; nothing is left running then. */
  async start(): Promise<void> {
    if (this.#running) throw new Error("the account is open already");
    const { mqttPort = 0, alpnPort = 0, httpsPort = 0 } = this.#options;
    const context = this.#context;
    const account = this.#account;
    const { faults } = this;
    const options = { context, account, requests: this.#requests, claims: this.#claims, faults };
    const broker = await Broker.open(options);
    const doors = new Doors({
      context,
      account,
      justInTime: this.#justInTime,
      admit: (socket, certificate) => broker.admit(socket, certificate),
    });
    const claim = (name: string) => (this.#fleet.templates.has(name) ? this.createProvisioningClaim(name) : null);
    const https = new HttpsFront(
      { vending: this.#vending, faults, claim: async (name) => claim(name) },
      account.authority.server(this.endpoint, "localhost", "127.0.0.1"),
    );
    this.#running = { broker, doors, https };
    try {
      this.#ports.mqtt = await doors.open(mqttPort, false);
      this.#ports.alpn = await doors.open(alpnPort, true);
      this.#ports.https = await https.listen(httpsPort);
    } catch (error) {
      await this.stop();
      throw error;
    }
  }

  /** Cuts every connection and frees the ports. What the account has stays for the next start. */
  async stop(): Promise<void> {
    const running = this.#running;
    this.#running = null;
    await running?.broker.close();
    await running?.doors.close();
    await running?.https.close();
  }

  /** As port 8883. */
  get mqttPort(): number {
    return this.#ports.mqtt;
  }

  /** As port 443: with ALPN. */
  get alpnPort(): number {
    return this.#ports.alpn;
  }

  /** Where the claims and the vending machines are. */
  get httpsUrl(): string {
    return `https://127.0.0.1:${this.#ports.https}`;
  }

  /** What devices have to trust: an X.509 certificate. */
  get rootDer(): Buffer {
    return this.#account.authority.root.der;
  }

  get rootPem(): string {
    return this.#account.authority.rootPem;
  }

  /** As they are at this time, claims included. */
  get certificates(): readonly Readonly<Certificate>[] {
    return this.#account.certificates;
  }

  get things(): readonly Readonly<Thing>[] {
    return [...this.#account.things.values()];
  }

  /** Calls `listener` for everything that happens; returns the way to stop that. */
  onEvent(listener: (event: AwsEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** @throws {RangeError} when the document is malformed */
  putPolicy(name: string, document: unknown): void {
    this.#account.putPolicy(name, document);
  }

  /** @throws {RangeError} when name or body are malformed */
  putTemplate(name: string, body: unknown, options: { isEnabled?: boolean; hook?: Hook | null } = {}): void {
    this.#fleet.putTemplate(name, body, options);
  }

  /** An active certificate with a key, as from the console: a claim for a fleet, or a device's permanent one. */
  async createCertificate(policies: readonly string[], thing: string | null = null): Promise<Credentials> {
    const { id, pem, privateKey } = await this.#account.authority.issue(this.#context.now());
    if (thing !== null) this.#account.thing(thing);
    this.#account.add({ id, pem }, "account", { policies: new Set(policies), thing });
    return { certificateId: id, certificatePem: pem, privateKey };
  }

  /** The same for a key that somebody else has made; RSA or EC. */
  signCertificate(
    publicKey: KeyObject,
    policies: readonly string[],
    thing: string | null = null,
  ): Omit<Credentials, "privateKey"> {
    const { id, pem } = this.#account.authority.sign(publicKey, this.#context.now());
    if (thing !== null) this.#account.thing(thing);
    this.#account.add({ id, pem }, "account", { policies: new Set(policies), thing });
    return { certificateId: id, certificatePem: pem };
  }

  /** What a trusted user's app asks for: five minutes. @throws {RangeError} when there is no such template */
  async createProvisioningClaim(templateName: string): Promise<ProvisioningClaim> {
    if (!this.#fleet.templates.has(templateName)) throw new RangeError("template: there is none with this name");
    const nowMs = this.#context.now();
    const { id, pem, publicKey, privateKey } = await this.#account.authority.issue(nowMs);
    const expiresAtMs = nowMs + CLAIM_LIFETIME_MS;
    this.#account.add({ id, pem }, "trusted-user", { expiresAtMs });
    this.#claims.set(id, templateName);
    this.#context.emit({ type: "claimed", templateName, certificateId: id });
    const expiration = expiresAtMs / 1_000;
    return {
      certificateId: id,
      certificatePem: pem,
      expiration,
      keyPair: { PublicKey: publicKey, PrivateKey: privateKey },
    };
  }

  /** Registers an authority whose certificates are registered when they are first seen. @returns its id */
  registerCa(der: Buffer, options: CaOptions = {}): string {
    return this.#justInTime.register(der, options);
  }

  /** Makes a device known to a vending machine. */
  addVendingDevice(device: VendingDevice): void {
    this.#vending.add(device);
  }

  /** Connections end with what is not active any more. @throws {RangeError} when there is no such certificate */
  setStatus(certificateId: string, status: CertificateStatus): void {
    this.#account.setStatus(certificateId, status);
  }

  deleteCertificate(certificateId: string): void {
    this.#account.delete(certificateId);
  }

  /** Publishes as the account, to whoever has subscribed and may receive. */
  async publish(topic: string, payload: string | Buffer, options?: { qos?: 0 | 1; retain?: boolean }): Promise<void> {
    await this.#running?.broker.publish(topic, payload, options);
  }

  /** Closes the connection of a client id; false when it has none. */
  kick(clientId: string): boolean {
    return (this.#running?.broker.cut({ clientId }) ?? 0) > 0;
  }
}
