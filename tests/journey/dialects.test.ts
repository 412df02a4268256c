/** Each server's dialect, and the quirks that break devices, as a whole journey with the servers' limits on. */
import { describe, type ExpectStatic, test } from "vitest";
import type { MockCloud } from "../../mocks/cloud/cloud.js";
import type { CloudOptions } from "../../mocks/cloud/settings.js";
import type { VirtualDevice } from "../../mocks/device/virtual-device.js";
import { readPage, watchTrial } from "../../mocks/phone.js";
import { en } from "../../softap/page/en.js";
import { fillIn, introduce, openCloud, openDevice, portalUrl, STEP_MS, until, untilRestarting } from "./support.js";

/** They run beside each other on few cores. */
const JOURNEY_MS = 200_000;

interface Context {
  readonly expect: ExpectStatic;
  readonly onTestFinished: (close: () => Promise<void>) => void;
}

interface Journey {
  readonly cloud: MockCloud;
  readonly device: VirtualDevice;
}

type Row = [name: string, options: CloudOptions];

async function begin(options: CloudOptions, { onTestFinished }: Context): Promise<Journey> {
  const cloud = await openCloud({ rateLimited: true, ...options }, onTestFinished);
  const device = openDevice({}, onTestFinished);
  await device.start();
  introduce(cloud, device);
  await device.waitFor("portal", STEP_MS);
  return { cloud, device };
}

async function pingAnswered({ cloud, device }: Journey, { expect }: Context): Promise<void> {
  const id = `ping-${Math.random()}`;
  const answers: string[] = [];
  cloud.onMessage((_topic, payload) => answers.push(payload));
  // The device may say "online" a moment before the broker counts it in.
  await until("session", () => cloud.isOnline(device.identity!.mac), STEP_MS);
  expect(await cloud.sendControl(device.identity!.mac, { cmd: "ping", id })).toBe(true);
  await until("pong", () => answers.some((text) => text.includes(id) && text.includes('"pong"')), STEP_MS);
}

/** From the form to the answered ping; the person enters the code where there is one. */
async function toOnline(journey: Journey, url: string, needsCode: boolean, context: Context): Promise<void> {
  const { cloud, device } = journey;
  const { expect } = context;
  expect((await fillIn(device, url)).status).toBe(303);
  if (needsCode) {
    const { code } = await device.waitFor("activating", STEP_MS);
    expect(code).toBe(cloud.state().devices[0]!.code);
    expect(cloud.enterCode(String(code)).bound).toBe(true);
  }
  await untilRestarting(device);
  await device.waitFor("online", STEP_MS);
  await pingAnswered(journey, context);
  // A device that asks again and again would get there, too.
  expect(cloud.state().devices[0]!.tooManyCount).toBe(0);
}

describe.concurrent("the device service", () => {
  test.for<Row>([
    ["deployed", { dialect: "deployed" }],
    ["newer, below a prefix", { dialect: "newer", pathPrefix: "/iot/v1" }],
    ["the broker as a URL only", { brokerForm: "url" }],
    ["the broker as a host without a port", { brokerForm: "host" }],
  ])("%s", { timeout: JOURNEY_MS }, async ([, options], context) => {
    const journey = await begin(options, context);
    journey.cloud.register(journey.device.identity!.mac);
    await toOnline(journey, journey.cloud.deviceServiceUrl, false, context);
  });
});

describe.concurrent("xiaozhi, with a code", () => {
  test.for<Row>([
    ["deployed", { dialect: "deployed" }],
    ["as its contract: 202, wrapped, the key's text, strict", { dialect: "seed" }],
    ["Java: an empty 202 at once, then the word success", { dialect: "java" }],
    ["the code beside the other members", { activationForm: "flat" }],
    ["the code beside the other members, 202", { activationForm: "flat", pendingStatus: 202 }],
    ["no timeout_ms", { timeoutTold: false }],
    ["no challenge to sign", { challengeSource: "none" }],
    ["an empty 200 from activate", { activateSuccess: "empty" }],
    ['a subscribe_topic that is the word "null"', { subscribeTopic: "null" }],
  ])("%s", { timeout: JOURNEY_MS }, async ([, options], context) => {
    const journey = await begin(options, context);
    await toOnline(journey, journey.cloud.xiaozhiUrl, true, context);
  });

  test(
    "Java, whose gateway does not take the password any more: it greets, closes, and the device asks for a new one",
    async (context) => {
      const journey = await begin({ dialect: "java" }, context);
      const { cloud, device } = journey;
      await toOnline(journey, cloud.xiaozhiUrl, true, context);
      const changes: string[] = [];
      device.on("state", ({ state }) => changes.push(state));
      const { mac } = device.identity!;
      cloud.revoke(mac);
      await cloud.kick(mac);
      await until("a new session", () => changes.includes("provisioning") && changes.at(-1) === "online", 60_000);
      await pingAnswered(journey, context);
    },
    JOURNEY_MS,
  );
});

describe.concurrent("xiaozhi, without a code", () => {
  test.for<Row>([
    ["Python", { dialect: "python" }],
    ["Python without a key to sign passwords with", { dialect: "python", mqttPassword: "empty" }],
  ])("%s", { timeout: JOURNEY_MS }, async ([, options], context) => {
    const journey = await begin(options, context);
    await toOnline(journey, journey.cloud.xiaozhiUrl, false, context);
  });

  test(
    "Python with WebSocket only: the page says that there is no broker",
    async (context) => {
      const { cloud, device } = await begin({ dialect: "python", settingsForm: "websocket" }, context);
      await fillIn(device, cloud.xiaozhiUrl);
      context.expect(await watchTrial(portalUrl(device), ["failed"], STEP_MS)).toMatchObject({
        failure: { reason: "no-broker" },
      });
      context.expect(await readPage(`${portalUrl(device)}?lang=en`)).toContain(en.advice("no-broker"));
    },
    JOURNEY_MS,
  );
});
