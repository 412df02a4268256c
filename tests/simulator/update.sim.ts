/** Firmware over the air in the simulator: its flash is a file, the machine that restarts is a new process. */
import { createHash, generateKeyPairSync, sign } from "node:crypto";
import { afterEach, expect, test } from "vitest";
import { MockCloud } from "../../mocks/cloud/cloud.js";
import { makeImage } from "../../mocks/device/image.js";
import { sendForm, watchTrial } from "../../mocks/phone.js";
import { firmwareKeyOf } from "../../tools/release.js";
import type { Simulator } from "../../tools/simulator.js";
import { HALF, type Heap, MAC, openApp, Watch } from "./app.js";
import { STACK_LIMIT_SLOTS } from "./budgets.js";

/** The simulated flash is JavaScript under the socket's callbacks; the chip's is native and takes next to nothing. */
const FLASH_STACK_SLOTS = 32;
/** A slot has 3 MiB. */
const LARGE_BYTES = 3_000_000;

let simulator: Simulator | undefined;
let cloud: MockCloud | undefined;

afterEach(async () => {
  await simulator?.stop();
  await cloud?.stop();
});

const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });

function release(version: string, sizeBytes: number) {
  const bytes = makeImage({ version, sizeBytes });
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return { version, bytes, sha256, signature: sign("sha256", bytes, privateKey).toString("hex"), notes: "" };
}

interface Status {
  readonly firmware_version: string;
  readonly update?: { readonly version: string; readonly state: string; readonly reason?: string };
}

test("loaded, tried and accepted; the next one is taken back by a restart, told, and not installed again", async () => {
  cloud = new MockCloud({ rateLimited: false });
  await cloud.start();
  cloud.register(MAC);
  const statuses: Status[] = [];
  cloud.onMessage((topic, payload) => {
    if (topic.endsWith("/status") && payload !== "") statuses.push(JSON.parse(payload) as Status);
  });
  const { origin, watch } = await openOnline(cloud);
  const [first, second] = [release("0.2.0", 200_000), release("0.3.0", 10_000)];
  cloud.files.add(first);
  cloud.files.add(second);
  const offer = (version: string) => {
    cloud!.offerFirmware(cloud!.files.offer(version, origin));
    return cloud!.sendControl(MAC, { cmd: "update" });
  };
  const told = (state: string, version: string) => () =>
    statuses.some(({ update }) => update?.state === state && update.version === version);

  // Its connection ends in the middle once: it goes on where it was.
  cloud.faults.add("firmware-file", { kind: "truncated", afterBytes: 100_000 }, 1);
  await offer(first.version);
  await watch.until("download", told("restarting", first.version));
  expect(cloud.files.ranges).toEqual(["", expect.stringMatching(/^bytes=(9\d|10\d)\d{3}-$/)]);
  await watch.until("trial", told("trial", first.version));
  await watch.until("acceptance", told("updated", first.version), 120_000);
  expect(statuses.at(-1)).toMatchObject({ firmware_version: first.version });

  await offer(second.version);
  await watch.until("trial", told("trial", second.version));
  // Whatever ends the machine before it has proven itself.
  await simulator!.powerCycle();
  await watch.until("return", told("rolled-back", second.version));
  expect(statuses.at(-1)).toMatchObject({ firmware_version: first.version });
  const { mostStackSlots } = watch;
  console.log(
    JSON.stringify({ memory: HALF, alive: { "after two updates": await watch.settledHeap() }, mostStackSlots }),
  );
  expect(mostStackSlots).toBeLessThan(STACK_LIMIT_SLOTS + FLASH_STACK_SLOTS);
  expect(watch.aborts).toEqual([]);
}, 600_000);

test("an image as large as its slot is loaded in the memory that the first tenth of it took", async () => {
  cloud = new MockCloud({ rateLimited: false });
  await cloud.start();
  cloud.register(MAC);
  const { origin, watch } = await openOnline(cloud);
  const before = await watch.settledHeap();
  const image = release("0.2.0", LARGE_BYTES);
  cloud.files.add(image);
  cloud.offerFirmware(cloud.files.offer(image.version, origin));
  const at: { percent: number; heap: Heap }[] = [];
  let percent: number | undefined;
  simulator!.on("line", (line) => {
    const { state, percent: told, heap } = line.startsWith("{") ? JSON.parse(line) : {};
    if (state) percent = state === "updating" ? told : undefined;
    else if (heap && percent) at.push({ percent, heap });
  });
  await cloud.sendControl(MAC, { cmd: "update" });
  await watch.until("hash", () => watch.lines.some((line) => line.startsWith("firmware: its hash took")), 300_000);
  const hash = watch.lines.find((line) => line.startsWith("firmware: its hash took"));
  const slots = at.map(({ heap }) => heap.slots);
  const chunkBytes = at.map(({ heap }) => heap.chunkBytes);
  const alive = {
    "before an update": before,
    "update, at least": { slots: Math.min(...slots), chunkBytes: Math.min(...chunkBytes) },
    "update, at most": { slots: Math.max(...slots), chunkBytes: Math.max(...chunkBytes) },
  };
  console.log(JSON.stringify({ memory: HALF, alive, note: hash }));
  expect(new Set(at.map((one) => one.percent)).size).toBeGreaterThan(2);
  expect(Math.max(...slots) - slots[0]!).toBeLessThan(200);
  expect(Math.max(...chunkBytes) - chunkBytes[0]!).toBeLessThan(4_096);
  expect(watch.aborts).toEqual([]);
}, 600_000);

async function openOnline(service: MockCloud) {
  const app = await openApp({ board: { config: { firmwareKey: firmwareKeyOf(privateKey) } } });
  simulator = app.simulator;
  const watch = new Watch(simulator);
  await simulator.start();
  await watch.untilState("portal");
  await sendForm(app.portal, { ssid: "baja", password: "simulated", url: service.url });
  await watchTrial(app.portal, ["done"], 30_000);
  await watch.untilState("online");
  return { origin: service.url, watch };
}
