/** `npm start`: the whole journey on this machine, with a person in it. */
import { flashFile } from "./device/state-file.js";
import type { StateLine } from "./device/virtual-device.js";
import { openLoopback, powerUp } from "./loopback.js";

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
      return `It has crashed five times in a row, and waits for ${Math.ceil(Number(line.retryMs) / 60_000)} minutes.`;
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

const stateFile = ".state/start.json";
const loopback = await openLoopback({ stateFile, log: () => {} });
const { cloud, device } = loopback;
device.on("state", (line) => say(`device  ${tell(line, cloud.url)}`));
device.on("exit", (reason, error) => {
  if (reason !== "gave up") return;
  console.error(`The device does not stay up: ${error?.message}`);
  process.exitCode = 1;
  void cloud.stop();
});
cloud.onMessage((topic, payload) => say(`cloud   ${topic}  ${payload.slice(0, 160)}`));
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => void loopback.close());

say(`A virtual ESP32-S3, the mock cloud and an MQTT broker, all on this machine. Ctrl+C ends them.
The device is the files ${stateFile} and ${flashFile(stateFile)}: delete both for a blank board.\n`);
await powerUp(loopback);
