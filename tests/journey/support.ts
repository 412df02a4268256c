/** A virtual device and the mock cloud, real sockets between them. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach } from "vitest";
import { MockCloud } from "../../mocks/cloud/cloud.js";
import type { CloudOptions } from "../../mocks/cloud/settings.js";
import { readFlash, writeFlash } from "../../mocks/device/state-file.js";
import { VirtualDevice, type VirtualDeviceOptions } from "../../mocks/device/virtual-device.js";
import { Nvs } from "../../mocks/moddable/nvs.js";
import { sendForm, watchTrial } from "../../mocks/phone.js";
import { readNvs } from "../../tools/nvs/nvs.js";

export const WIFI = { ssid: "Home", password: "a-wifi-password" };
/** Seconds, where nothing else is on the machine. */
export const STEP_MS = 40_000;

type Close = () => Promise<void>;
const open: Close[] = [];
const whenTestEnds = (close: Close): void => {
  open.push(close);
};

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

/** `whenDone`: tests that run beside each other close their own. */
export async function openCloud(options: CloudOptions = {}, whenDone = whenTestEnds): Promise<MockCloud> {
  const cloud = new MockCloud({ httpPort: 0, mqttPort: 0, rateLimited: false, ...options });
  await cloud.start();
  whenDone(() => cloud.stop());
  return cloud;
}

/** Not started. */
export function openDevice(options: VirtualDeviceOptions = {}, whenDone = whenTestEnds): VirtualDevice {
  const folder = mkdtempSync(join(tmpdir(), "esp32-online-"));
  const device = new VirtualDevice({ stateFile: join(folder, "device.json"), ...options });
  whenDone(async () => {
    await device.stop();
    rmSync(folder, { recursive: true, force: true });
  });
  return device;
}

/** The cloud knows the device's serial number and key, as after an import from the factory. */
export function introduce(cloud: MockCloud, device: VirtualDevice): void {
  const { mac, serial, hmacKey } = device.identity!;
  cloud.addDevice({ mac, serial, hmacKeyHex: hmacKey });
}

/** What a person sends with the captive page's form. */
export function fillIn(device: VirtualDevice, url: string, wifi = WIFI): Promise<Response> {
  return sendForm(portalUrl(device), { ...wifi, url });
}

export function portalUrl(device: VirtualDevice): string {
  return `http://127.0.0.1:${device.portalPort}/`;
}

/** Watches the page until everything works; the device restarts then. */
export async function untilDone(device: VirtualDevice): Promise<void> {
  await watchTrial(portalUrl(device), ["done"], STEP_MS);
}

/** How many times as fast the device's time passes where it only waits for a pause of its own. */
const HURRY = 15;

/** Its pauses are shorter until this has come. */
export async function hurried<T>(device: VirtualDevice, awaited: () => Promise<T>): Promise<T> {
  device.pace = HURRY;
  try {
    return await awaited();
  } finally {
    device.pace = 1;
  }
}

/** … and until it restarts: nobody reads the last page. */
export async function untilRestarting(device: VirtualDevice): Promise<void> {
  await untilDone(device);
  await hurried(device, () => device.waitFor("restarting", STEP_MS));
}

/** A device that went from blank to online by the device provisioning service. */
export async function openOnlineDevice(cloud: MockCloud): Promise<VirtualDevice> {
  const device = openDevice();
  await device.start();
  await device.waitFor("portal", STEP_MS);
  await fillIn(device, cloud.url);
  await untilRestarting(device);
  await device.waitFor("online", STEP_MS);
  return device;
}

/** Writes a string into the device's flash while it is off. */
export function writeNvsOf(device: VirtualDevice, namespace: string, key: string, value: string): void {
  const nvs = new Nvs({ image: readFlash(device.stateFile)! });
  nvs.write(namespace, key, value);
  writeFlash(device.stateFile, nvs.image);
}

/** The value behind `name` in the credentials that are stored in flash. */
export function storedSecret(device: VirtualDevice, name: string): string {
  const { entries } = readNvs(readFlash(device.stateFile)!);
  const match = new RegExp(`"${name}":"(.*?)"`).exec(entries.map(({ value }) => value.value).join("\n"));
  if (!match?.[1]) throw new Error(`no ${name} in flash`);
  return match[1];
}

export async function until(what: string, condition: () => boolean, timeoutMs = STEP_MS): Promise<void> {
  const endMs = Date.now() + timeoutMs;
  while (!condition()) {
    if (Date.now() > endMs) throw new Error(`no ${what} in ${timeoutMs} ms`);
    await new Promise((done) => setTimeout(done, 20));
  }
}
