/** `npm run bench`: what the device costs. Each figure comes with its unit and how it is measured. */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { renderPage } from "../softap/page.js";
import { ROOT } from "../tools/sdk.js";
import { measureTraffic } from "./traffic.js";

function title(text: string, how: string): void {
  console.log(`\n${text}\n  (${how})`);
}

function row(name: string, value: number | string, unit: string): void {
  const text = typeof value === "number" ? value.toLocaleString("en") : value;
  console.log(`  ${name.padEnd(44)}${text.padStart(10)} ${unit}`);
}

async function traffic(): Promise<void> {
  title(
    "From link-up to MQTT online, device provisioning service",
    "virtual device and mock cloud through counting proxies; TCP payload; a TCP handshake is a round trip",
  );
  const boots = await measureTraffic();
  for (const [boot, { connections, sentBytes, receivedBytes, roundTrips }] of Object.entries(boots)) {
    row(`${boot} boot: connections`, connections, "");
    row(`${boot} boot: sequential round trips`, roundTrips, "");
    row(`${boot} boot: sent`, sentBytes, "bytes");
    row(`${boot} boot: received`, receivedBytes, "bytes");
  }
}

function page(): void {
  title("The captive page", "rendered with 8 networks, as sent; gzip level 9 for comparison");
  const networks = Array.from({ length: 8 }, (_, index) => ({
    ssid: `Network ${index}`,
    rssi: -50 - index,
    secured: true,
  }));
  const facts = { MAC: "AA:BB:CC:DD:EE:FF", Serial: "SN-ABC123-DEF456", Firmware: "0.1.0" };
  const html = renderPage({ ssid: "", url: "", hasPassword: false, networks, errors: {}, notice: undefined, facts });
  row("raw", Buffer.byteLength(html), "bytes");
  row("gzipped", gzipSync(html, { level: 9 }).length, "bytes");
}

function xs(): void {
  title("Journeys in the XS engine", "xsnap's meter: steps of computation; slots in use at most, garbage included");
  const folder = join(ROOT, "tests", "xs");
  if (!existsSync(join(folder, "node_modules"))) {
    console.log("  LEFT OUT: npm test compiles the engine first");
    return;
  }
  const { stdout } = spawnSync(process.execPath, ["run.mjs"], { cwd: folder, encoding: "utf8" });
  for (const [, name, steps, slots] of stdout.matchAll(/^xs: passed (\S+) \((\d+) steps, at most (\d+) slots\)/gm)) {
    row(name!, Number(steps), "steps");
    row("", Number(slots), "slots");
  }
}

function simulator(): void {
  title(
    "Memory alive in the simulator",
    "after a collection, app and probe; an ESP32-S3 has 4,928 slots and 78,848 bytes of chunks, fixed",
  );
  if (!process.env.MODDABLE) {
    console.log("  LEFT OUT: it needs the Moddable SDK (MODDABLE)");
    return;
  }
  const args = ["node_modules/vitest/vitest.mjs", "run", "--config", "tests/simulator/vitest.config.ts"];
  const { stdout } = spawnSync(process.execPath, args, { cwd: ROOT, encoding: "utf8" });
  for (const [line] of stdout.matchAll(/\{"memory".*\}/g)) {
    const { memory, alive } = JSON.parse(line) as Record<"memory" | "alive", Record<string, never>>;
    for (const [state, heap] of Object.entries(alive as Record<string, { slots: number; chunkBytes: number }>)) {
      row(`${state}, heap of ${memory.slots} slots`, heap.slots, "slots");
      row("", heap.chunkBytes, "bytes of chunks");
    }
  }
}

await traffic();
page();
xs();
simulator();
