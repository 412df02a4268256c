import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { readPage, watchTrial } from "../../mocks/phone.js";
import {
  fillIn,
  hurried,
  introduce,
  openCloud,
  openDevice,
  openOnlineDevice,
  portalUrl,
  STEP_MS,
  storedSecret,
  WIFI,
} from "./support.js";

const root = fileURLToPath(new URL("../..", import.meta.url));

function expectNone(output: string, secrets: string[]): void {
  expect(output.length).toBeGreaterThan(100);
  for (const secret of secrets) {
    expect(secret.length).toBeGreaterThan(7);
    expect(output.includes(secret), `a secret of ${secret.length} characters in the output`).toBe(false);
    expect(output.includes(encodeURIComponent(secret))).toBe(false);
    expect(output.includes(Buffer.from(secret).toString("base64"))).toBe(false);
  }
}

test.each(["xiaozhi", "device service"])(
  "%s: no secret in what device, pages and cloud say",
  async (protocol) => {
    const output: string[] = [];
    const cloud = await openCloud({ autoRegister: true, log: (line) => output.push(line) });
    const device = openDevice();
    device.on("state", (line) => output.push(JSON.stringify(line)));
    device.on("log", (line) => output.push(line));
    await device.start();
    introduce(cloud, device);
    await device.waitFor("portal", STEP_MS);
    const refused = await fillIn(device, "no address at all");
    output.push(await refused.text());
    await fillIn(device, protocol === "xiaozhi" ? cloud.xiaozhiUrl : cloud.url);
    output.push(await readPage(portalUrl(device)));
    if (protocol === "xiaozhi") {
      const { code } = await device.waitFor("activating", STEP_MS);
      cloud.enterCode(String(code));
    }
    output.push(JSON.stringify(await watchTrial(portalUrl(device), ["done"], STEP_MS)));
    output.push(await readPage(`${portalUrl(device)}done`));
    await hurried(device, () => device.waitFor("online", STEP_MS));
    // The password is changed behind its back: refusals are told, secrets are not.
    const mqttPassword = storedSecret(device, "password");
    await cloud.revoke(device.identity!.mac);
    cloud.kick(device.identity!.mac);
    await hurried(device, () => device.waitFor("provisioning", STEP_MS));
    cloud.sendControl(device.identity!.mac, { cmd: "portal" });
    output.push(JSON.stringify(cloud.state()), await (await fetch(`${cloud.url}/`)).text());
    expectNone(output.join("\n"), [WIFI.password, device.identity!.hmacKey, mqttPassword]);
  },
  180_000,
);

test("the portal with stored settings does not show the password", async () => {
  const cloud = await openCloud({ autoRegister: true });
  const device = await openOnlineDevice(cloud);
  cloud.sendControl(device.identity!.mac, { cmd: "portal" });
  await device.waitFor("portal", STEP_MS);
  const page = await readPage(portalUrl(device));
  expect(page).toContain(WIFI.ssid);
  expectNone(page, [WIFI.password, device.identity!.hmacKey, storedSecret(device, "password")]);
}, 180_000);

test("the demo's output holds none", async () => {
  const child = spawn(process.execPath, ["build/host/mocks/demo.js"], { cwd: root });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (data) => (output += data));
  const code = await new Promise((done) => child.on("close", done));
  expect(code, output).toBe(0);
  const password = /password: "(.*?)"/.exec(readFileSync(`${root}/mocks/demo.ts`, "utf8"))![1]!;
  expectNone(output, [password]);
  // Nothing that looks like a key: 32 bytes in hex or base64.
  expect(output).not.toMatch(/[0-9a-f]{64}|[A-Za-z0-9+/]{43}=/);
}, 180_000);
