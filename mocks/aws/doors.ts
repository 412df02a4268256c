import { constants, type X509Certificate } from "node:crypto";
import type { Socket } from "node:net";
import { createSecureContext, createServer, type Server, type TLSSocket } from "node:tls";
import { listen } from "../cloud/http.js";
import type { Account, Certificate } from "./account.js";
import { issuedOf } from "./authority.js";
import type { JustInTime } from "./just-in-time.js";
import type { AwsContext } from "./options.js";

/** ALPN for MQTT with certificates on port 443 (AWS IoT: "Protocols, port mappings, and authentication"). */
export const ALPN = "x-amzn-mqtt-ca";

/** The TLS 1.2 suites of AWS IoT's security policies. */
export const CIPHERS = ["ECDHE-ECDSA-", "ECDHE-RSA-", ""]
  .flatMap((exchange) => [
    `${exchange}AES128-GCM-SHA256`,
    `${exchange}AES128-SHA256`,
    `${exchange}AES128-SHA`,
    `${exchange}AES256-GCM-SHA384`,
    `${exchange}${exchange === "" ? "AES256-SHA256" : "AES256-SHA384"}`,
    `${exchange}AES256-SHA`,
  ])
  .join(":");

interface Options {
  readonly context: AwsContext;
  readonly account: Account;
  readonly justInTime: JustInTime;
  readonly admit: (socket: TLSSocket, certificate: Certificate) => void;
}

/** The broker's TLS servers: who comes with the right name and a certificate that is good now gets in. */
export class Doors {
  readonly #options: Options;
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();

  constructor(options: Options) {
    this.#options = options;
  }

  /** Listens on 127.0.0.1, as port 8883 or as 443, where the client has to offer the ALPN. */
  async open(port: number, needsAlpn: boolean): Promise<number> {
    const { context, account } = this.#options;
    const versions = { minVersion: "TLSv1.2", maxVersion: "TLSv1.2", ciphers: CIPHERS } as const;
    const secure = createSecureContext({ ...account.authority.server(context.endpoint), ...versions });
    const server = createServer({
      ...versions,
      // Without the endpoint's name there is no certificate, so that the handshake fails.
      SNICallback: (name, done) => done(null, isSameName(name, context.endpoint) ? secure : undefined),
      ...(needsAlpn ? { ALPNProtocols: [ALPN] } : {}),
      requestCert: true,
      // Any certificate may show itself: whether it is known is asked afterwards.
      rejectUnauthorized: false,
      // No session tickets.
      secureOptions: constants.SSL_OP_NO_TICKET,
    });
    server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
    server.on("tlsClientError", (error, socket) => {
      this.#refused(handshakeFailure(error), null);
      socket.destroy();
    });
    server.on("secureConnection", (socket) => this.#meet(socket, needsAlpn));
    this.#servers.push(server);
    return listen(server, port);
  }

  async close(): Promise<void> {
    const closed = this.#servers.map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
    for (const socket of this.#sockets) socket.destroy();
    await Promise.all(closed);
    this.#servers.length = 0;
  }

  #meet(socket: TLSSocket, needsAlpn: boolean): void {
    socket.on("error", () => undefined);
    const leaf = socket.getPeerX509Certificate();
    const id = leaf ? issuedOf(leaf.raw).id : null;
    const why = needsAlpn && socket.alpnProtocol !== ALPN ? "no ALPN" : this.#refusal(leaf);
    if (why === null && id !== null) this.#options.admit(socket, this.#options.account.require(id));
    else this.#refuse(socket, why ?? "unknown", id);
  }

  #refusal(leaf: X509Certificate | undefined): string | null {
    const { account, justInTime } = this.#options;
    if (!leaf) return "no certificate";
    const why = account.refusal(issuedOf(leaf.raw).id);
    if (why === "unknown") justInTime.meet(leaf);
    return why;
  }

  /** The handshake is through by now: the end comes with a close_notify, or the client waits for its CONNACK. */
  #refuse(socket: TLSSocket, why: string, certificateId: string | null): void {
    this.#refused(why, certificateId);
    socket.resume();
    if (this.#options.context.settings.admissionRefusal === "close") socket.end();
  }

  #refused(why: string, certificateId: string | null): void {
    this.#options.context.emit({ type: "refused", at: "tls", why, certificateId, clientId: null });
  }
}

/** In any case (RFC 6066, section 3; RFC 4343). */
function isSameName(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

function handshakeFailure(error: Error & { code?: string }): string {
  if (error.code === "ERR_SSL_NO_SHARED_CIPHER") return "not the endpoint's name, or no common cipher suite";
  return error.code ?? error.message;
}
