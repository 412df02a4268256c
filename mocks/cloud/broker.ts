import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { Aedes, type AuthenticateError, type Client, type PublishPacket } from "aedes";
import { type Account, admit, refusal, UNAVAILABLE } from "./admission.js";
import type { Faults } from "./faults.js";
import { type GatewayLogin, isGatewayId, publishMistake, watchPackets } from "./gateway.js";
import { listen } from "./http.js";
import type { Device, Registry } from "./registry.js";
import type { CloudContext } from "./settings.js";
import { printable } from "./text.js";

/** A message that a device published, its last will included. The payload is read as UTF-8. */
export type MessageListener = (topic: string, payload: string, clientId: string, retain: boolean) => void;

/** A message to or from a device, for whoever keeps a list. */
export interface Traffic {
  direction: "up" | "down";
  mac: string;
  topic: string;
  payload: string;
}

interface Session {
  readonly client: Client;
  readonly account: Account;
}

const connackAccepted = Uint8Array.of(0x20, 2, 0, 0);

/** A real MQTT 3.1.1 broker that admits only accounts which the registry has issued, each to its own topics. */
export class Broker {
  readonly #context: CloudContext;
  readonly #registry: Registry;
  readonly #faults: Faults;
  readonly #onTraffic: (traffic: Traffic) => void;
  readonly #listeners = new Set<MessageListener>();
  readonly #sockets = new Set<Socket>();
  /** Sessions by client id. */
  readonly #sessions = new Map<string, Session>();
  readonly #accounts = new WeakMap<Client, Account>();
  /** What the gateway took from each CONNECT. */
  readonly #logins = new WeakMap<Client, GatewayLogin>();
  #running: { aedes: Aedes; server: Server } | null = null;

  constructor(context: CloudContext, registry: Registry, faults: Faults, onTraffic: (traffic: Traffic) => void) {
    this.#context = context;
    this.#registry = registry;
    this.#faults = faults;
    this.#onTraffic = onTraffic;
  }

  /** Listens on 127.0.0.1; resolves to the port. Rejects with Node's error when the port is taken. */
  async start(port: number): Promise<number> {
    if (this.#running) throw new Error("the broker runs already");
    const aedes = await Aedes.createBroker({
      authenticate: (client, username, password, done) => {
        const verdict = this.#authenticate(client, username, password);
        if (verdict === "silence") return;
        if (verdict === "accept") done(null, true);
        else done(verdict, false);
      },
      authorizePublish: (client, packet, done) => done(this.#publishRefusal(client, packet)),
      authorizeSubscribe: (client, subscription, done) =>
        done(null, this.#maySubscribe(client, subscription.topic) ? subscription : null),
    });
    this.#watch(aedes);
    const handle = (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
      this.#keepToGateway(socket, aedes.handle(socket));
    };
    const { brokerTls, log } = this.#context;
    const server = brokerTls ? createTlsServer(brokerTls, handle) : createServer(handle);
    server.on("tlsClientError", (error: Error) => log(`mqtts: ${error.message}`));
    const chosen = await listen(server, port).catch((error: unknown) => {
      aedes.close();
      throw error;
    });
    this.#running = { aedes, server };
    return chosen;
  }

  get isRunning(): boolean {
    return this.#running !== null;
  }

  /** Cuts every connection. Sessions and retained messages are lost, as with a broker without a disk. */
  async stop(): Promise<void> {
    const running = this.#running;
    if (!running) return;
    this.#running = null;
    const closed = new Promise<void>((resolve) => running.server.close(() => resolve()));
    await new Promise<void>((resolve) => running.aedes.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
    this.#sessions.clear();
  }

  onMessage(listener: MessageListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Publishes to whoever subscribed. Rejects while the broker is stopped. */
  publish(topic: string, payload: string, options: { qos?: 0 | 1; retain?: boolean } = {}): Promise<void> {
    const { aedes } = this.#running ?? fail("the broker is stopped");
    const { qos = 1, retain = false } = options;
    return new Promise((resolve, reject) => {
      aedes.publish({ cmd: "publish", topic, payload, qos, retain, dup: false }, (error) =>
        error ? reject(error) : resolve(),
      );
    });
  }

  isOnline(mac: string): boolean {
    return this.#sessionsOf(mac).length > 0;
  }

  /** Which of its accounts the device is connected with; null when it is offline. */
  onlineFamily(mac: string): Account["family"] | null {
    return this.#sessionsOf(mac)[0]?.account.family ?? null;
  }

  /**
   * Sends a control message: on the device service's `control` topic (QoS 1, kept for a persistent session), and
   * straight into a xiaozhi session, which the gateway does without a subscription.
   * @returns whether the device is connected; false while the broker is stopped
   */
  async sendControl(device: Device, message: unknown): Promise<boolean> {
    if (!this.#running) return false;
    const payload = JSON.stringify(message);
    if (device.service) {
      const topic = device.service.topics.control;
      await this.publish(topic, payload);
      this.#onTraffic({ direction: "down", mac: device.mac, topic, payload });
    }
    for (const { client, account } of this.#sessionsOf(device.mac)) {
      if (account.family === "xiaozhi") await this.#push(client, device.mac, account.subscribeTopic, payload);
    }
    return this.isOnline(device.mac);
  }

  /** Closes the device's connections; false when it has none. */
  async kick(mac: string): Promise<boolean> {
    const sessions = this.#sessionsOf(mac);
    await Promise.all(sessions.map(({ client }) => new Promise<void>((resolve) => client.close(() => resolve()))));
    return sessions.length > 0;
  }

  #sessionsOf(mac: string): Session[] {
    return [...this.#sessions.values()].filter(({ account }) => account.mac === mac);
  }

  #authenticate(
    client: Client,
    username: string | undefined,
    password: Buffer | undefined,
  ): "accept" | "silence" | AuthenticateError {
    const fault = this.#faults.takeMqtt();
    if (fault) this.#context.log(`mqtt: fault ${fault.kind}`);
    if (fault?.kind === "hang") return "silence";
    if (fault?.kind === "cut") return this.#drop(client, new Uint8Array(0));
    if (fault?.kind === "accept-then-close") return this.#drop(client, connackAccepted);
    if (fault?.kind === "unavailable") return refusal(UNAVAILABLE, "server unavailable");

    const login = this.#gatewayLogin(client);
    const said = login ?? { clientId: client.id, username, password: password?.toString("utf8") };
    const account = admit(this.#context, this.#registry, said);
    if ("returnCode" in account) {
      this.#context.log(`mqtt: ${printable(client.id)} refused, ${account.returnCode}: ${account.message}`);
      const silent = login || this.#context.settings.refusal === "accept-then-close";
      return silent ? this.#drop(client, connackAccepted) : account;
    }
    this.#accounts.set(client, account);
    return "accept";
  }

  /** Undefined where it is not the gateway that is spoken to. */
  #gatewayLogin(client: Client): GatewayLogin | undefined {
    return this.#context.settings.gateway && isGatewayId(client.id) ? this.#logins.get(client) : undefined;
  }

  /** Ends the connection behind aedes' back, after these last bytes. */
  #drop(client: Client, lastBytes: Uint8Array): "silence" {
    const socket = client.conn as Socket;
    socket.write(lastBytes);
    socket.destroySoon();
    return "silence";
  }

  /** aedes answers a refused PUBLISH by closing the connection: MQTT 3.1.1 has no other word for it. */
  #publishRefusal(client: Client | null, { topic, qos, payload }: PublishPacket): Error | null {
    const account = client && this.#accounts.get(client);
    if (!account) return new Error("not connected");
    const allowed =
      account.family === "service"
        ? topic.startsWith(`devices/${account.clientId}/`) && topic !== `devices/${account.clientId}/control`
        : topic === "device-server";
    if (!allowed) return new Error(`may not publish to ${printable(topic)}`);
    const mistake = account.family === "xiaozhi" && this.#context.settings.gateway && publishMistake(qos, payload);
    return mistake ? new Error(mistake) : null;
  }

  #keepToGateway(socket: Socket, client: Client): void {
    watchPackets(socket, {
      connect: (login) => this.#logins.set(client, login),
      stranger: (type) => {
        const account = this.#accounts.get(client);
        if (account?.family !== "xiaozhi" || !this.#context.settings.gateway) return;
        this.#context.log(`mqtt: ${account.mac} sent a packet of type ${type}, which the gateway does not know`);
        socket.destroy();
      },
    });
  }

  #maySubscribe(client: Client, filter: string): boolean {
    const account = this.#accounts.get(client);
    if (!account) return false;
    const allowed =
      account.family === "service"
        ? filter.startsWith(`devices/${account.clientId}/`)
        : filter === account.subscribeTopic;
    if (!allowed) this.#context.log(`mqtt: ${account.mac} may not subscribe to ${printable(filter)}`);
    return allowed;
  }

  #watch(aedes: Aedes): void {
    const { log } = this.#context;
    aedes.on("clientReady", (client) => this.#connected(client));
    aedes.on("clientDisconnect", (client) => {
      const account = this.#accounts.get(client);
      // A second connection with the same client id has taken the place by now.
      if (!account || this.#sessions.get(client.id)?.client !== client) return;
      this.#sessions.delete(client.id);
      log(`mqtt: ${account.mac} disconnected`);
    });
    aedes.on("clientError", (client, error) => {
      const account = this.#accounts.get(client);
      if (account) log(`mqtt: ${account.mac}: ${printable(error.message)}`);
    });
    aedes.on("publish", (packet, client) => {
      const account = client && this.#accounts.get(client);
      if (!account) return;
      const payload = packet.payload.toString();
      log(`mqtt: ${account.mac} published ${Buffer.byteLength(payload)} bytes to ${printable(packet.topic)}`);
      this.#onTraffic({ direction: "up", mac: account.mac, topic: packet.topic, payload });
      for (const listener of [...this.#listeners]) listener(packet.topic, payload, account.clientId, packet.retain);
    });
  }

  #connected(client: Client): void {
    const account = this.#accounts.get(client);
    if (!account) return;
    this.#sessions.set(client.id, { client, account });
    this.#context.log(`mqtt: ${account.mac} connected`);
    if (account.family !== "xiaozhi" || !this.#context.settings.mcpGreeting) return;
    const greeting = { jsonrpc: "2.0", id: 10000, method: "initialize", params: { protocolVersion: "2024-11-05" } };
    const payload = JSON.stringify({ type: "mcp", payload: greeting });
    this.#push(client, account.mac, account.subscribeTopic, payload).catch(() => undefined);
  }

  #push(client: Client, mac: string, topic: string, payload: string): Promise<void> {
    this.#onTraffic({ direction: "down", mac, topic, payload });
    return new Promise((resolve, reject) => {
      client.publish({ cmd: "publish", topic, payload, qos: 0, retain: false, dup: false }, (error) =>
        error ? reject(error) : resolve(),
      );
    });
  }
}

function fail(message: string): never {
  throw new Error(message);
}
