/** The thread in which a virtual device runs from one reset to the next. */
import { register } from "node:module";
import { parentPort, workerData } from "node:worker_threads";
import { boot as bootloader } from "../../modules/update/simulator/bootloader.js";
import { readDescriptor } from "../../modules/update/simulator/image.js";
import { IDENTITY, SLOTS } from "../../modules/update/simulator/partitions.js";
import { installCalendar, setPace } from "../moddable/clock.js";
import { installGlobals } from "../moddable/globals.js";
import { host, makeOta, newSha256 } from "../moddable/host.js";
import { LastWords } from "../moddable/last-words.js";
import { accessPointInterface, link, phones } from "../moddable/link.js";
import { Nor } from "../moddable/nor.js";
import { Nvs } from "../moddable/nvs.js";
import { Pins } from "../moddable/pins.js";
import { Radio } from "../moddable/radio.js";
import { openStorage } from "../moddable/storage-start.js";
import Timer from "../moddable/timer.js";
import { countInto } from "../moddable/usage.js";
import { FlashFile, flashFileOf } from "./flash-file.js";
import { type Behaviour, readBehaviour } from "./image.js";
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

/** After every flash operation, of NVS and of the chip alike. */
function operated(): void {
  if (Atomics.add(writes, 0, 1) + 1 === boot.powerCutAfterWrites) end(exitCode.powerCut);
}

function installNvs(): void {
  const flash = readFlash(boot.stateFile);
  if (!flash) throw new Error(`no flash: ${flashFile(boot.stateFile)}`);
  const store = new FlashFile(flashFileOf(boot.stateFile));
  const { image, repaired } = openStorage(flash, new Nor({ store }).read(IDENTITY.address, IDENTITY.size));
  store.close();
  host.storageRepaired = repaired;
  host.nvs = new Nvs({
    image,
    commit: (bytes) => writeFlash(boot.stateFile, bytes),
    onOperation: operated,
  });
}

/** Does what happens before any of the device's code: the bootloader chooses the image. @returns what it will do */
function loadImage(): Behaviour {
  const chip = new Nor({ store: new FlashFile(flashFileOf(boot.stateFile)), onOperation: operated });
  const slot = bootloader(chip, newSha256);
  if (slot === undefined) throw new Error("No bootable app partitions in the partition table");
  host.ota = makeOta(chip, slot, abort);
  const version = readDescriptor(chip, SLOTS[slot]!)?.version;
  if (version) host.config.firmwareVersion = version;
  return readBehaviour(chip, SLOTS[slot]!.address);
}

function abort(reason: string): never {
  host.trace(`abort(): ${reason}\n`);
  end(exitCode.abort);
}

Object.assign(host.config, boot.config);
host.mac = boot.mac;
host.isDebug = boot.isDebug;
for (const [name, bytes] of Object.entries(boot.resources)) host.resources.set(name, bytes);
host.pins = new Pins((delayMs, callback) => void Timer.set(callback, delayMs));
host.trace = (text) => say({ trace: text });
host.send = (bytes) => say({ cable: bytes });
host.restart = () => end(exitCode.restart);
countInto(boot.usage);
host.words = new LastWords(boot.resetReason, boot.words, (words) => say({ words }));
const behaviour = loadImage();
if (behaviour === "crash") abort("the image crashes as it starts");
installNvs();
link.up = false;
phones.up = false;
accessPointInterface.up = false;
host.radio = new Radio(behaviour === "offline" ? { ...boot.radio, networks: [], open: false } : boot.radio);
host.radio.accessPoint.onChange = (accessPoint) => say({ accessPoint });
// The port is also what keeps the thread alive when the device only waits.
parent.on("message", (message: ToDevice) => {
  if ("radio" in message) host.radio.command(message.radio);
  else if ("pace" in message) setPace(message.pace);
  else if ("cable" in message) host.serial.receive(message.cable);
  else host.pins.press(Number(host.config.buttonPin), message.pressMs);
});
installGlobals();
installCalendar(boot.calendar);
setPace(boot.pace);
register("../moddable/hook.js", import.meta.url);
await import(boot.main);
