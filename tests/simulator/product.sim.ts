/** docs/product.md, "In the simulator": the command as it is, with the document's kettle outside the repository. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { MockCloud } from "../../mocks/cloud/cloud.js";
import { freePort } from "../../mocks/device/ports.js";
import { sendForm } from "../../mocks/phone.js";
import { ROOT } from "../../tools/sdk.js";
import { start } from "../commands/support.js";
import { newFolder, writeKettle } from "../product/kettle.js";
import { MAC } from "./app.js";

/** The engine is compiled for it. */
const BUILD_MS = 900_000;

test("npm run simulator -- FOLDER: from a blank board to a kettle that obeys", { timeout: 2 * BUILD_MS }, async () => {
  const cloud = new MockCloud({ httpPort: 0, mqttPort: 0, devices: [], autoRegister: true, topics: "more" });
  await cloud.start();
  onTestFinished(() => cloud.stop());
  const messages: string[] = [];
  cloud.onMessage((_topic, payload) => messages.push(payload));
  const folder = newFolder();
  const portalPort = await freePort("tcp");
  const ports = { portalPort, dnsPort: await freePort("udp") };
  writeKettle(folder, { resources: {} }, { ...ports, provisioningUrl: cloud.url });
  const board = join(folder, "build/board");
  mkdirSync(board, { recursive: true });
  writeFileSync(join(board, "esp32-online.agent.mac"), JSON.stringify(MAC));

  const run = start("tools/simulator-cli", [folder]);
  const end = async () => {
    run.child.kill("SIGTERM");
    await run.exit;
  };
  onTestFinished(end);
  const says = (text: string, timeout = 120_000) => expect.poll(run.output, { timeout }).toContain(text);
  await says('{"state":"portal"', BUILD_MS);
  const portal = `http://127.0.0.1:${portalPort}/`;
  await says(`The captive page: ${portal} `);
  expect((await sendForm(portal, { ssid: "baja", password: "simulated" })).status).toBe(303);
  await says('{"state":"online"');
  await cloud.sendControl(MAC, { cmd: "heat", id: 1, celsius: 80 });
  await says("heater: 80");
  await expect.poll(() => messages.find((text) => text.includes('"cmd":"heat"'))).toContain('"log":"sent"');
  expect(messages.find((text) => text.includes('"firmware_version"'))).toContain('"1.0.0"');
  expect(readdirSync(join(folder, "build")).sort()).toEqual(["board", "kettle", "simulator"]);
  expect(existsSync(join(ROOT, "build/kettle"))).toBe(false);
  await end();
});
