/** Firmware over the air, from a release to a device that runs it: virtual devices, the mock cloud, real sockets. */
import { createHash, createSign, generateKeyPairSync } from "node:crypto";
import { expect, test } from "vitest";
import type { MockCloud } from "../../mocks/cloud/cloud.js";
import { type ImageOptions, makeImage } from "../../mocks/device/image.js";
import type { VirtualDevice } from "../../mocks/device/virtual-device.js";
import { TRIAL_ONLINE_MS } from "../../modules/update/trial.js";
import { firmwareKeyOf } from "../../tools/release.js";
import { fillIn, hurried, openCloud, openDevice, STEP_MS, until, untilRestarting } from "./support.js";

const OLD = "1.0.0";
const NEW = "1.1.0";
const SIZE_BYTES = 300_000;
const maker = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
const thief = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;

/** What is put up for the devices. */
function release(cloud: MockCloud, key = maker, image: Partial<ImageOptions> = {}): void {
  const bytes = makeImage({ version: NEW, sizeBytes: SIZE_BYTES, ...image });
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const signature = createSign("sha256").update(bytes).sign(key, "hex");
  cloud.files.add({ version: NEW, bytes, sha256, signature, notes: "better" });
  cloud.offerFirmware(cloud.files.offer(NEW, cloud.url));
}

interface Told {
  readonly state: string;
  readonly reason?: string;
  readonly percent?: number;
}

/** What the device says of its firmware. */
class Watch {
  readonly states: string[] = [];
  readonly updates: Told[] = [];
  readonly lines: string[] = [];
  version = "";

  constructor(cloud: MockCloud, device: VirtualDevice) {
    cloud.onMessage((_topic, payload) => {
      if (payload === "") return;
      const message = JSON.parse(payload) as { update?: Told; firmware_version?: string };
      this.version = message.firmware_version ?? this.version;
      if (message.update) this.updates.push(message.update);
    });
    device.on("state", ({ state }) => this.states.push(state));
    device.on("log", (line) => this.lines.push(line));
  }

  said(state: string): boolean {
    return this.updates.some((update) => update.state === state);
  }
}

async function onlineDevice(): Promise<{ cloud: MockCloud; device: VirtualDevice; watch: Watch }> {
  const cloud = await openCloud({ autoRegister: true });
  const device = openDevice({ firmwareVersion: OLD, config: { firmwareKey: firmwareKeyOf(maker) } });
  const watch = new Watch(cloud, device);
  await device.start();
  await device.waitFor("portal", STEP_MS);
  await fillIn(device, cloud.url);
  await untilRestarting(device);
  await device.waitFor("online", 4 * STEP_MS);
  return { cloud, device, watch };
}

const askForUpdate = (cloud: MockCloud, device: VirtualDevice) =>
  void cloud.sendControl(device.identity!.mac, { cmd: "update" });

test("a release is installed over a bad line, through a power cut in its trial, and proves itself", {
  timeout: 400_000,
}, async () => {
  const { cloud, device, watch } = await onlineDevice();
  release(cloud);
  cloud.faults.add("firmware-file", { kind: "truncated", afterBytes: 100_000 }, 1);
  cloud.faults.add("firmware-file", { kind: "no-length" }, 1);
  askForUpdate(cloud, device);
  await new Promise((done) => device.once("restart", done));
  expect(watch.states.slice(-2)).toEqual(["updating", "restarting"]);
  expect(watch.updates.map(({ percent }) => percent)).toContain(50);
  expect(cloud.files.ranges).toEqual(["", "bytes=98304-"]);
  await until("the trial", () => watch.said("trial"), 4 * STEP_MS);
  expect(watch.version).toBe(NEW);

  await device.powerCut();
  await device.start();
  await until("the old one", () => watch.said("rolled-back"), 4 * STEP_MS);
  expect(watch.updates.at(-1)).toMatchObject({ reason: "firmware-interrupted" });
  expect(watch.version).toBe(OLD);
  askForUpdate(cloud, device);
  await until("another trial", () => watch.updates.at(-1)?.state === "trial", 4 * STEP_MS);
  // It was in the slot already.
  expect(cloud.files.ranges).toHaveLength(2);

  await hurried(device, () => until("the proof", () => watch.said("updated"), TRIAL_ONLINE_MS + 4 * STEP_MS));
  await device.powerCut();
  watch.version = "";
  await device.start();
  await until("a status", () => watch.version !== "", 4 * STEP_MS);
  expect(watch.version).toBe(NEW);
});

test("one that crashes is taken back, and left alone", { timeout: 300_000 }, async () => {
  const { cloud, device, watch } = await onlineDevice();
  release(cloud, maker, { behaviour: "crash" });
  askForUpdate(cloud, device);
  await until(
    "the restart",
    () => watch.states.includes("restarting") && watch.states.includes("updating"),
    2 * STEP_MS,
  );
  await until("the crash", () => watch.said("rolled-back"), 4 * STEP_MS);
  expect(watch.updates.at(-1)).toMatchObject({ version: NEW, state: "rolled-back", reason: "firmware-crashed" });
  expect(watch.version).toBe(OLD);
  const loaded = cloud.files.ranges.length;
  askForUpdate(cloud, device);
  await until("the refusal", () => watch.lines.some((line) => line.includes("it was tried before: firmware-crashed")));
  expect(cloud.files.ranges).toHaveLength(loaded);
});

test("one that somebody else has signed is not installed", { timeout: 200_000 }, async () => {
  const { cloud, device, watch } = await onlineDevice();
  release(cloud, thief);
  askForUpdate(cloud, device);
  await until("the refusal", () => watch.said("failed"), STEP_MS);
  expect(watch.updates.at(-1)).toMatchObject({ state: "failed", reason: "firmware-signature" });
  expect(watch.states.slice(-2)).toEqual(["updating", "online"]);
});
