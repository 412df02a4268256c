/** What goes over the air: requests, bytes and sequential round trips from link-up to MQTT online. */
import { mkdtempSync, rmSync } from "node:fs";
import { createConnection, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parser } from "mqtt-packet";
import { MockCloud } from "../mocks/cloud/cloud.js";
import { VirtualDevice } from "../mocks/device/virtual-device.js";
import { sendForm, watchTrial } from "../mocks/phone.js";

export interface Traffic {
  connections: number;
  /** TCP payload. */
  sentBytes: number;
  receivedBytes: number;
  /** A TCP handshake is one, and each answer that had to be waited for is one. */
  roundTrips: number;
  /** Of these so many were over when the first message left for the broker. */
  beforePublish?: number;
}

/** From a reset to MQTT. */
export interface Boot {
  readonly traffic: Traffic;
  /** Since that reset. */
  readonly usage: { readonly searchMs: number; readonly lookups: number };
}

const none = (): Traffic => ({ connections: 0, sentBytes: 0, receivedBytes: 0, roundTrips: 0 });

/** Where the proxies count; a new count begins with a new boot. */
interface Counter {
  traffic: Traffic;
}

const WIFI = { ssid: "Home", password: "correct horse", channel: 11 };
/** On the way there, from the last piece on: what does not wait for an answer is sent before it can come. */
const WAY_MS = 300;

/** A proxy before one of the cloud's ports that counts. */
class Meter {
  readonly #server: Server;
  readonly #counter: Counter;
  readonly #isMqtt: boolean;
  #rewrite: (data: Buffer) => Buffer = (data) => data;

  constructor(targetPort: number, counter: Counter, isMqtt: boolean) {
    this.#counter = counter;
    this.#isMqtt = isMqtt;
    this.#server = createServer((client) => this.#connect(client, targetPort));
  }

  async listen(rewrite?: (data: Buffer) => Buffer): Promise<number> {
    if (rewrite) this.#rewrite = rewrite;
    await new Promise<void>((done) => this.#server.listen(0, "127.0.0.1", done));
    return (this.#server.address() as { port: number }).port;
  }

  close(): void {
    this.#server.close();
  }

  #connect(client: Socket, port: number): void {
    const counter = this.#counter;
    counter.traffic.connections++;
    counter.traffic.roundTrips++;
    let asked = false;
    let way: NodeJS.Timeout | undefined;
    const pieces: Buffer[] = [];
    const packets = parser({ protocolVersion: 4 }).on("packet", ({ cmd }) => {
      if (cmd === "publish") counter.traffic.beforePublish ??= counter.traffic.roundTrips;
    });
    const upstream = createConnection({ port, host: "127.0.0.1" });
    client.on("data", (data) => {
      counter.traffic.sentBytes += data.length;
      asked = true;
      if (this.#isMqtt) packets.parse(data);
      clearTimeout(way);
      pieces.push(data);
      way = setTimeout(() => upstream.write(Buffer.concat(pieces.splice(0))), WAY_MS);
    });
    upstream.on("data", (data) => {
      counter.traffic.receivedBytes += data.length;
      if (asked) counter.traffic.roundTrips++;
      asked = false;
      client.write(this.#rewrite(data));
    });
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on("error", () => other.destroy());
      one.on("close", () => other.destroy());
    }
  }
}

/** As long as the address that it stands for: the answers keep their lengths. */
const [ADDRESS, NAME] = ["127.0.0.1", "host.test"] as const;

/**
 * Cold: from the first Wi-Fi of a blank board, in the portal and after it; what is counted of its radio and of DNS is of the
 * start after the portal. Warm: settings, credentials and the access point are stored.
 * @param isNamed service and broker have a name in place of an address
 */
export async function measureTraffic(isNamed = false): Promise<{ cold: Boot; warm: Boot }> {
  const folder = mkdtempSync(join(tmpdir(), "esp32-online-bench-"));
  const cloud = new MockCloud({ httpPort: 0, mqttPort: 0, rateLimited: false, autoRegister: true });
  await cloud.start();
  const host = isNamed ? NAME : ADDRESS;
  const counter: Counter = { traffic: none() };
  const mqtt = new Meter(cloud.mqttPort, counter, true);
  const mqttPort = await mqtt.listen();
  const http = new Meter(cloud.httpPort, counter, false);
  // The answer sends the device to the meter in place of the broker; both ports have as many digits.
  const httpPort = await http.listen((data) =>
    Buffer.from(data.toString().replaceAll(String(cloud.mqttPort), String(mqttPort)).replaceAll(ADDRESS, host)),
  );
  const radio = { networks: [WIFI], names: { [NAME]: ADDRESS } };
  const device = new VirtualDevice({ stateFile: join(folder, "device.json"), radio });
  const boot = () => ({ traffic: { ...counter.traffic }, usage: device.usage.most });
  try {
    await device.start();
    const { address } = await device.waitFor("portal", 10_000);
    const fields = { ssid: WIFI.ssid, password: WIFI.password, url: `http://${host}:${httpPort}` };
    await sendForm(String(address), fields);
    await watchTrial(String(address), ["done"], 20_000);
    await device.waitFor("online", 20_000);
    const cold = boot();
    await device.powerCut();
    counter.traffic = none();
    await device.start();
    await device.waitFor("online", 20_000);
    return { cold, warm: boot() };
  } finally {
    await device.stop();
    await cloud.stop();
    http.close();
    mqtt.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
