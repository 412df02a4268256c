import { expect, test } from "vitest";
import { OWN_COMMANDS } from "../../agent/session/commands.js";
import { sendForm, watchTrial } from "../../mocks/phone.js";
import {
  fillIn,
  hurried,
  introduce,
  openCloud,
  openDevice,
  openOnlineDevice,
  portalUrl,
  STEP_MS,
  until,
  untilRestarting,
} from "./support.js";

test("from a blank board over the activation to an answered command, and straight to the broker after a restart", async () => {
  const cloud = await openCloud();
  const device = openDevice();
  await device.start();
  introduce(cloud, device);
  const { mac } = device.identity!;
  await device.waitFor("portal", STEP_MS);
  expect((await fillIn(device, cloud.xiaozhiUrl)).status).toBe(303);
  const { code } = await device.waitFor("activating", STEP_MS);
  expect(cloud.enterCode(String(code)).bound).toBe(true);
  await untilRestarting(device);
  await device.waitFor("online", STEP_MS);

  const messages: string[] = [];
  cloud.onMessage((_topic, payload) => messages.push(payload));
  cloud.sendControl(mac, { cmd: "ping", id: 1 });
  cloud.sendControl(mac, { cmd: "somersault", id: 2 });
  // The gateway passes on what has its form.
  const answers = () => messages.map((text) => JSON.parse(text).payload?.params).filter((said) => said?.cmd);
  await until("answers", () => answers().length >= 2);
  expect(answers()).toEqual([
    expect.objectContaining({ cmd: "ping", id: 1, ok: true, result: "pong" }),
    { cmd: "somersault", id: 2, ok: false, error: "unknown command" },
  ]);

  const requests = cloud.state().requests.ota;
  const restarted = new Promise((done) => device.once("restart", done));
  cloud.sendControl(mac, { cmd: "reboot", id: 3 });
  await restarted;
  await device.waitFor("online", STEP_MS);
  expect(cloud.state().requests.ota).toBe(requests);
});

test("at the open gateway, which reads a will as a password, the device comes online and stays", async () => {
  const cloud = await openCloud({ dialect: "java", configuration: "values", configurationHeartbeatS: 5 });
  const device = openDevice();
  await device.start();
  await device.waitFor("portal", STEP_MS);
  await fillIn(device, cloud.xiaozhiUrl);
  const { code } = await device.waitFor("activating", STEP_MS);
  cloud.enterCode(String(code));
  await untilRestarting(device);
  await device.waitFor("online", STEP_MS);

  const [messages, states]: [string[], string[]] = [[], []];
  cloud.onMessage((_topic, payload) => messages.push(payload));
  device.on("state", ({ state }) => states.push(state));
  const gateway = cloud.gateway(device.identity!.mac)!;
  await until("the tools", () => gateway.tools.length === OWN_COMMANDS.length);
  for (let count = 0; count < 8; count++) {
    // After the gateway's look at the password, and after the time in which that proves the session, too.
    await new Promise((done) => setTimeout(done, 1_000));
    const pong = await gateway.command("tools/call", { name: "ping", arguments: {} });
    expect(pong).toEqual({ content: [{ type: "text", text: "pong" }], isError: false });
    expect(gateway.answerMs).toBeLessThan(1_000);
  }
  await expect(gateway.command("somersault", {})).rejects.toThrow("no such method");
  // No status and no reading: the gateway would answer goodbye to each.
  expect(messages.filter((text) => !text.includes('"jsonrpc"'))).toEqual([]);
  expect(messages.filter((text) => text.includes("notifications/"))).toEqual([]);
  expect(states).toEqual([]);
  expect(gateway.isOver).toBe(false);
});

test("the device provisioning service: registered late, disabled, enabled, with a status and a last will, neither retained", async () => {
  const cloud = await openCloud();
  const messages: { topic: string; payload: string; retain: boolean }[] = [];
  cloud.onMessage((topic, payload, _client, retain) => messages.push({ topic, payload, retain }));
  const device = openDevice();
  await device.start();
  const { mac } = device.identity!;
  await device.waitFor("portal", STEP_MS);
  await fillIn(device, `${cloud.url}/`);
  expect(await watchTrial(portalUrl(device), ["failed"], STEP_MS)).toMatchObject({
    failure: { reason: "not-registered", detail: mac },
  });
  await sendForm(portalUrl(device), {}, "keep");
  expect(await device.waitFor("failed", STEP_MS)).toMatchObject({ reason: "not-registered" });
  cloud.register(mac);
  await hurried(device, () => device.waitFor("online", STEP_MS));
  await until("status", () => messages.some(({ payload }) => payload.includes('"online":true')));
  await until("data", () => messages.some(({ topic }) => topic.endsWith("/data")));

  await device.powerCut();
  await until("last will", () => messages.some(({ payload }) => payload === '{"online":false}'));
  // What older firmware retained goes, and nothing comes in its place.
  expect(messages.filter(({ retain }) => retain).map(({ payload }) => payload)).toEqual([""]);
}, 180_000);

test("the broker goes away and comes back; so does the device", async () => {
  const cloud = await openCloud({ autoRegister: true });
  const device = await openOnlineDevice(cloud);
  await cloud.stopBroker();
  await device.waitFor("offline", STEP_MS);
  await cloud.startBroker();
  await hurried(device, () => device.waitFor("online", STEP_MS));

  device.dropWiFi();
  await device.waitFor("offline", STEP_MS);
  device.restoreWiFi();
  await hurried(device, () => device.waitFor("online", STEP_MS));
}, 180_000);

test("credentials that the broker refuses are asked for anew", async () => {
  const cloud = await openCloud({ autoRegister: true });
  const device = await openOnlineDevice(cloud);
  const changes: string[] = [];
  device.on("state", ({ state }) => changes.push(state));
  await cloud.revoke(device.identity!.mac);
  cloud.kick(device.identity!.mac);
  const isBack = () => changes.includes("provisioning") && changes.at(-1) === "online";
  await hurried(device, () => until("a new session", isBack));
}, 180_000);
