/** `npm run demo`: the whole journey on this machine, unattended. Exits with 0 when the device answered a command. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { command } from "../tools/command.js";
import { type Loopback, openLoopback, powerUp } from "./loopback.js";
import { sendForm, watchTrial } from "./phone.js";

const usage = `Usage: npm run demo

Plays the whole journey unattended: a blank virtual board, its captive page, the mock cloud, the code, a command.
Ends with 0 when the device has answered.
`;

/** Each step takes a second or two; a slow machine some more. */
const STEP_MS = 30_000;

async function journey(loopback: Loopback): Promise<void> {
  const { cloud, device } = loopback;
  device.on("state", ({ state, ...details }) => console.log(`device: ${state} ${JSON.stringify(details)}`));
  await powerUp(loopback);

  const { address } = await device.waitFor("portal", STEP_MS);
  const fields = { ssid: "Home", password: "correct horse", url: cloud.xiaozhiUrl };
  const reply = await sendForm(String(address), fields);
  if (reply.status !== 303) throw new Error(`the portal answers ${reply.status}`);

  const { code } = await device.waitFor("activating", STEP_MS);
  if (!cloud.enterCode(String(code)).bound) throw new Error("the cloud does not take the code");
  await watchTrial(String(address), ["done"], STEP_MS);
  console.log("page: done");
  await device.waitFor("online", STEP_MS);

  const answered = new Promise<void>((done) => {
    cloud.onMessage((_topic, payload) => payload.includes('"pong"') && done());
  });
  cloud.sendControl(device.identity!.mac, { cmd: "ping", id: "demo" });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise((_, fail) => {
    timer = setTimeout(() => fail(new Error("no answer to the ping")), STEP_MS);
  });
  await Promise.race([answered, late]);
  clearTimeout(timer);
  console.log("The device is online and has answered a control message.");
}

await command(usage, async (args) => {
  parseArgs({ args });
  const folder = mkdtempSync(join(tmpdir(), "esp32-online-demo-"));
  try {
    const loopback = await openLoopback({
      stateFile: join(folder, "device.json"),
      log: (line) => console.log(`  ${line}`),
    });
    await journey(loopback).finally(() => loopback.close());
  } catch (error) {
    throw new Error(`The journey failed: ${(error as Error).message}`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
