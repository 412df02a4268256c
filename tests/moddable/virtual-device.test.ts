import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readFlash } from "../../mocks/device/state-file.js";
import { VirtualDevice, type VirtualDeviceOptions } from "../../mocks/device/virtual-device.js";
import { Nvs } from "../../mocks/moddable/nvs.js";
import { RESET_REASONS } from "../../modules/system/system.js";
import { pause, until } from "./support.js";

const patienceMs = 30_000;

let folder: string;
const devices: VirtualDevice[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "device-"));
});

afterEach(async () => {
  await Promise.all(devices.splice(0).map((device) => device.stop()));
  rmSync(folder, { recursive: true });
});

function deviceOf(action: string, options: VirtualDeviceOptions = {}): VirtualDevice {
  const device = new VirtualDevice({
    main: new URL("tiny-device.js", import.meta.url),
    stateFile: stateFile(),
    config: { action },
    // It speaks by `trace`.
    isDebug: true,
    ...options,
  });
  devices.push(device);
  return device;
}

const stateFile = () => join(folder, "device.json");
const stored = () => JSON.parse(readFileSync(stateFile(), "utf8"));
/** As it stands in flash. */
const boots = () => new Nvs({ image: readFlash(stateFile())! }).get("tiny", "boots");

test("a device is made up once, and finds the factory's data in NVS", async () => {
  const device = deviceOf("idle");
  await device.start();
  const line = await device.waitFor("booted", patienceMs);
  const { mac, serial, hmacKey } = device.identity!;
  expect(mac).toMatch(/^7C:DF:A1(:[0-9A-F]{2}){3}$/);
  expect(serial).toMatch(/^SN-[0-9A-F]{8}-7cdfa1[0-9a-f]{6}$/);
  expect(hmacKey).toMatch(/^[0-9a-f]{64}$/);
  expect(line).toMatchObject({ boots: 1, mac, serial, key: hmacKey, year: 1970 });
  expect(line.config).toMatchObject({
    portalPort: device.portalPort,
    dnsPort: device.dnsPort,
    accessPointAddress: "127.0.0.1",
    hardwareVersion: "ESP32-S3",
  });
  await device.stop();
  const again = deviceOf("idle", { serial: "other" });
  await again.start();
  expect(await again.waitFor("booted", patienceMs)).toMatchObject({ mac, serial: "other", key: hmacKey });
  expect(stored().device).toEqual({ mac, serial: "other", hmacKey });
});

test("lines are put together, and told apart", async () => {
  const device = deviceOf("idle");
  const logs: string[] = [];
  device.on("log", (line) => logs.push(line));
  await device.start();
  await device.waitFor("booted", patienceMs);
  expect(logs).toEqual(["half a line, the other half"]);
});

test("the calendar outlives a restart, but not a power cut", async () => {
  const device = deviceOf("setCalendar");
  const years: unknown[] = [];
  device.on("state", ({ state, year }) => state === "booted" && years.push(year));
  await device.start();
  await device.waitFor("kept", patienceMs);
  await device.powerCut();
  await device.start();
  await device.waitFor("booted", patienceMs);
  expect(years).toEqual([1970, 2031, 1970]);
});

test("System.restart boots on the same flash, and nothing after it runs", async () => {
  const device = deviceOf("restartOnce");
  const reasons: string[] = [];
  device.on("restart", (reason) => reasons.push(reason));
  await device.start();
  await device.waitFor("restarted", patienceMs);
  expect(reasons).toEqual(["restart"]);
  expect(device.state).toMatchObject({ state: "restarted" });
  // Two and a write of NVS, and the bootloader's first entry in otadata: an erasure and a write, each with its middle.
  expect([device.writes, device.writesSinceStart]).toEqual([2, 2 + 1 + 4]);
});

test.each([
  [1, undefined, 1],
  [2, 1, 2],
])("the power can go after flash operation %i of the second boot", async (cut, bootsAfterCut, next) => {
  const first = deviceOf("count");
  await first.start();
  await first.waitFor("counted", patienceMs);
  await first.powerCut();
  expect(boots()).toBe(1);

  const device = deviceOf("count", { faults: { powerCutAfterWrites: cut } });
  const states: string[] = [];
  device.on("state", ({ state }) => states.push(state));
  await device.start();
  expect(await once(device, "exit")).toEqual(["power cut"]);
  expect(states).toEqual(["booted"]);
  expect(device.writes).toBe(cut);
  expect(boots()).toBe(bootsAfterCut && next);
  await device.start();
  await device.waitFor("counted", patienceMs);
  expect(boots()).toBe(cut === 1 ? 1 : 3);
});

test("the power can go in the middle of anything", async () => {
  const device = deviceOf("spin");
  await device.start();
  await device.waitFor("spinning", patienceMs);
  await device.powerCut();
  await device.start();
  await device.waitFor("spinning", patienceMs);
});

test.each(["crash", "reject"])(
  "a device that fails as soon as it is up (%s) is started again a few times and then given up",
  async (action) => {
    const device = deviceOf(action);
    let restarts = 0;
    const logs: string[] = [];
    const resets: unknown[] = [];
    device.on("state", ({ state, reset }) => state === "booted" && resets.push(reset));
    device.on("restart", (reason) => {
      expect(reason).toBe("crash");
      restarts++;
    });
    device.on("log", (line) => logs.push(line));
    await device.start();
    const [reason, error] = await once(device, "exit");
    expect([reason, (error as Error).message]).toEqual(["gave up", action === "crash" ? "no good" : "no promise"]);
    expect(restarts).toBe(5);
    // The power, then what XS told its hook before it ended the machine.
    expect(resets.map((reset) => RESET_REASONS[Number(reset)])).toEqual([
      "power-on",
      ...Array(5).fill("abort-exception"),
    ]);
    expect(logs.filter((line) => line.startsWith("XS abort: unhandled exception"))).toHaveLength(6);
  },
);

test("the radio obeys, and a network out of reach stays so after a restart of the power", async () => {
  const radio = { networks: [{ ssid: "home", password: "correct horse" }] };
  const device = deviceOf("join", { radio });
  await device.start();
  await device.waitFor("gotIP", patienceMs);
  device.dropWiFi();
  await device.waitFor("disconnect", patienceMs);
  await device.powerCut();
  await device.start();
  await device.waitFor("disconnect", patienceMs);
  await device.powerCut();
  device.restoreWiFi();
  await device.start();
  await device.waitFor("gotIP", patienceMs);
});

test("a network that comes, comes after a restart, too, and the invented ones stay", async () => {
  const device = deviceOf("join", { radio: { networks: [] } });
  await device.start();
  await device.waitFor("disconnect", patienceMs);
  device.addNetwork({ ssid: "home", password: "correct horse" });
  await device.powerCut();
  await device.start();
  await device.waitFor("gotIP", patienceMs);
  device.removeNetwork("home");
  await device.waitFor("disconnect", patienceMs);

  const invented = deviceOf("join", { stateFile: join(folder, "invented.json") });
  await invented.start();
  await invented.waitFor("gotIP", patienceMs);
  invented.addNetwork({ ssid: "more" });
  await invented.powerCut();
  await invented.start();
  await invented.waitFor("gotIP", patienceMs); // any name joins, as before
});

test("what network the device has opened is told", async () => {
  const device = deviceOf("open");
  await device.start();
  await device.waitFor("open", patienceMs);
  await until(() => device.accessPoint !== undefined);
  expect(device.accessPoint).toEqual({ ssid: "tiny", password: "on the label", channel: 1 });
});

test("the boot button can be pressed", async () => {
  const device = deviceOf("press", { config: { action: "press", buttonPin: 9 } });
  await device.start();
  await device.waitFor("ready", patienceMs);
  device.pressButton(2_000);
  await device.waitFor("down", patienceMs);
  await pause(200); // the contacts have come to rest
  expect(device.state).toMatchObject({ state: "down" });
  await device.waitFor("up", patienceMs);
  await pause(50);
  expect(device.state).toMatchObject({ state: "up" });
});

test("its time can be told to pass faster, for what waits already, too, and after a restart", async () => {
  const device = deviceOf("wait");
  const startMs = performance.now();
  await device.start();
  for (let start = 0; start < 2; start++) {
    await device.waitFor("waiting", patienceMs);
    device.pace = 200;
    const { ticks, calendar } = await device.waitFor("waited", patienceMs);
    expect(ticks).toBeGreaterThanOrEqual(60_000);
    // Half of it: at this pace a moment between two looks is long.
    expect(calendar).toBeGreaterThan(30_000);
    await device.powerCut();
    await device.start();
  }
  expect(performance.now() - startMs).toBeLessThan(60_000);
});

test("waiting for a state ends with the time or with the device", async () => {
  const device = deviceOf("idle");
  await device.start();
  await device.waitFor("booted", patienceMs);
  await expect(device.waitFor("never", 20)).rejects.toThrow("20 ms without never; last was booted");
  const waiting = expect(device.waitFor("never", patienceMs)).rejects.toThrow("stopped before never");
  await device.stop();
  await waiting;
});

describe("the command line", () => {
  const cli = fileURLToPath(new URL("../../build/host/mocks/device/cli.js", import.meta.url));

  const run = (...args: string[]) =>
    new Promise<{ code: unknown; stdout: string; stderr: string }>((done) => {
      const child = execFile(process.execPath, [cli, ...args], { cwd: folder }, (_error, stdout, stderr) =>
        done({ code: child.exitCode, stdout, stderr }),
      );
    });

  test.each([
    ["--mac", "7C:DF:A1"],
    ["--hmac-key", "abc"],
    ["--hmac-key", "00".repeat(15)],
    ["--portal-port", "0"],
    ["--dns-port", "65536"],
    ["--state", ""],
    ["--serial-number", ""],
    ["--colour", "red"],
  ])("%s %j: says what is wrong, and ends with 2", async (name, value) => {
    const { code, stdout, stderr } = await run(`${name}=${value}`);
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(name);
  });

  test("--nvs: a file that is none ends with 1", async () => {
    const { code, stderr } = await run("--nvs", "");
    expect([code, stderr.startsWith("--nvs  is no dump")]).toEqual([1, true]);
  });

  test("a port that was asked for and is taken: ends with 1", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as { port: number };
    const { code, stderr } = await run("--portal-port", String(port));
    expect(code).toBe(1);
    expect(stderr).toContain(`${port} of 127.0.0.1 is taken`);
    server.close();
  });

  test.each(["SIGTERM", "SIGINT"] as const)("--json: states alone, a line each; %s ends it with 0", async (signal) => {
    const key = "5e".repeat(32);
    const child = spawn(process.execPath, [cli, "--json", "--hmac-key", key], { cwd: folder });
    let stdout = "";
    child.stdout.on("data", (data) => {
      stdout += data;
    });
    await Promise.race([until(() => stdout.includes("\n"), "a state", patienceMs), once(child, "exit")]);
    child.kill(signal);
    expect(await once(child, "exit")).toEqual([0, null]);
    const lines = stdout.trimEnd().split("\n");
    for (const line of lines) expect(JSON.parse(line).state).toBeTypeOf("string");
    expect(stdout).not.toContain(key);
  });
});
