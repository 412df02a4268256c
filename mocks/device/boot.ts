/** The thread in which a virtual device runs from one reset to the next. */
import { register } from "node:module";
import { parentPort, workerData } from "node:worker_threads";
import { installCalendar } from "../moddable/clock.js";
import { installGlobals } from "../moddable/globals.js";
import { host } from "../moddable/host.js";
import { link, phones } from "../moddable/link.js";
import { Nvs } from "../moddable/nvs.js";
import { Radio } from "../moddable/radio.js";
import { type BootData, exitCode, type FromDevice, type ToDevice } from "./protocol.js";
import { flashFile, readFlash, writeFlash } from "./state-file.js";

const boot = workerData as BootData;
const parent = parentPort!;
const writes = new Int32Array(boot.writes);

/** In a thread `process.exit` stops everything at once: not even the line after it runs. */
function end(code: number): never {
  process.exit(code);
}

function say(message: FromDevice): void {
  parent.postMessage(message);
}

function installFlash(): void {
  const image = readFlash(boot.stateFile);
  if (!image) throw new Error(`no flash: ${flashFile(boot.stateFile)}`);
  host.nvs = new Nvs({
    image,
    commit: (bytes) => writeFlash(boot.stateFile, bytes),
    onOperation: (count) => {
      Atomics.store(writes, 0, count);
      if (count === boot.powerCutAfterWrites) end(exitCode.powerCut);
    },
  });
}

Object.assign(host.config, boot.config);
host.mac = boot.mac;
host.isDebug = boot.isDebug;
host.resources.set("private-ca.der", boot.trustAnchors);
host.trace = (text) => say({ trace: text });
host.restart = () => end(exitCode.restart);
installFlash();
link.up = false;
phones.up = false;
host.radio = new Radio(boot.radio);
host.radio.accessPoint.onChange = (accessPoint) => say({ accessPoint });
// The port is also what keeps the thread alive when the device only waits.
parent.on("message", (message: ToDevice) => {
  if ("radio" in message) host.radio.command(message.radio);
  else host.pins.press(Number(host.config.buttonPin), message.pressMs);
});
installGlobals();
installCalendar(boot.calendar);
register("../moddable/hook.js", import.meta.url);
await import(boot.main);
