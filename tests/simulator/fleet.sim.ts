import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import type { MockAws } from "../../mocks/aws/aws.js";
import { openDemo } from "../../mocks/aws/demo.js";
import { fetchClaim, handOver, watch } from "../../tools/claim/claim.js";
import type { Simulator } from "../../tools/simulator.js";
import { buildApp, CHIP, FACTORY, Watch } from "./app.js";
import { loopbackName } from "./loopback-name.js";

/** Of 512: any broker over TLS takes 470 (docs/tls.md), and a certificate of the device's own adds nothing to it. */
const STACK_LIMIT_SLOTS = 480;
const folder = mkdtempSync(join(tmpdir(), "aws-"));
let aws: MockAws;
let simulator: Simulator;

afterEach(async () => {
  await simulator?.stop();
  await aws?.stop();
  rmSync(folder, { recursive: true });
});

test("from a blank board by a trusted user's claim to messages, by the SDK's own TLS, in the chip's heap", async () => {
  const name = await loopbackName();
  aws = (await openDemo(folder, () => {}, name)).aws;
  const messages: string[] = [];
  aws.onEvent((event) => {
    if (event.type === "message") messages.push(`${event.clientId} ${event.topic}`);
  });
  const app = await buildApp("fleet", CHIP);
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
  expect(told.mostStackSlots).toBeLessThan(STACK_LIMIT_SLOTS);
  expect(aws.certificates.filter(({ origin }) => origin === "keys")).toMatchObject([
    { status: "ACTIVE", thing: FACTORY.serial },
  ]);
  expect(told.lines.join("\n")).not.toMatch(/-----BEGIN|MII/);
  expect(told.aborts).toEqual([]);
}, 300_000);
