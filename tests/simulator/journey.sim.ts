import { afterEach, expect, test } from "vitest";
import { OWN_COMMANDS } from "../../agent/session/commands.js";
import { MockCloud } from "../../mocks/cloud/cloud.js";
import { sendForm, watchTrial } from "../../mocks/phone.js";
import { MAX_ANSWER_BYTES } from "../../modules/http/http.js";
import type { Simulator } from "../../tools/simulator.js";
import { expectCaptive, expectOnline, probeRows, replay } from "../softap/probe-table.js";
import { FACTORY, HALF, MAC, openApp, Watch } from "./app.js";
import { STACK_LIMIT_SLOTS } from "./budgets.js";

const WIFI_PASSWORD = "simulated-pass";
const list = (value: string, count: number) => `{"a":[${Array(count).fill(value).join(",")}]}`;
/** The first three are far over what modules/data lets through, the last two are all of it. */
const manyValues = [
  list("0", 3_900),
  list("{}", 2_500),
  `{${Array.from({ length: 650 }, (_, index) => `"key${index}":0`).join(",")}}`,
  `{${Array.from({ length: 160 }, (_, index) => `"key${index}":0`).join(",")}}`,
  list('{"k":"x"}', 149),
];
let cloud: MockCloud;
let simulator: Simulator;

afterEach(async () => {
  await simulator?.stop();
  await cloud?.stop();
});

test("from a blank board to a control message, with half of the chip's heap", async () => {
  const devices = [{ mac: MAC, serial: FACTORY.serial, hmacKeyHex: FACTORY.hmac_key }];
  cloud = new MockCloud({ httpPort: 0, mqttPort: 0, devices });
  await cloud.start();
  const messages: { topic: string; payload: string }[] = [];
  cloud.onMessage((topic, payload) => messages.push({ topic, payload }));
  const app = await openApp();
  simulator = app.simulator;
  const watch = new Watch(simulator);
  await simulator.start();

  await watch.untilState("portal");
  const page = await fetch(app.portal);
  expect(await page.text()).toContain('name="ssid"');
  for (const row of probeRows) expectCaptive(row, await replay(app.portalPort, row), app.portal);
  // As much as the portal takes in, and more: a stack of 512 slots must do for it.
  for (const bytes of [1_800, 7_500, 20_000]) {
    const body = `ssid=${"%E7".repeat(bytes / 3)}`;
    await fetch(app.portal, { method: "POST", body, headers: { "content-type": "text/plain" } }).catch(() => undefined);
  }
  expect((await fetch(app.portal)).status).toBe(200);
  const inPortal = await watch.settledHeap();
  const send = (fields: object) => sendForm(app.portal, { ssid: "baja", url: cloud.xiaozhiUrl, ...fields });
  expect((await send({ password: "invalid!" })).status).toBe(303);
  await watchTrial(app.portal, ["failed"], 30_000);
  // Answers that are nothing but many values: refused, or parsed where they are few enough, and never fatal.
  for (const body of manyValues) {
    cloud.faults.add("ota", { kind: "status", status: 200, body }, 1);
    expect((await send({ password: WIFI_PASSWORD })).status).toBe(303);
    expect(await watchTrial(app.portal, ["failed"], 30_000)).toMatchObject({ failure: { reason: "bad-answer" } });
  }
  // The next answer is nothing but large: as bytes, as text, and once more while the parser doubles its room for it.
  cloud.faults.add("ota", { kind: "oversized", bodyBytes: MAX_ANSWER_BYTES }, 1);
  expect((await send({ password: WIFI_PASSWORD })).status).toBe(303);
  const trial = await watchTrial(app.portal, ["activating"], 30_000);
  if (trial.phase !== "activating") throw new Error(trial.phase);
  const activating = await watch.settledHeap();
  expect(cloud.enterCode(trial.shown.code).bound).toBe(true);
  await watchTrial(app.portal, ["done"], 30_000);
  for (const row of probeRows) expectOnline(row, await replay(app.portalPort, row), app.portal);
  await watch.untilState("online");

  // Nested as deep as a message can be: neither parsed nor fatal.
  const control = `devices/p2p/${MAC.replaceAll(":", "_")}`;
  for (const text of [`${"[".repeat(380)}${"]".repeat(380)}`, "{", '"', "null", '{"cmd":{}}'])
    await cloud.publish(control, text);
  cloud.sendControl(MAC, { cmd: "ping", id: "from-the-test" });
  await watch.until("answer", () =>
    messages.some(({ payload }) => payload.includes("pong") && payload.includes("from-the-test")),
  );
  const gateway = cloud.gateway(MAC)!;
  await watch.until("tools", () => gateway.tools.length === OWN_COMMANDS.length);
  const pong = { content: [{ type: "text", text: "pong" }], isError: false };
  for (let count = 0; count < 3; count++) {
    expect(await gateway.command("tools/call", { name: "ping" })).toEqual(pong);
    expect(gateway.answerMs).toBeLessThan(1_000);
  }
  const reported = (await gateway.command("tools/call", { name: "status" })) as { content: { text: string }[] };
  expect(JSON.parse(reported.content[0]!.text)).toMatchObject({ online: true });
  await expect(gateway.command("somersault", {})).rejects.toThrow("no such method");
  const online = await watch.settledHeap();
  const { mostStackSlots } = watch;
  console.log(JSON.stringify({ memory: HALF, alive: { portal: inPortal, activating, online }, mostStackSlots }));
  expect(mostStackSlots).toBeLessThan(STACK_LIMIT_SLOTS);

  // Power off and on: straight to the broker, without the service.
  const before = watch.states.length;
  await simulator.powerCycle();
  await watch.untilState("online", 2);
  expect(watch.states.slice(before).map(({ state }) => state)).toEqual(["connecting", "connecting", "online"]);

  cloud.sendControl(MAC, { cmd: "reboot" });
  await watch.untilState("online", 3);
  expect(watch.lines.join("\n")).not.toMatch(new RegExp(`${WIFI_PASSWORD}|${FACTORY.hmac_key}`));
});

test("from a blank board to a ping with the device service, registered while the portal waits", async () => {
  cloud = new MockCloud({ httpPort: 0, mqttPort: 0, devices: [] });
  await cloud.start();
  const messages: string[] = [];
  cloud.onMessage((_topic, payload) => messages.push(payload));
  const app = await openApp();
  simulator = app.simulator;
  const watch = new Watch(simulator);
  await simulator.start();

  await watch.untilState("portal");
  const send = () => sendForm(app.portal, { ssid: "baja", password: WIFI_PASSWORD, url: cloud.url });
  expect((await send()).status).toBe(303);
  expect(await watchTrial(app.portal, ["failed"], 30_000)).toMatchObject({ failure: { reason: "not-registered" } });
  cloud.register(MAC);
  expect((await send()).status).toBe(303);
  await watchTrial(app.portal, ["done"], 30_000);
  await watch.untilState("online");
  cloud.sendControl(MAC, { cmd: "ping", id: "from-the-test" });
  await watch.until("answer", () => messages.some((text) => text.includes("pong") && text.includes("from-the-test")));
  const alive = { "online with the device service": await watch.settledHeap() };
  const { mostStackSlots } = watch;
  console.log(JSON.stringify({ memory: HALF, alive, mostStackSlots }));
  expect(mostStackSlots).toBeLessThan(STACK_LIMIT_SLOTS);
  expect(watch.lines.join("\n")).not.toContain(WIFI_PASSWORD);
});
