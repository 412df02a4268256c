/** What `npm run simulator` runs: the memory that the manifests say, and no test's. */
import { afterEach, expect, test } from "vitest";
import { MockCloud } from "../../mocks/cloud/cloud.js";
import { sendForm, watchTrial } from "../../mocks/phone.js";
import { AGENT_APP, type Simulator } from "../../tools/simulator.js";
import { FACTORY, MAC, openBoard, sharedBuild, Watch } from "./app.js";

let cloud: MockCloud;
let simulator: Simulator;

afterEach(async () => {
  await simulator?.stop();
  await cloud?.stop();
});

test("from a blank board over a code to online, as `npm run simulator` builds it", async () => {
  const devices = [{ mac: MAC, serial: FACTORY.serial, hmacKeyHex: FACTORY.hmac_key }];
  cloud = new MockCloud({ httpPort: 0, mqttPort: 0, devices });
  await cloud.start();
  const board = await openBoard(await sharedBuild(AGENT_APP));
  simulator = board.simulator;
  const watch = new Watch(simulator);
  await simulator.start();
  await watch.untilState("portal");
  await sendForm(board.portal, { ssid: "baja", password: "simulated", url: cloud.xiaozhiUrl });
  await watch.untilState("activating");
  cloud.enterCode(String(watch.states.at(-1)!.code));
  await watchTrial(board.portal, ["done"], 30_000);
  await watch.untilState("online");
  expect(watch.aborts).toEqual([]);
});
