/** `npm start`: the whole journey on this machine, with a person in it. */
import { existsSync, rmSync } from "node:fs";
import { parseArgs } from "node:util";
import { command } from "../tools/command.js";
import { lockState } from "./device/lock.js";
import { filesOf } from "./device/state-file.js";
import type { StateLine } from "./device/virtual-device.js";
import { openLoopback, powerUp } from "./loopback.js";

const usage = `Usage: npm start [-- --blank]

Runs a virtual ESP32-S3, the mock cloud and an MQTT broker on this machine, and says what to open. Device and cloud keep
what they know in .state/ for the next start.

  --blank   begins with a blank board: what the last start has left is deleted
  --help    this text
`;

const STATE_FILE = ".state/start.json";
const CLOUD_FILE = ".state/start.cloud.json";

const bold = (text: string) => (process.stdout.isTTY ? `\u001b[1m${text}\u001b[0m` : text);
const say = (text: string) => console.log(text);

/** What the person has to do, or what goes on, in a line. */
function tell(line: StateLine, cloudUrl: string): string {
  switch (line.state) {
    case "portal":
      return `${line.reason ? `Back in the portal (${line.reason}). ` : ""}Open the captive page:  ${bold(String(line.address))}
      On a real board a phone joins the Wi-Fi ${line.ssid} and the page opens by itself.
      Choose any network, type any password of 8 characters or more, and save: the page shows each step.`;
    case "restarting":
      return "The device restarts.";
    case "safe":
      return line.broker
        ? `Safe, because it crashes: it obeys status, diagnose, update and reboot alone. Its broker is ${line.broker}.`
        : `Safe, because it crashes${line.reason ? ` (${line.reason})` : ""}. It connects in ${Math.ceil(Number(line.retryMs) / 1000)} s.`;
    case "connecting":
      return line.to === "wifi" ? "Joining the Wi-Fi…" : "Connecting to the MQTT broker…";
    case "provisioning":
      return "Asking the provisioning service…";
    case "activating":
      return `Waiting for a person. Open:  ${bold(`${cloudUrl}/activate`)}  and enter the code  ${bold(String(line.code))}`;
    case "online":
      return bold(`Online at ${line.broker}. Send it commands from ${cloudUrl}/`);
    default:
      return `${line.state}: ${line.reason ?? ""}${typeof line.retryMs === "number" ? `, next try in ${Math.ceil(line.retryMs / 1000)} s` : ""}`;
  }
}

async function start(isBlank: boolean): Promise<void> {
  if (isBlank) for (const file of [...filesOf(STATE_FILE), CLOUD_FILE]) rmSync(file, { force: true });
  const isKnown = existsSync(STATE_FILE);
  const isForgotten = isKnown && !existsSync(CLOUD_FILE);
  const loopback = await openLoopback({ stateFile: STATE_FILE, cloudFile: CLOUD_FILE, log: () => {} });
  const { cloud, device } = loopback;
  device.on("state", (line) => say(`device  ${tell(line, cloud.url)}`));
  device.on("exit", (reason, error) => {
    if (reason !== "gave up") return;
    giveUp(new Error(`The device does not stay up: ${error?.message}.`));
    void cloud.stop();
  });
  cloud.onMessage((topic, payload) => say(`cloud   ${topic}  ${payload.slice(0, 160)}`));
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void loopback.close());

  say("A virtual ESP32-S3, the mock cloud and an MQTT broker, all on this machine. Ctrl+C ends them.");
  say(`Watch all messages:  ${cloud.observing}`);
  if (isKnown) say("The device and the cloud are those of the last start; npm start -- --blank takes a blank board.");
  if (isForgotten) say(`${CLOUD_FILE} is missing: the cloud does not know the device, which needs a new code.`);
  say("");
  await powerUp(loopback).catch(async (error: Error) => {
    await cloud.stop();
    throw error;
  });
}

function giveUp(error: Error): void {
  console.error(`${error.message}\nA blank board helps where its files are at fault: npm start -- --blank`);
  process.exitCode = 1;
}

await command(usage, async (args) => {
  const { blank = false } = parseArgs({ args, options: { blank: { type: "boolean" } } }).values;
  await lockState(STATE_FILE);
  await start(blank).catch(giveUp);
});
