import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { Aedes, type AuthenticateError, type Client } from "aedes";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { host } from "../../mocks/moddable/host.js";
import { link } from "../../mocks/moddable/link.js";
import MockClient from "../../mocks/moddable/mqtt/client.js";
import TCP from "../../mocks/moddable/socket/tcp.js";
import { implementations, pause, Resolver, text, until } from "./support.js";

const clients = await implementations(MockClient, "examples/io/tcp/mqttclient/mqttclient.js");

type Packet = { topic: string; payload: string; qos: number; retain: boolean };
type Control = { operation: number; id?: number; returnCode?: number; payload?: number[] };

let broker: Aedes;
let server: Server;
let port: number;
const sockets: Socket[] = [];
const open: { close(): void }[] = [];
const traced: string[] = [];

beforeEach(async () => {
  broker = await Aedes.createBroker();
  server = createServer((socket) => {
    sockets.push(socket);
    broker.handle(socket);
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  port = (server.address() as AddressInfo).port;
  traced.length = 0;
  host.isDebug = true;
  vi.spyOn(host, "trace").mockImplementation((piece) => void traced.push(piece));
});

afterEach(async () => {
  link.up = true;
  for (const one of open.splice(0)) one.close();
  for (const socket of sockets.splice(0)) socket.destroy();
  server.close();
  await new Promise<void>((done) => broker.close(() => done()));
  vi.restoreAllMocks();
});

describe.each(clients)("%s", (_name, MQTTClient) => {
  interface Session {
    client: InstanceType<typeof MQTTClient>;
    events: string[];
    controls: Control[];
    messages: { topic: string; payload: string; QoS: number }[];
    rooms: number[];
  }

  function connect(options: object = {}): Session {
    const events: string[] = [];
    const controls: Control[] = [];
    const messages: Session["messages"] = [];
    const rooms: number[] = [];
    const client = new MQTTClient({
      dns: { io: Resolver },
      socket: { io: TCP },
      host: "broker.test",
      port,
      id: "device",
      onControl(control: unknown) {
        events.push(`control ${(control as Control).operation}`);
        controls.push({ ...(control as Control) });
      },
      onWritable: (count: number) => rooms.push(count) as never,
      onReadable(this: { read(count: number): ArrayBuffer }, count, { topic, QoS }) {
        if (topic !== undefined) messages.push({ topic, payload: "", QoS: QoS! });
        messages.at(-1)!.payload += text(this.read(count));
      },
      onError: (...reasons: unknown[]) => events.push(`error ${reasons.length}`) as never,
      onClose: () => events.push("close") as never,
      ...options,
    } as ConstructorParameters<typeof MQTTClient>[0]);
    open.push({ close: () => events.includes("error 0") || client.close() });
    return { client, events, controls, messages, rooms };
  }

  const connected = ({ controls }: Session) => until(() => controls[0]?.returnCode === 0, "CONNACK");
  const bytes = (content: string) => Uint8Array.from(Buffer.from(content));

  async function subscribed(session: Session, topic: string, QoS: number): Promise<void> {
    session.client.write(null as never, { operation: MQTTClient.SUBSCRIBE, items: [{ topic, QoS }] } as never);
    await until(() => session.controls.at(-1)?.operation === MQTTClient.SUBACK, "SUBACK");
    expect(session.controls.at(-1)!.payload).toEqual([QoS]);
  }

  function published(topic: string): Packet[] {
    const packets: Packet[] = [];
    void broker.subscribe(
      topic,
      (packet, done) => {
        packets.push({ ...packet, payload: packet.payload.toString() } as Packet);
        done();
      },
      () => {},
    );
    return packets;
  }

  test("connects with all that CONNECT carries, and may write after CONNACK", async () => {
    const seen: unknown[] = [];
    broker.authenticate = (client: Client, user, password, done) => {
      seen.push(client.id, user, password?.toString());
      done(null, true);
    };
    const session = connect({ user: "me", password: "secret", keepAlive: 60_000 });
    expect(() => session.client.write(new ArrayBuffer(1), { topic: "t" })).toThrow();
    await connected(session);
    expect(seen).toEqual(["device", "me", "secret"]);
    expect(session.events).toEqual(["control 2"]);
    expect(session.rooms[0]).toBeGreaterThan(5000);
    expect(session.rooms[0]).toBeLessThanOrEqual(5744 - 8);
  });

  test.each([4, 5])("a refusal (%i) is an error without a reason; the code is the fourth byte read", async (code) => {
    broker.authenticate = (_client, _user, _password, done) =>
      done(Object.assign(new Error("no"), { returnCode: code }) as AuthenticateError, false);
    const read: unknown[] = [];
    class Watching extends TCP {
      override read(count?: unknown): number | ArrayBuffer {
        const result = super.read(count as number);
        read.push(result);
        return result;
      }
    }
    const session = connect({ socket: { io: Watching } });
    await until(() => session.events.length > 0);
    expect(session.events).toEqual(["error 0"]);
    expect(read).toEqual([0x20, 2, 0, code]);
    expect(traced.join("")).toBe("mqttClient error: connection rejected\n");
    await until(() => sockets.at(-1)!.destroyed);
  });

  test.each([0, 1, 2])("publishes with QoS %i", async (QoS) => {
    const packets = published("up/#");
    const session = connect();
    await connected(session);
    session.client.write(bytes("payload"), { topic: "up/one", QoS, retain: true, id: 77 } as never);
    await until(() => packets.length > 0);
    expect(packets[0]).toMatchObject({ topic: "up/one", payload: "payload", qos: QoS, retain: true });
    const last = [undefined, MQTTClient.PUBACK, MQTTClient.PUBCOMP][QoS];
    await until(() => last === undefined || session.controls.at(-1)?.operation === last, "acknowledgement");
    if (last) expect(session.controls.at(-1)!.id).toBe(77);
  });

  test("a payload larger than the send buffer goes out in pieces; more than there is room for is an overflow", async () => {
    const packets = published("large");
    const session = connect();
    await connected(session);
    expect(() => session.client.write(new Uint8Array(6000), { topic: "large" })).toThrow("overflow");
    let left = 10_000;
    let room = session.client.write(new Uint8Array(100), { topic: "large", byteLength: left } as never);
    left -= 100;
    while (left > 0) {
      const size = Math.min(left, room);
      session.rooms.length = 0;
      if (size > 0) room = (session.client.write as (data: Uint8Array) => number)(new Uint8Array(size));
      left -= size;
      if (left > 0) await until(() => session.rooms.length > 0, "room");
      room = session.rooms.at(-1) ?? room;
    }
    await until(() => packets.length > 0);
    expect(packets[0]!.payload).toHaveLength(10_000);
  });

  test.each([0, 1])("receives with QoS %i, large payloads in pieces, and acknowledges", async (QoS) => {
    const session = connect();
    await connected(session);
    await subscribed(session, "down/#", QoS);
    let acknowledged = 0;
    broker.on("ack", () => acknowledged++);
    const large = "y".repeat(9000);
    for (const payload of ["small", large, "last"])
      broker.publish({ cmd: "publish", topic: "down/x", payload, qos: QoS as 0, dup: false, retain: false }, () => {});
    await until(() => session.messages.length === 3 && session.messages[2]!.payload === "last");
    expect(session.messages.map(({ payload }) => payload)).toEqual(["small", large, "last"]);
    expect(session.messages[0]).toMatchObject({ topic: "down/x", QoS });
    await until(() => acknowledged === (QoS ? 3 : 0), "PUBACK");
  });

  test("a message without a payload silences the client: nothing is read any more", async () => {
    const session = connect();
    await connected(session);
    await subscribed(session, "down", 0);
    for (const payload of ["", "next"])
      broker.publish({ cmd: "publish", topic: "down", payload, qos: 0, dup: false, retain: false }, () => {});
    await pause(60);
    expect(session.messages).toEqual([]);
    expect(session.events).toEqual(["control 2", "control 9"]);
  });

  test("the will is published when the connection breaks", async () => {
    const packets = published("will");
    const session = connect({ will: { topic: "will", message: "gone", QoS: 1, retain: true } });
    await connected(session);
    sockets[0]!.destroy();
    await until(() => packets.length > 0);
    expect(packets[0]).toMatchObject({ payload: "gone", qos: 1, retain: true });
    await until(() => session.events.includes("error 0"));
  });

  test("pings keep the connection; without answers it ends after one and a half intervals", async () => {
    let pings = 0;
    broker.on("ping", () => pings++);
    const session = connect({ keepAlive: 1000 });
    await connected(session);
    await until(() => session.controls.some(({ operation }) => operation === MQTTClient.PINGRESP), "PINGRESP");
    expect(pings).toBeGreaterThan(0);
    link.up = false;
    await until(() => session.events.includes("error 0"), "the end");
    expect(session.events.at(-1)).toBe("error 0");
    expect(traced.join("")).toContain("time out");
  });

  test("unsubscribes and disconnects", async () => {
    let gone = "";
    broker.on("clientDisconnect", (client) => {
      gone = client.id;
    });
    const session = connect();
    await connected(session);
    await subscribed(session, "down", 1);
    session.client.write(null as never, { operation: MQTTClient.UNSUBSCRIBE, items: [{ topic: "down" }] } as never);
    await until(() => session.controls.at(-1)?.operation === MQTTClient.UNSUBACK, "UNSUBACK");
    session.client.write(null as never, { operation: MQTTClient.DISCONNECT } as never);
    await until(() => gone === "device");
  });

  test("no broker, or no name, is an error", async () => {
    const nobody = connect({ port: 1 });
    const nowhere = connect({ host: "nowhere.invalid" });
    await until(() => nobody.events.length + nowhere.events.length === 2);
    expect([...nobody.events, ...nowhere.events]).toEqual(["error 0", "error 0"]);
  });

  test("closing before the name is resolved makes the resolver's callback throw", async () => {
    let resolved: ((host: string, address: string) => void) | undefined;
    class Slow {
      resolve(options: { onResolved(host: string, address: string): void }): void {
        resolved = options.onResolved;
      }
    }
    const session = connect({ dns: { io: Slow } });
    session.client.close();
    expect(() => resolved!("broker.test", "127.0.0.1")).toThrow(TypeError);
  });
});
