import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { Aedes, type AuthenticateError, type Client, type PublishPacket } from "aedes";
import { connackFirst } from "../connack-first.js";
import { type Account, admit, type Login, refusal, UNAVAILABLE } from "./admission.js";
import type { Device } from "./device.js";
import type { Faults } from "./faults.js";
import { type GatewayDesk, isGatewayId, peekClientId, serveGateway } from "./gateway.js";
import type { GatewayConnection } from "./gateway-connection.js";
import { listen } from "./http.js";
import { Observers } from "./observers.js";
import type { Registry } from "./registry.js";
import type { CloudContext } from "./settings.js";
import { printable } from "./text.js";
import type { MessageListener, Traffic } from "./traffic.js";

interface Session {
  readonly account: Account;
  /** Of the gateway and of the broker: one of the two is there. */
  readonly gateway?: GatewayConnection;
  readonly client?: Client;
}

const connackAccepted = Uint8Array.of(0x20, 2, 0, 0);

/**
 * A real MQTT 3.1.1 broker that admits only accounts which the registry has issued, each to its own topics; and, for
 * whoever has a client id of it, xiaozhi's gateway on the same port.
 */
export class Broker {
  readonly observers = new Observers();
  readonly #context: CloudContext;
  readonly #registry: Registry;
  readonly #faults: Faults;
  readonly #onTraffic: (traffic: Traffic) => void;
  readonly #listeners = new Set<MessageListener>();
  readonly #sockets = new Set<Socket>();
  /** Sessions by client id. */
  readonly #sessions = new Map<string, Session>();
  readonly #accounts = new WeakMap<Client, Account>();
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
      preConnect(client, _packet, done) {
        connackFirst(client);
        done(null, true);
      },
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
      socket.on("error", () => {});
      peekClientId(socket, (clientId) => {
        const { gateway, mcpGreeting } = this.#context.settings;
        if (gateway && clientId !== undefined && isGatewayId(clientId)) serveGateway(socket, this.#desk, mcpGreeting);
        else aedes.handle(socket);
      });
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

  /** Publishes to whoever subscribed, and to the device of the gateway whose topic it is. Rejects while the broker is stopped. */
  async publish(topic: string, payload: string, options: { qos?: 0 | 1; retain?: boolean } = {}): Promise<void> {
    const { aedes } = this.#running ?? {};
    if (!aedes) throw new Error("the broker is stopped");
    const { qos = 1, retain = false } = options;
    for (const { account, gateway } of this.#sessions.values())
      if (account.family === "xiaozhi" && account.subscribeTopic === topic) gateway?.pushText(payload);
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
    for (const { client, gateway, account } of this.#sessionsOf(device.mac)) {
      gateway?.pushText(payload);
      if (client && account.family === "xiaozhi") await this.#push(client, device.mac, account.subscribeTopic, payload);
    }
    return this.isOnline(device.mac);
  }

  /** Undefined where the device is not connected to the gateway. */
  gatewayOf(mac: string): GatewayConnection | undefined {
    return this.#sessionsOf(mac).find(({ gateway }) => gateway)?.gateway;
  }

  /** Closes the device's connections; false when it has none. */
  async kick(mac: string): Promise<boolean> {
    const sessions = this.#sessionsOf(mac);
    for (const { gateway } of sessions) gateway?.close("kicked");
    await Promise.all(
      sessions.map(({ client }) => new Promise<void>((done) => (client ? client.close(done) : done()))),
    );
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
    if (this.observers.admit(client, username, password)) return "accept";
    const fault = this.#faults.takeMqtt();
    if (fault) this.#context.log(`mqtt: fault ${fault.kind}`);
    if (fault?.kind === "hang") return "silence";
    if (fault?.kind === "cut") return this.#drop(client, new Uint8Array(0));
    if (fault?.kind === "accept-then-close") return this.#drop(client, connackAccepted);
    if (fault?.kind === "unavailable") return refusal(UNAVAILABLE, "server unavailable");

    const account = this.#admit({ clientId: client.id, username, password: password?.toString("utf8") });
    const isSilent = this.#context.settings.refusal === "accept-then-close";
    if ("returnCode" in account) return isSilent ? this.#drop(client, connackAccepted) : account;
    this.#accounts.set(client, account);
    return "accept";
  }

  #admit(login: Login): Account | AuthenticateError {
    const account = admit(this.#context, this.#registry, login);
    if ("returnCode" in account)
      this.#context.log(`mqtt: ${printable(login.clientId)} refused, ${account.returnCode}: ${account.message}`);
    return account;
  }

  /** Ends the connection behind aedes' back, after these last bytes. */
  #drop(client: Client, lastBytes: Uint8Array): "silence" {
    const socket = client.conn as Socket;
    socket.write(lastBytes);
    socket.destroySoon();
    return "silence";
  }

  /** aedes answers a refused PUBLISH by closing the connection: MQTT 3.1.1 has no other word for it. */
  #publishRefusal(client: Client | null, { topic }: PublishPacket): Error | null {
    const account = client && this.#accounts.get(client);
    if (!account) return new Error("not connected");
    const allowed =
      account.family === "service"
        ? topic.startsWith(`devices/${account.clientId}/`) && topic !== `devices/${account.clientId}/control`
        : topic === "device-server";
    return allowed ? null : new Error(`may not publish to ${printable(topic)}`);
  }

  /** What the gateway's connections ask and tell. */
  readonly #desk: GatewayDesk = {
    takeFault: () => this.#faults.takeMqtt(),
    admit: (login) => {
      const account = this.#admit(login);
      return "returnCode" in account ? null : account;
    },
    connected: (account, gateway) => this.#enter({ account, gateway }),
    disconnected: (account, gateway) => this.#leave(account, gateway),
    traffic: (account, direction, topic, payload) => {
      this.observers.show(this.#running?.aedes, topic, payload);
      if (direction === "up") this.#tell(account, topic, payload, false);
      else this.#onTraffic({ direction, mac: account.mac, topic, payload });
    },
    log: (line) => this.#context.log(line),
  };

  /** The gateway closes the older connection with the same client id; a broker has done so. */
  #enter(session: Session): void {
    const { clientId, mac } = session.account;
    const older = this.#sessions.get(clientId);
    this.#sessions.set(clientId, session);
    older?.gateway?.close("another connection has the same client id");
    this.#context.log(`mqtt: ${mac} connected`);
  }

  #leave({ clientId, mac }: Account, connection: Client | GatewayConnection): void {
    const { client, gateway } = this.#sessions.get(clientId) ?? {};
    // A second connection with the same client id may have taken the place by now.
    if (connection !== client && connection !== gateway) return;
    this.#sessions.delete(clientId);
    this.#context.log(`mqtt: ${mac} disconnected`);
  }

  #tell({ mac, clientId }: Account, topic: string, payload: string, retain: boolean): void {
    this.#context.log(`mqtt: ${mac} published ${Buffer.byteLength(payload)} bytes to ${printable(topic)}`);
    this.#onTraffic({ direction: "up", mac, topic, payload });
    for (const listener of [...this.#listeners]) listener(topic, payload, clientId, retain);
  }

  #maySubscribe(client: Client, filter: string): boolean {
    if (this.observers.has(client)) return true;
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
    aedes.on("clientReady", (client) => {
      const account = this.#accounts.get(client);
      if (account) this.#enter({ account, client });
    });
    aedes.on("clientDisconnect", (client) => {
      this.observers.leave(client);
      const account = this.#accounts.get(client);
      if (account) this.#leave(account, client);
    });
    aedes.on("clientError", (client, error) => {
      const account = this.#accounts.get(client);
      if (account) log(`mqtt: ${account.mac}: ${printable(error.message)}`);
    });
    aedes.on("publish", (packet, client) => {
      const account = client && this.#accounts.get(client);
      if (account) this.#tell(account, packet.topic, packet.payload.toString(), packet.retain);
    });
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
