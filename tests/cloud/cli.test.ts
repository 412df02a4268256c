import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import mqtt from "mqtt";
import { expect, onTestFinished, test } from "vitest";

const root = resolve(import.meta.dirname, "../..");
const cli = join(root, "build/host/mocks/commands/cloud.js");

interface Run {
  child: ChildProcess;
  output: () => string;
  exit: Promise<number | null>;
}

function run(...args: string[]): Run {
  const child = spawn(process.execPath, [cli, ...args]);
  let output = "";
  child.stdout.on("data", (part: Buffer) => {
    output += part.toString();
  });
  child.stderr.on("data", (part: Buffer) => {
    output += part.toString();
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  return { child, output: () => output, exit: new Promise((done) => child.once("close", (code) => done(code))) };
}

/** Waits until the addresses are printed; returns the ports. */
async function ready({ output }: Run, timeout = 40_000): Promise<{ http: number; mqtt: number }> {
  await expect.poll(output, { timeout }).toContain("Ctrl-C ends it.");
  const http = /Open in a browser +http:\/\/127\.0\.0\.1:(\d+)\/\n/.exec(output())!;
  const mqtt = /MQTT broker +mqtt:\/\/127\.0\.0\.1:(\d+)\n/.exec(output())!;
  return { http: Number(http[1]), mqtt: Number(mqtt[1]) };
}

/** @returns the port, which is occupied then; undefined where somebody else has it */
async function occupy(port: number): Promise<number | undefined> {
  const server: Server = createServer();
  const isOurs = await new Promise<boolean>((done) => {
    server.once("error", () => done(false));
    server.listen(port, "127.0.0.1", () => done(true));
  });
  if (!isOurs) return undefined;
  onTestFinished(() => void server.close());
  return (server.address() as { port: number }).port;
}

test.each(["SIGTERM", "SIGINT"] as const)(
  "it prints its addresses, serves, logs, and ends on %s with 0",
  async (signal) => {
    const process = run("--port", "0", "--mqtt-port", "0");
    const { http } = await ready(process);
    expect(process.output()).toContain(`http://127.0.0.1:${http}/xiaozhi/ota/`);
    expect((await fetch(`http://127.0.0.1:${http}/health`)).status).toBe(200);
    await fetch(`http://127.0.0.1:${http}/nowhere`);
    await expect.poll(process.output).toMatch(/^\d\d:\d\d:\d\d 404 GET \/nowhere$/m);
    process.child.kill(signal);
    expect(await process.exit).toBe(0);
  },
);

test("a default port that is taken gives way to a free one", async () => {
  const defaults = [8001, 1883] as const;
  const ours = await Promise.all(defaults.map(occupy));
  const { http, mqtt } = await ready(run());
  // Somebody else may have let go of one in between.
  if (ours[0]) expect(http).not.toBe(defaults[0]);
  if (ours[1]) expect(mqtt).not.toBe(defaults[1]);
  expect((await fetch(`http://127.0.0.1:${http}/health`)).status).toBe(200);
});

test.each(["--port", "--mqtt-port"])("a taken %s that was asked for is an error with exit code 1", async (option) => {
  const port = await occupy(0);
  const process = run("--port", "0", "--mqtt-port", "0", option, String(port));
  expect(await process.exit).toBe(1);
  expect(process.output()).toBe(`Port ${port} is in use. Choose another one.\n`);
});

test("--devices: it knows the factory's records", async () => {
  const folder = mkdtempSync(join(tmpdir(), "cloud-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "records.csv");
  writeFileSync(file, `mac_address,serial_number,hmac_key\n7C:DF:A1:00:00:01,SN-1,${"5e".repeat(32)}\n`);
  const process = run("--port", "0", "--mqtt-port", "0", "--devices", file);
  const { http } = await ready(process);
  const { devices } = (await (await fetch(`http://127.0.0.1:${http}/admin/state`)).json()) as { devices: unknown };
  expect(devices).toMatchObject([{ mac: "7C:DF:A1:00:00:01", serial: "SN-1", keyKnown: true }]);
  expect(process.output()).not.toContain("5e5e");
});

test.each([["--nonsense"], ["--port"], ["--port", "http"], ["--port", "65536"], ["--mqtt-port=-1"], ["word"]])(
  "bad arguments (%s %s) print the usage and exit with 2",
  async (...args) => {
    const process = run(...args.filter((argument) => argument !== undefined));
    expect(await process.exit).toBe(2);
    expect(process.output()).toContain("Usage: npm run cloud");
  },
);

test("--aws: a claim in the folder gets into an account, by the name that it prints", async () => {
  const folder = mkdtempSync(join(tmpdir(), "cloud-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const process = run("--port", "0", "--mqtt-port", "0", "--aws", folder);
  // Keys of RSA take long to make.
  await ready(process, 40_000);
  const port = Number(/Endpoint +localhost, port (\d+),/.exec(process.output())![1]);
  const read = (name: string) => readFileSync(join(folder, name), "utf8");
  expect(statSync(join(folder, "claim.key")).mode & 0o777).toBe(0o600);
  const tls = { ca: read("root.pem"), cert: read("claim.pem"), key: read("claim.key"), servername: "localhost" };
  const client = mqtt.connect({ protocol: "mqtts", host: "127.0.0.1", port, reconnectPeriod: 0, ...tls });
  onTestFinished(() => void client.end(true));
  const reply = new Promise<string>((done) => client.once("message", (topic) => done(topic)));
  await client.subscribeAsync("$aws/certificates/create/json/+", { qos: 1 });
  await client.publishAsync("$aws/certificates/create/json", "", { qos: 1 });
  expect(await reply).toBe("$aws/certificates/create/json/accepted");
  expect(process.output()).not.toContain("BEGIN");

  expect(process.output()).toMatch(/mosquitto_sub -h localhost -p \d+ --cafile \S+root.pem --cert \S+observer.pem /);
  const [cert, key] = [read("observer.pem"), read("observer.key")];
  const watching = { protocol: "mqtts", host: "127.0.0.1", port, reconnectPeriod: 0, ...tls, cert, key } as const;
  const observer = mqtt.connect({ ...watching, clientId: "observer" });
  onTestFinished(() => void observer.end(true));
  const heard = new Promise<string>((done) => observer.once("message", (topic) => done(topic)));
  await observer.subscribeAsync("devices/#", { qos: 1 });
  await mqtt.connect({ ...watching, clientId: "observer-2" }).publishAsync("devices/SN-OWN/control", "{}", { qos: 1 });
  expect(await heard).toBe("devices/SN-OWN/control");
  process.child.kill("SIGTERM");
  expect(await process.exit).toBe(0);
}, 180_000);

test("--help prints the usage and exits with 0", async () => {
  const process = run("--help");
  expect(await process.exit).toBe(0);
  expect(process.output()).toContain("Usage: npm run cloud");
});
