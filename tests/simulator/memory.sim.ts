/**
 * What is alive in each state, and the deepest stack on the way into it and in it, held against the budgets
 * (budgets.ts). The figures go into `build/memory.json`, for `npm run bench -- memory`.
 */
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, expect, test } from "vitest";
import { openDemo } from "../../mocks/aws/demo.js";
import { keyPem, makeCertificate, pem } from "../../mocks/certificates.js";
import { MockCloud } from "../../mocks/cloud/cloud.js";
import { makeImage } from "../../mocks/device/image.js";
import { sendForm, watchTrial } from "../../mocks/phone.js";
import { readCredential } from "../../tools/factory/credential-files.js";
import { ROOT } from "../../tools/sdk.js";
import type { Simulator } from "../../tools/simulator.js";
import { authority } from "../tls/identities.js";
import { FACTORY, type Heap, MAC, openApp, Watch } from "./app.js";
import { BUDGETS, type Budget, type Measured } from "./budgets.js";
import { loopbackName } from "./loopback-name.js";

/** Long enough for some looks into the heap while it is loaded. */
const IMAGE_BYTES = 1_500_000;
/** A second each; a code is asked after every three. */
const LOOKS = 6;
const WIFI = { ssid: "baja", password: "simulated" };

const figures: Partial<Record<Measured, Budget>> = {};
let simulator: Simulator | undefined;
let stop: (() => Promise<void>) | undefined;

afterEach(async () => {
  await simulator?.stop();
  await stop?.();
  stop = undefined;
});

afterAll(() => {
  const rows = Object.entries(figures).map(([state, { slots, chunkBytes, stackSlots }]) => {
    const budget = BUDGETS[state as Measured];
    return [
      state.padEnd(40),
      `${slots} of ${budget.slots} slots`.padEnd(24),
      `${chunkBytes} of ${budget.chunkBytes} bytes`.padEnd(28),
      `stack ${stackSlots} of ${budget.stackSlots}`,
    ].join("");
  });
  console.log(rows.join("\n"));
  writeFileSync(join(ROOT, "build", "memory.json"), JSON.stringify({ figures, budgets: BUDGETS }, null, 2));
});

function measure(state: Measured, heap: Heap, stackSlots: number): void {
  figures[state] = { ...heap, stackSlots };
  const budget = BUDGETS[state];
  expect.soft(heap.slots, `${state}: slots`).toBeLessThanOrEqual(budget.slots);
  expect.soft(heap.chunkBytes, `${state}: bytes`).toBeLessThanOrEqual(budget.chunkBytes);
  expect.soft(stackSlots, `${state}: stack`).toBeLessThanOrEqual(budget.stackSlots);
}

/** The most of some looks: a code is polled for, messages come and go. */
async function measureSettled(state: Measured, watch: Watch): Promise<void> {
  const looks: Heap[] = [await watch.settledHeap()];
  while (looks.length < LOOKS) looks.push(await watch.nextHeap());
  measure(state, most(looks), await watch.deepestStack());
}

function most(looks: readonly Heap[]): Heap {
  return {
    slots: Math.max(...looks.map(({ slots }) => slots)),
    chunkBytes: Math.max(...looks.map(({ chunkBytes }) => chunkBytes)),
  };
}

async function openBlank(blobs: Readonly<Record<string, Uint8Array>> = {}) {
  const app = await openApp({ board: { blobs } });
  simulator = app.simulator;
  const watch = new Watch(simulator);
  await simulator.start();
  await watch.untilState("portal");
  return { portal: app.portal, watch };
}

test("plain: the portal, a code, online", async () => {
  const devices = [{ mac: MAC, serial: FACTORY.serial, hmacKeyHex: FACTORY.hmac_key }];
  const cloud = new MockCloud({ devices });
  await cloud.start();
  stop = () => cloud.stop();
  const { portal, watch } = await openBlank();
  await measureSettled("portal, nobody there", watch);
  await sendForm(portal, { ...WIFI, url: cloud.xiaozhiUrl });
  await watch.untilState("activating");
  await measureSettled("code on the page", watch);
  cloud.enterCode(String(watch.states.at(-1)!.code));
  await watchTrial(portal, ["done"], 60_000);
  await watch.untilState("online");
  await measureSettled("online", watch);
  expect(watch.aborts).toEqual([]);
});

test("an update", async () => {
  const cloud = new MockCloud({ rateLimited: false });
  await cloud.start();
  stop = () => cloud.stop();
  cloud.register(MAC);
  const { portal, watch } = await openBlank();
  await sendForm(portal, { ...WIFI, url: cloud.url });
  await watchTrial(portal, ["done"], 60_000);
  await watch.untilState("online");
  const bytes = makeImage({ version: "0.2.0", sizeBytes: IMAGE_BYTES });
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  cloud.files.add({ version: "0.2.0", bytes, sha256, signature: "", notes: "" });
  cloud.offerFirmware(cloud.files.offer("0.2.0", cloud.url));
  const looks: Heap[] = [];
  let isUpdating = false;
  simulator!.on("line", (line) => {
    const told = line.startsWith("{") ? JSON.parse(line) : {};
    if (told.state) isUpdating = told.state === "updating";
    else if (told.heap && isUpdating) looks.push(told.heap);
  });
  await cloud.sendControl(MAC, { cmd: "update" });
  await watch.untilState("restarting", 2); // the first one kept the settings
  expect(looks.length).toBeGreaterThan(1);
  measure("during an update, at most", most(looks), await watch.deepestStack());
  expect(watch.aborts).toEqual([]);
});

test("over TLS: a code, online", async () => {
  const root = authority("rsa");
  const name = await loopbackName();
  const server = makeCertificate({ subject: "server", issuer: root, names: ["127.0.0.1", name] });
  const tls = { key: keyPem(server), cert: pem(server) };
  const devices = [{ mac: MAC, serial: FACTORY.serial, hmacKeyHex: FACTORY.hmac_key }];
  const cloud = new MockCloud({ devices, tls, brokerTls: tls });
  await cloud.start();
  stop = () => cloud.stop();
  const { portal, watch } = await openBlank();
  await sendForm(portal, { ...WIFI, url: `${cloud.httpsUrl}/xiaozhi/ota/`, pem: pem(root) });
  await watch.untilState("activating");
  await measureSettled("code on the page, over TLS", watch);
  cloud.enterCode(String(watch.states.at(-1)!.code));
  await watchTrial(portal, ["done"], 60_000);
  await watch.untilState("online");
  await measureSettled("online, over TLS", watch);
  expect(watch.aborts).toEqual([]);
});

test("with the certificate that the factory wrote: online", async () => {
  const folder = mkdtempSync(join(tmpdir(), "aws-"));
  const name = await loopbackName();
  const { aws } = await openDemo(folder, () => {}, name);
  stop = () => aws.stop();
  const { certificates, key } = readCredential(join(folder, "boards.csv"), "device.pem", "device.key");
  rmSync(folder, { recursive: true });
  const { portal, watch } = await openBlank({ device_cert: certificates, device_key: key });
  await sendForm(portal, { ...WIFI, url: `mqtts://${name}:${aws.mqttPort}`, pem: aws.rootPem });
  await watchTrial(portal, ["done"], 60_000);
  await watch.untilState("online");
  await measureSettled("online, with a certificate of its own", watch);
  expect(watch.aborts).toEqual([]);
});
