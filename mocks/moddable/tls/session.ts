/**
 * `modules/tls/session-adapter` by Node's TLS: 1.2, the same suites, and the server's chain is judged where it comes, so
 * that nothing of the client's follows for a stranger. Node works in turns of its own: then the connection is told.
 */
import { X509Certificate } from "node:crypto";
import { Duplex } from "node:stream";
import { connect, type TLSSocket } from "node:tls";
import { isAddress } from "../../../modules/data/url.js";
import type { GuardedTcp } from "../../../modules/socket/adapter.js";
import { OPEN } from "../../../modules/tls/ends.js";
import type { TlsSession as DeviceSession } from "../../../modules/tls/session-adapter.js";
import { bytesOf, toArrayBuffer, type XsBuffer } from "../buffers.js";
import TCP from "../socket/tcp.js";
import { keyOf } from "./keys.js";
import { refusalOf } from "./trust.js";
import { Wire } from "./wire.js";

/** As agent_tls.h counts them. */
const STATES = {
  "tls-untrusted": -1,
  "tls-expired": -2,
  "tls-name": -3,
  wanted: -4,
  refused: -5,
  nothingInCommon: -6,
  ownKey: -8,
  closed: -10,
  failed: -11,
  alert: -256,
} as const;
const MAX_OWN_BYTES = 4_000;
const SUITES = ["AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305"].flatMap((suite) =>
  ["ECDHE-ECDSA", "ECDHE-RSA"].map((exchange) => `${exchange}-${suite}`),
);
/** Alerts about the client's certificate, and those for which there may be nothing in common. */
const ABOUT_CERTIFICATES: readonly number[] = [40, 42, 43, 44, 45, 46, 48, 49, 51, 116];
const ABOUT_OFFERS: readonly number[] = [40, 70, 71];

/** Of the last ones, by what they were agreed on for. */
const sessions = new Map<string, Buffer>();
const MAX_SESSIONS = 2;

export class TlsSession implements Omit<DeviceSession, "state"> {
  #trusted: { host: string; earliestMs: number; latestMs: number; roots: Uint8Array; given: Uint8Array[] };
  #port: number;
  #under: GuardedTcp;
  #own: Buffer[] = [];
  #key: string | undefined;
  #protocols: string[] = [];
  #tls: TLSSocket | undefined;
  #wireUp: Duplex;
  #wire = new Wire();
  #unsent = Buffer.alloc(0);
  #plain = Buffer.alloc(0);
  #isBusy = false;
  #isJudged = false;
  #state = 0;
  #isEntering = false;

  constructor(host: string, port: number, earliestMs: number, latestMs: number, under: GuardedTcp) {
    this.#trusted = { host, earliestMs, latestMs, roots: new Uint8Array(), given: [] };
    this.#port = port;
    this.#under = under;
    this.#wireUp = new Duplex({
      read: () => {},
      write: (bytes: Uint8Array, _encoding, written) => {
        this.#unsent = Buffer.concat([this.#unsent, bytes]);
        written();
        this.#enterSoon();
      },
    });
  }

  roots(bundle: XsBuffer): void {
    this.#trusted.roots = bytesOf(bundle);
  }

  trust(certificates: XsBuffer): void {
    this.#trusted.given.push(bytesOf(certificates).slice());
  }

  ownCertificate(certificate: XsBuffer): void {
    this.#own.push(Buffer.from(bytesOf(certificate)));
  }

  ownKey(key: XsBuffer): void {
    const privateKey = keyOf(Buffer.from(bytesOf(key)));
    const chainBytes = this.#own.reduce((sum, { length }) => sum + length, 0);
    try {
      if (!privateKey || chainBytes > MAX_OWN_BYTES || !new X509Certificate(this.#own[0]!).checkPrivateKey(privateKey))
        this.#state = STATES.ownKey;
      else this.#key = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    } catch {
      this.#state = STATES.ownKey;
    }
  }

  mqttProtocol(): void {
    this.#protocols = ["x-amzn-mqtt-ca"];
  }

  begin(): void {
    if (this.#state) return;
    const { host, roots, given } = this.#trusted;
    const terms = [
      host,
      this.#port,
      roots.length,
      ...[...given, ...this.#own].map((der) => Buffer.from(der).toString("base64")),
    ];
    const name = terms.join();
    const session = sessions.get(name);
    const tls = connect({
      ...(!isAddress(host) && { servername: host }),
      ...{ minVersion: "TLSv1.2", maxVersion: "TLSv1.2", ciphers: SUITES.join(":") },
      rejectUnauthorized: false,
      ...(this.#key && { key: this.#key, cert: this.#own.map(pemOf).join("") }),
      ...(this.#protocols.length > 0 && { ALPNProtocols: this.#protocols }),
      ...(session && { session }),
      socket: this.#wireUp,
    });
    this.#tls = tls;
    sessions.delete(name);
    tls.on("session", (next: Buffer) => keep(name, next));
    tls.on("secureConnect", () => this.#becomes(this.#isJudged || tls.isSessionReused() ? OPEN : STATES.failed));
    tls.on("readable", () => this.#readPlain());
    tls.on("end", () => this.#becomes(STATES.closed));
    tls.on("error", (error: NodeJS.ErrnoException) =>
      this.#becomes(error.code === "ERR_SSL_UNSUPPORTED_PROTOCOL" ? STATES.nothingInCommon : STATES.failed),
    );
  }

  get state(): number {
    return this.#state;
  }

  get available(): number {
    return this.#plain.length;
  }

  get unsent(): number {
    return this.#unsent.length;
  }

  receive(bytes: XsBuffer): number {
    if (this.#state < 0 || this.#isBusy || this.#plain.length > 0) return 0;
    const taken = this.#wire.take(bytesOf(bytes));
    try {
      const record = this.#wire.record();
      if (record) this.#see(record);
    } catch {
      this.#state = STATES.failed;
    }
    return taken;
  }

  #see(record: Buffer): void {
    const { chain, alert } = this.#wire;
    if (chain && !this.#isJudged) {
      const reason = refusalOf(chain, this.#trusted);
      this.#isJudged = true;
      if (reason) this.#state = STATES[reason as "tls-name"];
    }
    if (alert !== undefined && this.#state === 0) this.#state = this.#stateOf(alert);
    if (this.#state < 0) return;
    this.#isBusy = true;
    TCP.hold(this.#under, true);
    this.#wireUp.push(record);
    setImmediate(() =>
      setImmediate(() => {
        this.#isBusy = false;
        this.#enterSoon();
      }),
    );
  }

  #stateOf(alert: number): number {
    if (this.#wire.asksForCertificate && ABOUT_CERTIFICATES.includes(alert))
      return this.#key ? STATES.refused : STATES.wanted;
    if (!this.#isJudged && ABOUT_OFFERS.includes(alert)) return STATES.nothingInCommon;
    return STATES.alert - alert;
  }

  #readPlain(): void {
    const bytes = this.#tls?.read() as Buffer | null;
    if (!bytes) return;
    this.#plain = Buffer.concat([this.#plain, bytes]);
    this.#enterSoon();
  }

  #becomes(state: number): void {
    if (this.#state < 0) return;
    this.#state = state;
    this.#enterSoon();
  }

  #enterSoon(): void {
    if (this.#isEntering) return;
    this.#isEntering = true;
    setImmediate(() => {
      this.#isEntering = false;
      TCP.enter(this.#under);
      if (!this.#isBusy) TCP.hold(this.#under, false);
    });
  }

  read(into: number | Uint8Array): ArrayBuffer | undefined {
    const count = typeof into === "number" ? into : into.length;
    if (count > this.#plain.length) throw new RangeError("read");
    const part = this.#plain.subarray(0, count);
    this.#plain = this.#plain.subarray(count);
    if (typeof into === "number") return toArrayBuffer(part);
    into.set(part);
    return undefined;
  }

  readByte(): number | undefined {
    const byte = this.#plain[0];
    this.#plain = this.#plain.subarray(1);
    return byte;
  }

  write(bytes: XsBuffer): void {
    if (this.#state === OPEN) this.#tls!.write(bytesOf(bytes).slice());
  }

  take(count: number): ArrayBuffer {
    if (count > this.#unsent.length) throw new RangeError("take");
    const part = this.#unsent.subarray(0, count);
    this.#unsent = this.#unsent.subarray(count);
    return toArrayBuffer(part);
  }

  end(): void {
    if (this.#state === OPEN) this.#tls!.end();
  }

  close(): void {
    this.#isEntering = true;
    this.#state = STATES.closed;
    this.#tls?.destroy();
  }
}

function keep(name: string, session: Buffer): void {
  sessions.delete(name);
  sessions.set(name, session);
  for (const oldest of sessions.keys()) if (sessions.size > MAX_SESSIONS) sessions.delete(oldest);
}

const pemOf = (der: Buffer): string =>
  `-----BEGIN CERTIFICATE-----\n${der.toString("base64")}\n-----END CERTIFICATE-----\n`;
