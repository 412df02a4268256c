/** What goes over the air: requests, bytes and sequential round trips from link-up to MQTT online. */
import { mkdtempSync, rmSync } from "node:fs";
import { createConnection, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
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
}

const none = (): Traffic => ({ connections: 0, sentBytes: 0, receivedBytes: 0, roundTrips: 0 });

/** Where the proxies count; a new count begins with a new boot. */
interface Counter {
  traffic: Traffic;
}

/** On the way there: what does not wait for an answer is sent before it can come. */
const WAY_MS = 50;

/** A proxy before one of the cloud's ports that counts. */
class Meter {
  readonly #server: Server;
  readonly #counter: Counter;
  #rewrite: (data: Buffer) => Buffer = (data) => data;

  constructor(targetPort: number, counter: Counter) {
    this.#counter = counter;
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
    const upstream = createConnection({ port, host: "127.0.0.1" });
    client.on("data", (data) => {
      counter.traffic.sentBytes += data.length;
      asked = true;
      setTimeout(() => upstream.write(data), WAY_MS);
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

/** Cold: from the first Wi-Fi of a blank board, in the portal and after it. Warm: settings and credentials are stored. */
export async function measureTraffic(): Promise<{ cold: Traffic; warm: Traffic }> {
  const folder = mkdtempSync(join(tmpdir(), "esp32-online-bench-"));
  const cloud = new MockCloud({ httpPort: 0, mqttPort: 0, rateLimited: false, autoRegister: true });
  await cloud.start();
  const counter: Counter = { traffic: none() };
  const mqtt = new Meter(cloud.mqttPort, counter);
  const mqttPort = await mqtt.listen();
  const http = new Meter(cloud.httpPort, counter);
  // The answer sends the device to the meter in place of the broker; both ports have as many digits.
  const httpPort = await http.listen((data) =>
    Buffer.from(data.toString().replaceAll(String(cloud.mqttPort), String(mqttPort))),
  );
  const device = new VirtualDevice({ stateFile: join(folder, "device.json") });
  try {
    await device.start();
    const { address } = await device.waitFor("portal", 10_000);
    const fields = { ssid: "Home", password: "correct horse", url: `http://127.0.0.1:${httpPort}` };
    await sendForm(String(address), fields);
    await watchTrial(String(address), ["done"], 20_000);
    await device.waitFor("online", 20_000);
    const cold = counter.traffic;
    await device.powerCut();
    counter.traffic = none();
    await device.start();
    await device.waitFor("online", 20_000);
    return { cold, warm: counter.traffic };
  } finally {
    await device.stop();
    await cloud.stop();
    http.close();
    mqtt.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
