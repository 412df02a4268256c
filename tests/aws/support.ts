/** An account for a test, and clients for it: MQTT.js, and one that shows each packet. */
import { generateKeyPairSync } from "node:crypto";
import { connect as connectTls, type TLSSocket } from "node:tls";
import mqtt, { type IClientOptions, type MqttClient } from "mqtt";
import { generate, type Packet, parser } from "mqtt-packet";
import { expect, onTestFinished } from "vitest";
import { type Credentials, MockAws } from "../../mocks/aws/aws.js";
import type { AwsEvent } from "../../mocks/aws/events.js";
import type { AwsOptions } from "../../mocks/aws/options.js";
import { fakeClock } from "../cloud/support.js";
import { makeCsr } from "./csr-maker.js";

export const TEMPLATE = "fleet";
export const ARN = "arn:aws:iot:us-east-1:123456789012";

/** The policy that AWS's documentation gives a claim: `create` alone, one template. */
export const claimPolicy = {
  Version: "2012-10-17",
  Statement: [
    { Effect: "Allow", Action: ["iot:Connect"], Resource: "*" },
    {
      Effect: "Allow",
      Action: ["iot:Publish", "iot:Receive"],
      Resource: [
        `${ARN}:topic/$aws/certificates/create/*`,
        `${ARN}:topic/$aws/provisioning-templates/${TEMPLATE}/provision/*`,
      ],
    },
    {
      Effect: "Allow",
      Action: "iot:Subscribe",
      Resource: [
        `${ARN}:topicfilter/$aws/certificates/create/*`,
        `${ARN}:topicfilter/$aws/provisioning-templates/${TEMPLATE}/provision/*`,
      ],
    },
  ],
};

/** What a device may do later: under its thing's name, below a topic of that name. */
export const devicePolicy = {
  Version: "2012-10-17",
  Statement: [
    { Effect: "Allow", Action: "iot:Connect", Resource: `${ARN}:client/\${iot:Connection.Thing.ThingName}` },
    {
      Effect: "Allow",
      Action: ["iot:Publish", "iot:Receive"],
      Resource: `${ARN}:topic/devices/\${iot:Connection.Thing.ThingName}/*`,
    },
    {
      Effect: "Allow",
      Action: "iot:Subscribe",
      Resource: `${ARN}:topicfilter/devices/\${iot:Connection.Thing.ThingName}/*`,
    },
  ],
};

/** As `claimPolicy`, for `create-from-csr` alone. */
const csrClaimPolicy = JSON.parse(
  JSON.stringify(claimPolicy).replaceAll("certificates/create/", "certificates/create-from-csr/"),
);

const anythingPolicy = { Version: "2012-10-17", Statement: { Effect: "Allow", Action: "iot:*", Resource: "*" } };

export const template = {
  Parameters: {
    SerialNumber: { Type: "String" },
    Location: { Type: "String", Default: "Seattle" },
    "AWS::IoT::Certificate::Id": { Type: "String" },
  },
  Mappings: { Locations: { Seattle: { url: "https://seattle.example" }, Beijing: { url: "https://beijing.example" } } },
  Resources: {
    thing: {
      Type: "AWS::IoT::Thing",
      Properties: {
        ThingName: { "Fn::Join": ["", ["board_", { Ref: "SerialNumber" }]] },
        AttributePayload: { serial: { Ref: "SerialNumber" } },
      },
    },
    certificate: {
      Type: "AWS::IoT::Certificate",
      Properties: { CertificateId: { Ref: "AWS::IoT::Certificate::Id" }, Status: "Active" },
    },
    policy: { Type: "AWS::IoT::Policy", Properties: { PolicyName: "device" } },
  },
  DeviceConfiguration: { url: { "Fn::FindInMap": ["Locations", { Ref: "Location" }, "url"] } },
};

/** Open, with the policies `claim`, `csr-claim`, `device`, `any` and the template; time stands still until it is moved. */
export async function openAws(options: AwsOptions = {}) {
  const clock = fakeClock();
  // Keys of RSA take long to make.
  const aws = new MockAws({ now: clock.now, serverKey: "ec", ...options });
  const events: AwsEvent[] = [];
  aws.onEvent((event) => events.push(event));
  aws.putPolicy("claim", claimPolicy);
  aws.putPolicy("csr-claim", csrClaimPolicy);
  aws.putPolicy("device", devicePolicy);
  aws.putPolicy("any", anythingPolicy);
  aws.putTemplate(TEMPLATE, template);
  await aws.start();
  onTestFinished(() => aws.stop());
  return { aws, clock, events };
}

/** As `expect.poll`, with patience: keys of RSA take long to make. */
export const eventually: typeof expect.poll = (read, options) =>
  expect.poll(read, { timeout: 40_000, interval: 5, ...options });

export type World = Awaited<ReturnType<typeof openAws>>;

type Key = Omit<Credentials, "certificateId">;

/** An active certificate for a new key of P-256. */
export function credentialsFor(aws: MockAws, policies: readonly string[], thing: string | null = null): Credentials {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const key = String(privateKey.export({ format: "pem", type: "pkcs8" }));
  return { ...aws.signCertificate(publicKey, policies, thing), privateKey: key };
}

interface Tls {
  readonly port?: number;
  readonly servername?: string;
  readonly ALPNProtocols?: string[];
}

export function tlsOf(aws: MockAws, credentials: Key | null, { port = aws.mqttPort, ...changes }: Tls = {}) {
  return {
    host: "127.0.0.1",
    port,
    servername: aws.endpoint,
    ca: aws.rootPem,
    ...(credentials ? { cert: credentials.certificatePem, key: credentials.privateKey } : {}),
    ...changes,
  };
}

export interface Message {
  readonly topic: string;
  readonly payload: Buffer;
}

const inboxes = new WeakMap<MqttClient, Message[]>();

export const inboxOf = (client: MqttClient): Message[] => inboxes.get(client)!;

/** MQTT.js, without reconnecting. Rejects where the connection does not come to be. */
export function connect(
  aws: MockAws,
  credentials: Key | null,
  { clientId = "board", ...options }: IClientOptions & Tls = {},
): Promise<MqttClient> {
  const { port, servername, ALPNProtocols, ...others } = options;
  const tls = {
    ...(port ? { port } : {}),
    ...(servername ? { servername } : {}),
    ...(ALPNProtocols ? { ALPNProtocols } : {}),
  };
  const client = mqtt.connect({
    protocol: "mqtts",
    reconnectPeriod: 0,
    clientId,
    ...tlsOf(aws, credentials, tls),
    ...others,
  });
  onTestFinished(() => void client.end(true));
  const inbox: Message[] = [];
  inboxes.set(client, inbox);
  client.on("message", (topic, payload) => inbox.push({ topic, payload }));
  return new Promise((resolve, reject) => {
    client.once("connect", () => resolve(client));
    client.once("error", reject);
    client.once("close", () => reject(new Error("closed")));
  });
}

/** A claim's connection, one second after whatever was before. */
export async function connectClaim({ aws, clock }: World, { clientId = "board", policy = "claim" } = {}) {
  const claim = credentialsFor(aws, [policy]);
  clock.advance(1_000);
  return { claim, client: await connect(aws, claim, { clientId }) };
}

export const closed = (client: MqttClient): Promise<void> =>
  new Promise((resolve) => {
    client.once("close", () => resolve());
  });

export const CREATE = "$aws/certificates/create/json";
export const CREATE_FROM_CSR = "$aws/certificates/create-from-csr/json";
export const REGISTER = `$aws/provisioning-templates/${TEMPLATE}/provision/json`;

export type Reply = Record<string, unknown> & { topic: string };

/** Subscribes to both replies, publishes, and waits for one of them. */
export async function request(client: MqttClient, topic: string, body: unknown = {}): Promise<Reply> {
  const isRaw = typeof body === "string" || Buffer.isBuffer(body);
  const message = await requestRaw(client, topic, isRaw ? (body as string | Buffer) : JSON.stringify(body));
  return { ...JSON.parse(message.payload.toString()), topic: message.topic };
}

export async function requestRaw(client: MqttClient, topic: string, payload: string | Buffer): Promise<Message> {
  await client.subscribeAsync([`${topic}/accepted`, `${topic}/rejected`], { qos: 1 });
  const inbox = inboxOf(client);
  const before = inbox.length;
  await client.publishAsync(topic, payload, { qos: 1 });
  await eventually(() => inbox.length).toBeGreaterThan(before);
  return inbox[before]!;
}

/** A certificate for a key of the client's own, and the token. */
export async function createFromCsr(client: MqttClient) {
  const { csr, privateKey } = makeCsr();
  const reply = await request(client, CREATE_FROM_CSR, { certificateSigningRequest: csr });
  const { certificateId, certificatePem, certificateOwnershipToken } = reply as unknown as Record<
    "certificateId" | "certificatePem" | "certificateOwnershipToken",
    string
  >;
  return { certificateId, certificatePem, certificateOwnershipToken, privateKey };
}

/** Certificate, key and token. */
export async function create(client: MqttClient) {
  const { certificateId, certificatePem, privateKey, certificateOwnershipToken } = await request(client, CREATE);
  return { certificateId, certificatePem, privateKey, certificateOwnershipToken } as Record<
    "certificateId" | "certificatePem" | "privateKey" | "certificateOwnershipToken",
    string
  >;
}

export const register = (
  client: MqttClient,
  certificateOwnershipToken: unknown,
  parameters: object = { SerialNumber: "1" },
) => request(client, REGISTER, { certificateOwnershipToken, parameters });

/** A client that sends what it is told to and keeps what comes: packets, and whether it was closed. */
export class RawClient {
  readonly packets: Packet[] = [];
  isClosed = false;
  error: Error | null = null;
  readonly #socket: TLSSocket;

  private constructor(socket: TLSSocket) {
    this.#socket = socket;
    const packets = parser();
    packets.on("packet", (packet) => this.packets.push(packet));
    socket.on("data", (bytes) => packets.parse(bytes));
    socket.on("error", (error) => {
      this.error = error;
    });
    socket.on("close", () => {
      this.isClosed = true;
    });
  }

  /** @throws where the handshake fails */
  static async open(aws: MockAws, credentials: Key | null, changes: Tls = {}): Promise<RawClient> {
    const socket = connectTls(tlsOf(aws, credentials, changes));
    onTestFinished(() => void socket.destroy());
    await new Promise<void>((resolve, reject) => {
      socket.once("secureConnect", resolve);
      socket.once("error", reject);
      socket.once("close", () => reject(new Error("closed")));
    });
    return new RawClient(socket);
  }

  static async connected(aws: MockAws, credentials: Key, clientId = "board"): Promise<RawClient> {
    const client = await RawClient.open(aws, credentials);
    client.send({ cmd: "connect", clientId, protocolId: "MQTT", protocolVersion: 4, clean: true, keepalive: 60 });
    await client.received(1);
    return client;
  }

  send(packet: Packet): void {
    this.#socket.write(generate(packet));
  }

  received(count: number): Promise<void> {
    return eventually(() => this.packets.length).toBeGreaterThanOrEqual(count);
  }

  closed(): Promise<void> {
    return eventually(() => this.isClosed).toBe(true);
  }

  /** What was sent before has been worked through when this is answered: packets in between are in `packets`. */
  async ping(): Promise<void> {
    const before = this.packets.filter(({ cmd }) => cmd === "pingresp").length;
    this.send({ cmd: "pingreq" });
    await eventually(() => this.packets.filter(({ cmd }) => cmd === "pingresp").length).toBeGreaterThan(before);
  }

  get names(): (string | undefined)[] {
    return this.packets.map(({ cmd }) => cmd);
  }
}
