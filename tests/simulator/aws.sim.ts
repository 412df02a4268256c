import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectAsync } from "mqtt";
import { afterEach, expect, onTestFinished, test } from "vitest";
import type { MockAws } from "../../mocks/aws/aws.js";
import { openDemo } from "../../mocks/aws/demo.js";
import { type Identity, type KeyType, makeCertificate, pem } from "../../mocks/certificates.js";
import { sendForm, watchTrial } from "../../mocks/phone.js";
import { readCredential } from "../../tools/factory/credential-files.js";
import type { Simulator } from "../../tools/simulator.js";
import { Mosquitto, mosquittoTest, PASSWORD } from "../broker/mosquitto.js";
import { authority } from "../tls/identities.js";
import { openApp, Watch } from "./app.js";
import { TLS_STACK_LIMIT_SLOTS } from "./budgets.js";
import { loopbackName } from "./loopback-name.js";

let simulator: Simulator;
let aws: MockAws | undefined;
const folder = mkdtempSync(join(tmpdir(), "aws-"));

afterEach(async () => {
  await simulator?.stop();
  await aws?.stop();
  aws = undefined;
});

/** What the factory writes: the chain one certificate behind the other, and the key in PKCS#8. */
const factoryOf = (certificates: Uint8Array, key: Uint8Array) => ({ device_cert: certificates, device_key: key });

async function started(blobs: Readonly<Record<string, Uint8Array>>) {
  const app = await openApp({ board: { blobs } });
  simulator = app.simulator;
  const told = new Watch(simulator);
  await simulator.start();
  await told.untilState("portal");
  return { app, told };
}

async function sayMemory(broker: string, told: Watch): Promise<void> {
  const alive = await told.settledHeap();
  console.log(JSON.stringify({ broker, alive, stack: told.mostStackSlots }));
  expect(told.mostStackSlots).toBeLessThan(TLS_STACK_LIMIT_SLOTS);
  expect(told.aborts).toEqual([]);
  expect(told.lines.join("\n")).not.toMatch(/-----BEGIN|MII/);
}

test("by the factory's certificate: registered at the first connection, over a power cut", async () => {
  const name = await loopbackName();
  const demo = await openDemo(folder, () => {}, name);
  aws = demo.aws;
  const seen: string[] = [];
  aws.onEvent((event) => {
    if (event.type === "message") seen.push(`${event.clientId} ${event.topic}`);
    if (event.type === "refused") seen.push(event.why);
  });
  const own = readCredential(join(folder, "boards.csv"), "device.pem", "device.key");
  const { app, told } = await started(factoryOf(own.certificates, own.key));
  const form = { ssid: "baja", password: "simulated", url: `mqtts://${name}:${aws.mqttPort}`, pem: aws.rootPem };
  expect((await sendForm(app.portal, form)).status).toBe(303);
  await watchTrial(app.portal, ["done"], 60_000);
  await told.untilState("online");
  const messages = () => seen.filter((line) => line === "SN-OWN devices/SN-OWN/data").length;
  await told.until("messages", () => messages() > 2);
  expect(seen[0]).toBe("unknown");
  await sayMemory("the mock account", told);
  const before = messages();
  seen.length = 0;
  await simulator.powerCycle();
  await told.untilState("online", 2);
  await told.until("messages", () => messages() > 1);
  expect(before).toBeGreaterThan(2);
  expect(seen.filter((line) => !line.includes("devices/"))).toEqual([]);
  rmSync(folder, { recursive: true });
}, 300_000);

mosquittoTest.each<[KeyType, "pkcs8" | "pkcs1" | "sec1"]>([
  ["rsa", "pkcs1"],
  ["ec", "sec1"],
])(
  "a mosquitto that wants a certificate of each client: not a stranger's, but one of %s in %s is",
  async (keyType, format) => {
    const name = await loopbackName();
    const maker = makeCertificate({ subject: "Maker CA", isAuthority: true });
    const root = authority("rsa");
    const server = makeCertificate({ subject: "server", issuer: root, names: [name] });
    const broker = await Mosquitto.open([server], { clientAuthority: maker });
    const client = await connectAsync(`mqtt://127.0.0.1:${broker.port}`, { username: "server", password: PASSWORD });
    const heard: string[] = [];
    client.on("message", (topic) => heard.push(topic));
    await client.subscribeAsync("devices/#", { qos: 1 });
    onTestFinished(() => client.endAsync());
    const form = { ssid: "baja", password: "simulated", url: `mqtts://${name}:${broker.tlsPort}`, pem: pem(root) };
    const factoryFrom = (issuer: Identity) => {
      const leaf = makeCertificate({ subject: "d", issuer, keyType });
      const key = Uint8Array.from(leaf.key.export({ type: format as "pkcs8", format: "der" }));
      return factoryOf(Uint8Array.from(Buffer.concat([leaf.der, issuer.der])), key);
    };
    const stranger = await started(factoryFrom(makeCertificate({ subject: "Maker CA", isAuthority: true })));
    expect((await sendForm(stranger.app.portal, form)).status).toBe(303);
    // As far as the device can know, somebody may still register it.
    await stranger.told.until("a refusal", () => stranger.told.lines.join("\n").includes("AWS IoT closes the first"));
    await simulator.stop();
    const { app, told } = await started(factoryFrom(maker));
    expect((await sendForm(app.portal, form)).status).toBe(303);
    await watchTrial(app.portal, ["done"], 60_000);
    await told.untilState("online");
    await told.until("messages", () => heard.includes("devices/d/data") && heard.includes("devices/d/status"));
    await sayMemory("mosquitto", told);
  },
  300_000,
);
