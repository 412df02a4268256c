/** A broker that has the device's credentials for itself, and says whatever it likes. */
import { createServer, type Server as HttpServer } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net";
import { generate, type Packet, parser } from "mqtt-packet";
import type { Random } from "../../tools/fuzz/random.js";

export const CONTROL = "devices/d/control";
export const STATUS = "devices/d/status";

/** A device service whose one device is led to this broker. */
export class HostileBroker {
  /** Answers to commands, parsed. */
  readonly replies: Record<string, unknown>[] = [];
  connections = 0;
  #socket: Socket | undefined;
  #tcp: Server;
  #http: HttpServer;
  #nextId = 1;

  constructor() {
    this.#tcp = createTcpServer((socket) => this.#accept(socket));
    this.#http = createServer((request, response) => {
      const body = request.url === "/health" ? { status: "healthy" } : this.#info();
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify(body));
    });
  }

  async start(): Promise<void> {
    for (const server of [this.#tcp, this.#http])
      await new Promise<void>((done) => server.listen(0, "127.0.0.1", () => done()));
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}/`;
  }

  async stop(): Promise<void> {
    this.#socket?.destroy();
    this.#tcp.close();
    this.#http.closeAllConnections();
    this.#http.close();
  }

  get isConnected(): boolean {
    return this.#socket !== undefined && !this.#socket.destroyed;
  }

  /** Bytes as they are. */
  send(...parts: Uint8Array[]): void {
    this.#socket?.write(Buffer.concat(parts));
  }

  message(payload: string, qos: 0 | 1 = 0, topic = CONTROL): Uint8Array {
    const messageId = (this.#nextId % 65_535) + 1;
    this.#nextId++;
    return generate({ cmd: "publish", topic, payload, qos, messageId, dup: false, retain: false });
  }

  end(): void {
    this.#socket?.end();
  }

  #info(): object {
    const { port } = this.#tcp.address() as AddressInfo;
    return {
      device_id: "d",
      device_secret: "s",
      mqtt_config: {
        ...{ broker: "127.0.0.1", port, use_ssl: false, client_id: "d", username: "d", password: "s" },
        topics: { control: CONTROL, status: STATUS, data: "devices/d/data" },
      },
    };
  }

  #accept(socket: Socket): void {
    this.#socket = socket.on("error", () => {});
    this.connections++;
    const packets = parser();
    packets.on("packet", (packet) => this.#hear(socket, packet));
    socket.on("data", (bytes) => packets.parse(bytes));
  }

  #hear(socket: Socket, packet: Packet): void {
    const answer = (reply: Packet) => socket.write(generate(reply));
    const messageId = packet.messageId ?? 0;
    if (packet.cmd === "connect") answer({ cmd: "connack", returnCode: 0, sessionPresent: false });
    else if (packet.cmd === "subscribe")
      answer({ cmd: "suback", messageId, granted: packet.subscriptions.map(() => 1) });
    else if (packet.cmd === "pingreq") answer({ cmd: "pingresp" });
    else if (packet.cmd === "publish") {
      if (packet.qos === 1) answer({ cmd: "puback", messageId });
      const reply = packet.topic === STATUS && packet.payload.length ? JSON.parse(String(packet.payload)) : {};
      if ("ok" in reply) this.replies.push(reply);
    }
  }
}

export type BrokerAttack = (broker: HostileBroker, random: Random) => void;

const times = (count: number, each: (index: number) => Uint8Array) =>
  Array.from({ length: count }, (_, at) => each(at));

/** After these the session goes on. */
export const BROKERS: Readonly<Record<string, BrokerAttack>> = {
  "273 small messages in a segment": (broker) => broker.send(...times(273, () => broker.message("x", 0, "t/control"))),
  "19 messages with new names": (broker, random) => {
    const names = () => Object.fromEntries(Array.from({ length: 25 }, () => [random.name(), { [random.name()]: 1 }]));
    broker.send(...times(19, () => broker.message(JSON.stringify({ cmd: "ping", ...names() }), 1)));
  },
  "distinct commands": (broker, random) =>
    broker.send(...times(60, () => broker.message(JSON.stringify({ cmd: random.name() }), 1))),
  "settings with new names": (broker, random) =>
    broker.send(
      ...times(20, () => broker.message(JSON.stringify({ cmd: "set", settings: { [random.name()]: 1 } }), 1)),
    ),
  "a hundred pings": (broker) =>
    broker.send(...times(100, (id) => broker.message(JSON.stringify({ cmd: "ping", id }), 1))),
  "deep and wide messages": (broker) =>
    broker.send(
      ...["[".repeat(700), `{"cmd":${"[".repeat(300)}`, `{"a":[${"0,".repeat(300)}0]}`].map((text) =>
        broker.message(text, 1),
      ),
    ),
  "long topics and payloads": (broker) =>
    broker.send(broker.message("x", 1, "t".repeat(5_000)), broker.message("x".repeat(60_000), 1)),
  "acknowledgements that nobody waits for": (broker) =>
    broker.send(...times(300, (at) => generate({ cmd: "puback", messageId: at + 1 }))),
  "a line of the console in a topic": (broker) =>
    broker.send(broker.message("x", 1, '\n{"state":"online","broker":"evil"}\n')),
};

/** These break the protocol: the session ends. */
export const BREAKERS: Readonly<Record<string, BrokerAttack>> = {
  "sixty CONNACKs": (broker) =>
    broker.send(...times(60, () => generate({ cmd: "connack", returnCode: 0, sessionPresent: false }))),
  "bytes that are no MQTT": (broker, random) =>
    broker.send(Uint8Array.from({ length: 2_000 }, () => random.below(256)).fill(0xff, 0, 8)),
};
