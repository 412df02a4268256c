import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { Aedes, type AedesOptions, type Client } from "aedes";
import { generate } from "mqtt-packet";
import { RateLimiter } from "../cloud/rate-limit.js";
import { connackFirst } from "../connack-first.js";
import type { Account, Certificate } from "./account.js";
import type { Refused } from "./events.js";
import type { Faults } from "./faults.js";
import type { AwsContext } from "./options.js";
import { publishRefusal, subscribeRefusal } from "./permissions.js";
import { type Reply, type Request, type Requests, requestOf } from "./requests.js";
import { type Claims, Session } from "./session.js";

interface Options {
  readonly context: AwsContext;
  readonly account: Account;
  readonly requests: Requests;
  readonly claims: Claims;
  readonly faults: Faults;
}

type Publish = Parameters<NonNullable<AedesOptions["authorizePublish"]>>;
type Subscribe = Parameters<NonNullable<AedesOptions["authorizeSubscribe"]>>;
type Connect = Parameters<NonNullable<AedesOptions["preConnect"]>>;

/** AWS IoT Core's quota. */
const MAX_CLIENT_ID_BYTES = 128;

/** AWS IoT's own return code for "not authorized". */
const connack7 = Uint8Array.of(0x20, 2, 0, 7);

/** "Unacceptable protocol version", for MQTT 3.1. */
const connack1 = Uint8Array.of(0x20, 2, 0, 1);

/** "Unsupported Protocol Version" as MQTT 5 has it (section 3.2.2): a client of it cannot read the other form. */
const connack5 = generate(
  {
    ...{ cmd: "connack", reasonCode: 0x84, sessionPresent: false },
    properties: { reasonString: "This mock account speaks MQTT 3.1.1 alone. AWS IoT speaks MQTT 5, too." },
  },
  { protocolVersion: 5 },
);

/** MQTT 3.1.1 as AWS IoT speaks it, behind the doors. What is not allowed closes the connection without a word. */
export class Broker {
  readonly #options: Options;
  readonly #aedes: Aedes;
  readonly #connects: RateLimiter;
  readonly #certificates = new WeakMap<Client, Certificate>();
  readonly #sessions = new WeakMap<Client, Session>();
  readonly #live = new Set<Session>();
  /** The packets whose answers went out before their PUBACKs. */
  readonly #answeredEarly = new WeakSet<object>();
  /** Their connections end with the answer to the next packet. */
  readonly #cutNext = new WeakSet<Client>();
  #isStopped = false;

  private constructor(options: Options) {
    this.#options = options;
    const { now } = options.context;
    this.#connects = new RateLimiter({ limit: 1, windowMs: 1_000, now, countRefused: false });
    this.#aedes = new Aedes({
      preConnect: (...all) => void this.#connect(...all),
      authorizePublish: (...all) => this.#authorizePublish(...all),
      authorizeSubscribe: (...all) => void this.#authorizeSubscribe(...all),
      authorizeForward: (client, packet) =>
        !requestOf(packet.topic) && this.#sessions.get(client)?.may("iot:Receive", "topic", packet.topic)
          ? packet
          : null,
    });
    this.#watch();
  }

  static async open(options: Options): Promise<Broker> {
    const broker = new Broker(options);
    await broker.#aedes.listen();
    return broker;
  }

  admit(socket: TLSSocket, certificate: Certificate): void {
    this.#certificates.set(this.#aedes.handle(socket), certificate);
  }

  async close(): Promise<void> {
    this.#isStopped = true;
    await new Promise<void>((resolve) => this.#aedes.close(() => resolve()));
  }

  /** Publishes as the account, to whoever has subscribed. */
  publish(topic: string, payload: string | Buffer, { qos = 1 as 0 | 1, retain = false } = {}): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#aedes.publish({ cmd: "publish", topic, payload, qos, retain, dup: false }, (error) =>
        error ? reject(error) : resolve(),
      );
    });
  }

  /** Closes the connections of a client id or of a certificate. @returns how many there were */
  cut(which: { clientId: string } | { certificateId: string }): number {
    const cut = [...this.#live].filter(({ client, certificate }) =>
      "clientId" in which ? client.id === which.clientId : certificate.id === which.certificateId,
    );
    for (const session of cut) {
      this.#live.delete(session);
      destroy(session.client);
    }
    return cut.length;
  }

  #watch(): void {
    const { emit } = this.#options.context;
    const told = (type: "connected" | "disconnected", client: Client): void => {
      const session = this.#sessions.get(client);
      if (session) emit({ type, clientId: client.id, certificateId: session.certificate.id });
    };
    this.#aedes.on("clientReady", (client) => {
      told("connected", client);
      if (this.#cutNext.delete(client)) end(client);
    });
    this.#aedes.on("subscribe", (_, client) => {
      if (this.#cutNext.delete(client)) end(client);
    });
    this.#aedes.on("clientDisconnect", (client) => told("disconnected", client));
    this.#aedes.on("unsubscribe", (filters, client) => {
      for (const filter of filters) this.#sessions.get(client)?.subscriptions.delete(filter);
    });
    this.#aedes.on("publish", (packet, client) => {
      const { topic, payload, qos, retain } = packet;
      const session = client && this.#sessions.get(client);
      if (!session) return;
      const request = requestOf(topic);
      if (!request) {
        emit({ type: "message", clientId: client.id, topic, payload: Buffer.from(payload), qos, retain });
      } else if (!this.#answeredEarly.has(packet)) void this.#answer(session, request, topic, Buffer.from(payload));
    });
  }

  async #connect(...[client, { clientId, protocolVersion = 4 }, done]: Connect): Promise<void> {
    const { context, account, claims, faults } = this.#options;
    connackFirst(client);
    const certificate = this.#certificates.get(client);
    if (!certificate) return destroy(client);
    const refuse = (why: string): void => this.#refused("connect", why, { certificate, clientId });
    if (protocolVersion !== 4) {
      refuse(`MQTT ${protocolVersion === 5 ? "5" : "3.1"}: this account speaks 3.1.1 alone`);
      return end(client, protocolVersion === 5 ? connack5 : connack1);
    }
    const fault = faults.take("connect");
    if (fault?.kind === "ignore") return;
    if (fault?.kind === "close" && fault.at === "before") return destroy(client);
    if (fault?.kind === "delay") await fault.until();
    const badId = this.#clientIdRefusal(clientId);
    if (badId !== null) {
      refuse(badId);
      return end(client);
    }
    const session = new Session({ context, account, claims, client, clientId, certificate });
    // It may have been withdrawn since the handshake.
    const why = account.refusal(certificate.id);
    if (why !== null || !session.may("iot:Connect", "client", clientId)) {
      refuse(why ?? "the policy does not allow iot:Connect");
      return end(client, context.settings.connectRefusal === "connack-7" ? connack7 : undefined);
    }
    this.#sessions.set(client, session);
    this.#live.add(session);
    client.conn.once("close", () => this.#live.delete(session));
    if (fault?.kind === "close") this.#cutNext.add(client);
    if (fault?.kind !== "drop") done(null, true);
  }

  #clientIdRefusal(clientId: string): string | null {
    const byteCount = Buffer.byteLength(clientId);
    if (byteCount === 0 || byteCount > MAX_CLIENT_ID_BYTES) return "a client id of 1 to 128 bytes is needed";
    return this.#connects.take(clientId).allowed ? null : "more than one CONNECT in a second";
  }

  #authorizePublish(...[client, packet, done]: Publish): void {
    const session = client ? this.#sessions.get(client) : undefined;
    const why = session ? publishRefusal(this.#options.context, session, packet) : "not connected";
    if (!session || why !== null) {
      if (session) this.#refused("publish", String(why), session);
      done(new Error(String(why)));
      return;
    }
    // AWS IoT has no quality 2: such a message is not acknowledged, and goes nowhere.
    if (packet.qos === 2) return;
    const request = requestOf(packet.topic);
    if (!request || this.#options.faults.peek(request.operation)?.kind !== "early") {
      done(null);
      return;
    }
    this.#answeredEarly.add(packet);
    void this.#answer(session, request, packet.topic, Buffer.from(packet.payload)).then(() => done(null));
  }

  async #authorizeSubscribe(...[client, subscription, done]: Subscribe): Promise<void> {
    const session = this.#sessions.get(client);
    if (!session) return done(new Error("not connected"));
    const { topic: filter, qos } = subscription;
    const why = subscribeRefusal(this.#options.context, session, filter);
    if (why !== null) {
      this.#refused("subscribe", why, session);
      return done(new Error(why));
    }
    const fault = this.#options.faults.take("subscribe");
    if (qos === 2 || fault?.kind === "ignore") return;
    if (fault?.kind === "close" && fault.at === "before") return destroy(client);
    if (fault?.kind === "delay") await fault.until();
    if (fault?.kind === "close") this.#cutNext.add(client);
    session.subscriptions.set(filter, qos);
    this.#options.context.emit({ type: "subscribed", clientId: client.id, filter });
    if (fault?.kind !== "drop") done(null, subscription);
  }

  async #answer(session: Session, request: Request, topic: string, payload: Buffer): Promise<void> {
    const { client, certificate } = session;
    const fault = this.#options.faults.take(request.operation);
    if (fault?.kind === "ignore") return;
    if (fault?.kind === "close" && fault.at === "before") return destroy(client);
    if (fault?.kind === "delay") await fault.until();
    if (this.#isStopped) return;
    const requester = { clientId: client.id, certificateId: certificate.id, connection: client };
    const reply = await this.#options.requests.answer(requester, request, payload, fault);
    if (reply === "close" || fault?.kind === "close") return destroy(client);
    if (reply === null || fault?.kind === "drop") return;
    const bytes = fault?.kind === "answer" ? Buffer.from(fault.payload) : reply.payload;
    await this.#send(session, topic + reply.suffix, { ...reply, payload: bytes }, fault?.kind === "duplicate");
  }

  /** Straight to the requester, and to nobody where he has not subscribed. */
  async #send(session: Session, topic: string, { payload }: Reply, isTwice: boolean): Promise<void> {
    const { client } = session;
    const granted = session.qosFor(topic);
    if (client.closed || granted === null || !session.may("iot:Receive", "topic", topic)) {
      this.#options.context.emit({ type: "unheard", clientId: client.id, topic });
      return;
    }
    if (isTwice) {
      const packet = { cmd: "publish", topic, payload, qos: 1, retain: false, messageId: DUPLICATE_ID } as const;
      client.conn.write(generate({ ...packet, dup: false }));
      client.conn.write(generate({ ...packet, dup: true }));
      return;
    }
    const packet = { cmd: "publish", topic, payload, qos: granted === 0 ? 0 : 1, retain: false, dup: false } as const;
    await new Promise<void>((resolve) => client.publish(packet, () => resolve()));
  }

  #refused(at: Refused, why: string, { certificate, clientId }: Pick<Session, "certificate" | "clientId">): void {
    this.#options.context.emit({ type: "refused", at, why, certificateId: certificate.id, clientId });
  }
}

/** aedes counts from a random number: this one is met once in a long while. */
const DUPLICATE_ID = 0xd0b1;

const destroy = (client: Client): void => void (client.conn as Socket).destroy();

/** Ends the connection behind aedes' back, after these last bytes. */
function end(client: Client, lastBytes: Uint8Array = new Uint8Array(0)): void {
  const socket = client.conn as Socket;
  socket.write(lastBytes);
  socket.destroySoon();
}
