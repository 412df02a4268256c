import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { MockAws } from "../../mocks/aws/aws.js";
import { openDemo } from "../../mocks/aws/demo.js";
import { sendForm, watchTrial } from "../../mocks/phone.js";
import { fetchClaim, handOver, watch } from "../../tools/claim/claim.js";
import { readCredential } from "../../tools/factory/credential-files.js";
import type { Simulator } from "../../tools/simulator.js";
import { FACTORY, openApp, Watch } from "./app.js";
import { TLS_STACK_LIMIT_SLOTS } from "./budgets.js";
import { loopbackName } from "./loopback-name.js";

let folder: string;
let aws: MockAws;
let simulator: Simulator;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "aws-"));
});

afterEach(async () => {
  await simulator?.stop();
  await aws?.stop();
  rmSync(folder, { recursive: true });
});

test("from a blank board by a trusted user's claim to messages, in the chip's heap", async () => {
  const name = await loopbackName();
  aws = (await openDemo(folder, () => {}, name)).aws;
  const messages: string[] = [];
  aws.onEvent((event) => {
    if (event.type === "message") messages.push(`${event.clientId} ${event.topic}`);
  });
  const app = await openApp();
  simulator = app.simulator;
  const told = new Watch(simulator);
  await simulator.start();
  await told.untilState("portal");
  const options = {
    ...{ accountUrl: aws.httpsUrl, authorityPem: aws.rootPem, endpoint: `${name}:${aws.mqttPort}` },
    ...{ templateName: "fleet", parameters: { DeviceLocation: "Hall 1" }, portalUrl: app.portal },
    ...{ ssid: "baja", password: "simulated" },
  };
  await handOver(options, await fetchClaim(options));
  expect(await watch(options, 120_000)).toMatchObject({ phase: "done" });
  await told.untilState("online");
  const own = `${FACTORY.serial} devices/${FACTORY.serial}/data`;
  await told.until("messages", () => messages.filter((message) => message === own).length > 2);
  const alive = await told.settledHeap();
  console.log(JSON.stringify({ alive: { "online with a certificate": alive }, stack: told.mostStackSlots }));
  expect(told.mostStackSlots).toBeLessThan(TLS_STACK_LIMIT_SLOTS);
  expect(aws.certificates.filter(({ origin }) => origin === "csr")).toMatchObject([
    { status: "ACTIVE", thing: FACTORY.serial },
  ]);
  expect(told.lines.join("\n")).not.toMatch(/-----BEGIN|MII/);
  expect(told.aborts).toEqual([]);
}, 300_000);

test("by the factory's claim, and rotated on request, in the chip's heap", async () => {
  const name = await loopbackName();
  aws = (await openDemo(folder, () => {}, name)).aws;
  const connected: string[] = [];
  let messages = 0;
  aws.onEvent((event) => {
    if (event.type === "connected" && event.clientId === FACTORY.serial) connected.push(event.certificateId);
    if (event.type === "message" && event.topic === `devices/${FACTORY.serial}/data`) messages++;
  });
  const { certificates, key } = readCredential(join(folder, "boards.csv"), "claim.pem", "claim.key");
  const app = await openApp({ board: { blobs: { claim_cert: certificates, claim_key: key } } });
  simulator = app.simulator;
  const told = new Watch(simulator);
  await simulator.start();
  await told.untilState("portal");
  const url = `mqtts://${name}:${aws.mqttPort}/fleet`;
  const form = { ssid: "baja", password: "simulated", url, pem: aws.rootPem };
  expect((await sendForm(app.portal, form)).status).toBe(303);
  await watchTrial(app.portal, ["done"], 120_000);
  await told.untilState("online");
  await told.until("messages", () => messages > 2);
  const first = connected.at(-1);
  messages = 0;
  await aws.publish(`devices/${FACTORY.serial}/control`, JSON.stringify({ cmd: "rotate", template: "fleet" }));
  await told.until(
    "a connection with the new one",
    () => told.states.at(-1)?.state === "online" && messages > 2 && connected.at(-1) !== first,
  );
  const alive = await told.settledHeap();
  console.log(JSON.stringify({ alive: { rotated: alive }, stack: told.mostStackSlots }));
  expect(told.mostStackSlots).toBeLessThan(TLS_STACK_LIMIT_SLOTS);
  expect(told.lines.join("\n")).not.toMatch(/-----BEGIN|MII/);
  expect(told.aborts).toEqual([]);
}, 300_000);
