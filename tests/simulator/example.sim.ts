import { afterEach, expect, test } from "vitest";
import { MockCloud } from "../../mocks/cloud/cloud.js";
import { sendForm, watchTrial } from "../../mocks/phone.js";
import type { Simulator } from "../../tools/simulator.js";
import { MAC, openApp, Watch } from "./app.js";

let cloud: MockCloud;
let simulator: Simulator;

afterEach(async () => {
  await simulator?.stop();
  await cloud?.stop();
});

test("a product around the agent: from a blank board to a LED that obeys", async () => {
  cloud = new MockCloud({ httpPort: 0, mqttPort: 0, devices: [] });
  await cloud.start();
  cloud.register(MAC);
  const messages: string[] = [];
  cloud.onMessage((_topic, payload) => messages.push(payload));
  const app = await openApp({ name: "led", product: "examples/led/manifest.json" });
  simulator = app.simulator;
  const watch = new Watch(simulator);
  await simulator.start();
  await watch.untilState("portal");
  await sendForm(app.portal, { ssid: "baja", password: "simulated", url: cloud.url });
  await watchTrial(app.portal, ["done"], 30_000);
  await watch.untilState("online");

  const answers = (id: number) => messages.filter((text) => text.includes(`"id":${id},`));
  cloud.sendControl(MAC, { cmd: "led", id: 1, action: "on" });
  await watch.until("answer", () => answers(1).length > 0);
  expect(JSON.parse(answers(1)[0]!)).toEqual({ cmd: "led", id: 1, ok: true, result: "on" });
  await watch.until("LED", () => watch.lines.includes("led: on"));
  await watch.until("reading", () => messages.some((text) => text.includes('"sensor":"led","on":true')));
  cloud.sendControl(MAC, { cmd: "led", id: 2, action: "blink" });
  await watch.until("refusal", () => answers(2).length > 0);
  expect(JSON.parse(answers(2)[0]!)).toMatchObject({ ok: false, error: "action: on or off" });
  expect(watch.lines.filter((line) => line.startsWith("led:"))).toEqual(["led: on"]);
});
