/** What the device costs, part by part. Each figure comes with its unit and how it is measured. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { WINDOW } from "../agent/session/outbox/delivery.js";
import { pageModel } from "../mocks/page-models.js";
import type { PageModel } from "../softap/model.js";
import { renderPage } from "../softap/view.js";
import { parseSdkconfig } from "../tools/esp32/sdkconfig.js";
import { ROOT } from "../tools/sdk.js";
import { type FleetOptions, measureFleet } from "./fleet.js";
import { measureHashShare } from "./hashing.js";
import { measureMessageRates, PAYLOAD } from "./mqtt.js";
import { type Boot, measureTraffic } from "./traffic.js";
import { IMAGE_BYTES } from "./update-life.js";
import { fixedMsOf, roundTripsOf, waitsOf } from "./waits.js";
import { isEngineThere, measureDownload, measureJourneys, measureMessages } from "./xs.js";

function title(text: string, how: string): void {
  console.log(`\n${text}\n  (${how})`);
}

function row(name: string, value: number | string, unit: string): void {
  const text = typeof value === "number" ? value.toLocaleString("en") : value;
  console.log(`  ${name.padEnd(52)}${text.padStart(10)} ${unit}`);
}

async function traffic(): Promise<void> {
  title(
    "From link-up to MQTT online, device provisioning service",
    "virtual device and mock cloud through counting proxies; TCP payload; a TCP handshake is a round trip",
  );
  const boots = await measureTraffic();
  for (const [boot, { traffic }] of Object.entries(boots)) {
    const { connections, sentBytes, receivedBytes, roundTrips, beforePublish } = traffic;
    row(`${boot} boot: connections`, connections, "");
    row(`${boot} boot: sequential round trips`, roundTrips, "");
    row("before the first message leaves", beforePublish!, "");
    row(`${boot} boot: sent`, sentBytes, "bytes");
    row(`${boot} boot: received`, receivedBytes, "bytes");
  }
  await waits("addresses", boots);
  await waits("names", await measureTraffic(true));
}

/** @param by what service and broker have */
async function waits(by: string, { cold, warm }: Record<"cold" | "warm", Boot>): Promise<void> {
  const own = readFileSync(join(ROOT, "modules/system/esp32/sdkconfig.defaults"), "utf8");
  title(
    `What a start waits for, until it is on MQTT: service and broker by ${by}`,
    "what the mock of the radio and the proxies count, in the chip's time; none of it was measured on a chip",
  );
  for (const [boot, figures, config] of [
    ["cold, with the SDK's options", cold, parseSdkconfig("")],
    ["cold", cold, parseSdkconfig(own)],
    ["warm", warm, parseSdkconfig(own)],
  ] as const) {
    const all = waitsOf(figures, config, boot === "warm");
    console.log(`\n  ${boot}`);
    for (const { what, fixedMs, roundTrips, madeOf } of all)
      row(what, `${fixedMs.toLocaleString("en")} ms`, `+ ${roundTrips} round trips (${madeOf})`);
    row(
      "in all",
      `${fixedMsOf(all).toLocaleString("en")} ms`,
      `+ ${roundTripsOf(all)} round trips beyond the router's DHCP`,
    );
  }
}

function page(): void {
  title("The captive page", "20 networks in range and 10 saved, names of 12 characters, as sent");
  const sizeOf = (gzip: boolean) =>
    renderPage(crowdedModel(), "en", gzip).body.reduce((sum, part) => sum + part.length, 0);
  row("raw", sizeOf(false), "bytes");
  row("gzipped", sizeOf(true), "bytes");
}

/** The page's parts for as much as it may have to show. */
function crowdedModel(): PageModel {
  const names = Array.from({ length: 20 }, (_, index) => `Network ${1000 + index}`);
  return pageModel({
    ssid: names[0]!,
    hasPassword: true,
    networks: names.map((ssid, index) => ({ ssid, rssi: -40 - 2 * index, secured: index % 5 > 0 })),
    known: names.slice(0, 10).map((ssid, index) => ({ ssid, preferred: index === 0 })),
  });
}

const FLEETS: readonly FleetOptions[] = [
  { devices: 1_000, family: "device service", configured: true },
  { devices: 1_000, family: "device service", configured: false },
  { devices: 1_000, family: "xiaozhi", configured: false },
  { devices: 30, family: "device service", configured: false, sharedAddress: true },
];
const BAR_SECONDS = 30;
const MAX_BAR = 40;
/** What deployed clients do with a code on the display, and a server that does not hold the request. */
const DEPLOYED_POLL_SECONDS = 3;

async function fleets(): Promise<void> {
  title(
    "Devices after an outage of 30 minutes",
    "device code over scripted IO, mock cloud with its limits, one virtual clock; all fail or boot within 3 s; " +
      "fixed interval: every 10 s from the failure on, no jitter; the first 10 minutes after the return",
  );
  for (const fleet of FLEETS) {
    const { devices, family, configured, sharedAddress } = fleet;
    const figures = await measureFleet(fleet);
    const { requests, polls, uploads, connections, fixedPeak, tooMany, online, lastOnlineMs } = figures;
    const address = sharedAddress ? "all behind one address" : "each at an address of its own";
    const before = configured ? "online before" : "never online before";
    console.log(`\n  ${devices.toLocaleString("en")} devices, ${address}; ${family}, ${before}`);
    row("online in the end", online, "devices");
    row("the last one online, after the return", (lastOnlineMs / 60_000).toFixed(1), "minutes");
    row("answers 429", tooMany, "");
    rateRows("requests to the service", Math.max(...requests), fixedPeak);
    rateRows("connections to the broker", Math.max(...connections), fixedPeak);
    if (uploads.some((count) => count > 0)) {
      row("uploads while HTTP stands in, most in a second", Math.max(...uploads), "");
      row("uploads in all", sum(uploads), "");
    }
    if (family === "xiaozhi") {
      row("polls of codes, most in a second", Math.max(...polls), "");
      row("the same of all, every 3 s, as deployed", Math.round(devices / DEPLOYED_POLL_SECONDS), "");
    }
    if (!sharedAddress) histogram(requests.map((count, second) => count + connections[second]!));
  }
}

function rateRows(what: string, most: number, fixedPeak: number): void {
  row(`${what}, most in a second`, most, "");
  row("the same at a fixed interval", fixedPeak, `(${(fixedPeak / most).toFixed(1)} times as many)`);
}

/** Requests and connections together, without the polls of codes. */
function histogram(perSecond: readonly number[]): void {
  const sums: number[] = [];
  for (let start = 0; start < perSecond.length; start += BAR_SECONDS)
    sums.push(sum(perSecond.slice(start, start + BAR_SECONDS)));
  const most = Math.max(1, ...sums);
  sums.forEach((count, index) => {
    const bar = "#".repeat(Math.round((count / most) * MAX_BAR));
    console.log(`  ${String((index + 1) * BAR_SECONDS).padStart(4)} s ${String(count).padStart(5)} ${bar}`);
  });
}

function sum(counts: readonly number[]): number {
  return counts.reduce((all, count) => all + count, 0);
}

/** With CI=true it has to be there. */
function hasEngine(): boolean {
  if (isEngineThere()) return true;
  if (process.env.CI) throw new Error("there is no XS engine: npm test compiles it");
  console.log("  LEFT OUT: npm test compiles the engine first");
  return false;
}

async function messages(): Promise<void> {
  const { broker, rates } = await measureMessageRates();
  title(
    `MQTT: messages a second to ${broker}`,
    `Node on this machine, ${PAYLOAD.length} bytes each; at QoS 1 ${WINDOW} in flight, to the last acknowledgement; at ` +
      "QoS 0 to that of one message of QoS 1 behind them; the device's code over the mock of the SDK's client; median",
  );
  for (const { stack, qos, perSecond, cpuMicroseconds } of rates) {
    row(`QoS ${qos}, ${stack}`, perSecond, "messages/s");
    row("", cpuMicroseconds, "µs of CPU time each, broker not counted");
  }
  title(
    "MQTT: computation for each message in the XS engine",
    "xsnap's meter; the device's code, outbox and session, over a scripted broker that acknowledges at once",
  );
  if (!hasEngine()) return;
  for (const { what, steps, garbageSlots, keptSlots } of await measureMessages()) {
    row(what, steps, "steps");
    row("", garbageSlots, "slots for the collector");
    row("", keptSlots, "slots more after all of them");
  }
}

async function update(): Promise<void> {
  title(
    `Update: an image of ${IMAGE_BYTES.toLocaleString("en")} bytes; a slot has 3 MiB`,
    "device code over a scripted server and flash, which are JavaScript, are in the figures, and hold the image",
  );
  const { updateMs, hashMs } = await measureHashShare();
  row("Node: hashing with a native digest", ((hashMs / updateMs) * 100).toFixed(1), "% of the computing");
  row("Node: computing, download to restart", Math.round(updateMs), "ms");
  if (!hasEngine()) return;
  const { heap, downloadSteps, hashSteps } = await measureDownload();
  const base = heap[0]!.slots;
  for (const { percent, slots } of heap)
    row(`XS: slots in use after a collection, at ${percent} %`, slots, `(${slots - base} more)`);
  row("XS: downloading", Math.round(downloadSteps / 1_000_000), "million steps");
  row(
    "XS: hashing as many bytes",
    Math.round(hashSteps / 1_000_000),
    "million steps, in JavaScript; native on the chip",
  );
  row("XS: of both, hashing", ((hashSteps / (hashSteps + downloadSteps)) * 100).toFixed(0), "%");
}

async function xs(): Promise<void> {
  title("Journeys in the XS engine", "xsnap's meter: steps of computation; slots in use at most, garbage included");
  if (!hasEngine()) return;
  for (const { name, compute, slots } of await measureJourneys()) {
    row(name, compute, "steps");
    row("", slots, "slots");
  }
}

/** What the simulator's tests have measured last: they hold it against the budgets. */
function memory(): void {
  title(
    "Memory alive in the simulator",
    "after a collection, app and probe; an ESP32-S3 has 3,696 slots and 59,136 bytes of chunks, fixed, and 512 of stack",
  );
  const path = join(ROOT, "build", "memory.json");
  if (!existsSync(path)) {
    console.log("  LEFT OUT: npm run test:simulator -- memory measures it (it needs the Moddable SDK)");
    return;
  }
  type Table = Record<string, { slots: number; chunkBytes: number; stackSlots: number }>;
  const { figures, budgets } = JSON.parse(readFileSync(path, "utf8")) as Record<"figures" | "budgets", Table>;
  for (const [state, { slots, chunkBytes, stackSlots }] of Object.entries(figures)) {
    const budget = budgets[state]!;
    row(state, slots, `slots of ${budget.slots.toLocaleString("en")}`);
    row("", chunkBytes, `bytes of chunks of ${budget.chunkBytes.toLocaleString("en")}`);
    row("", stackSlots, `slots of stack of ${budget.stackSlots}`);
  }
}

/** Of the SDK's TLS in JavaScript, by the same tests, before Mbed TLS took its place (SDK 8.2.3, 64 bits). */
const BEFORE = { slots: 190, chunkBytes: 3_350, stackSlots: 337, roundTrips: 2 };

/** What the tests of the C core and the simulator's have measured last. */
function tls(): void {
  title(
    "TLS: a connection, a byte there and back",
    "the device's C core with Mbed TLS of this machine (64 bits, buffers of 16 kB: the chip's are as long as the record) to " +
      "Node on loopback; heap and stack of C; the time with Node's share",
  );
  const path = join(ROOT, "build", "tls.json");
  if (existsSync(path)) {
    const figures = JSON.parse(readFileSync(path, "utf8")) as Record<string, Record<string, number>>;
    for (const [name, { roundTrips, bytes, steady, peak, stack, durationMs }] of Object.entries(figures)) {
      row(`${name}: round trips (before: ${BEFORE.roundTrips}, resumed or not)`, roundTrips!, "");
      row("", bytes!, "bytes both ways");
      row("", steady!, "bytes of heap while it is open");
      row("", peak!, "bytes of heap at most");
      row("", stack!, "bytes of stack at most");
      row("", durationMs!, "ms");
    }
  } else console.log("  LEFT OUT: npm test -- tls measures it (it needs a C compiler and Mbed TLS)");
  title("TLS: a session's share of the XS heap", "online over TLS, less online in plain (memory, above or below)");
  const memories = join(ROOT, "build", "memory.json");
  if (!existsSync(memories)) {
    console.log("  LEFT OUT: npm run test:simulator -- memory measures it (it needs the Moddable SDK)");
    return;
  }
  type Table = Record<string, { slots: number; chunkBytes: number; stackSlots: number }>;
  const { figures } = JSON.parse(readFileSync(memories, "utf8")) as { figures: Table };
  const [plain, over] = [figures.online!, figures["online, over TLS"]!];
  row("", over.slots - plain.slots, `slots (before: ${BEFORE.slots})`);
  row("", over.chunkBytes - plain.chunkBytes, `bytes of chunks (before: ${BEFORE.chunkBytes})`);
  row("stack's peak over TLS", over.stackSlots, `slots (before: ${BEFORE.stackSlots})`);
}

export const PARTS: Readonly<Record<string, () => void | Promise<void>>> = {
  journey: traffic,
  page,
  mqtt: messages,
  update,
  fleet: fleets,
  xs,
  memory,
  tls,
};
