/** docs/aws.md, "Try it without an account": the commands as they stand there, and a rotation. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import mqtt from "mqtt";
import { expect, onTestFinished, test } from "vitest";
import { readPage, sendForm } from "../../mocks/phone.js";
import { makeFolder, type Run, start } from "./support.js";

const timeout = 90_000;

async function said({ output }: Run, pattern: RegExp): Promise<string> {
  await expect.poll(output, { timeout }).toMatch(pattern);
  return pattern.exec(output())![1]!;
}

test("a board by claim comes online, and the observer's certificate has it rotate its own", async () => {
  const cwd = makeFolder();
  const cloud = start("mocks/commands/cloud", ["--port", "0", "--mqtt-port", "0", "--aws", "aws"], { cwd });
  const port = Number(await said(cloud, /Endpoint +localhost, port (\d+)/));
  const batch = ["--out", "aws/factory", "--batch", "demo", "--csv", "aws/boards.csv"];
  expect(await start("tools/factory/cli", batch, { cwd }).exit).toBe(0);
  const device = start("mocks/device/cli", ["--factory", "aws/factory/demo/SN-CLAIM.nvs.bin"], { cwd });
  const portal = await said(device, /^portal .*address="([^"]+)"/m);
  const read = (name: string) => readFileSync(join(cwd, "aws", name), "utf8");
  const [, url = ""] = /name="url"[^>]*value="([^"]*)"/.exec(await readPage(portal)) ?? [];
  const fields = { ssid: "Home", password: "correct horse", url, pem: read("root.pem") };
  expect((await sendForm(portal, fields)).status).toBe(303);
  await said(device, /^(online)/m);

  const tls = { ca: read("root.pem"), cert: read("observer.pem"), key: read("observer.key") };
  const observer = mqtt.connect({ protocol: "mqtts", host: "localhost", port, clientId: "observer-2", ...tls });
  onTestFinished(() => void observer.end(true));
  const heard: string[] = [];
  observer.on("message", (_topic, payload) => heard.push(payload.toString()));
  await observer.subscribeAsync("devices/#", { qos: 1 });
  await observer.publishAsync("devices/SN-CLAIM/control", '{"cmd":"rotate","template":"fleet"}', { qos: 1 });
  await expect.poll(() => heard, { timeout }).toContain('{"cmd":"rotate","ok":true}');
  const page = async () => (await fetch(await said(cloud, /Open in a browser +(\S+)/))).text();
  await expect.poll(page, { timeout }).toMatch(/SN-CLAIM.*Online.*AWS IoT.*devices\/SN-CLAIM\/status/s);
  expect(await page()).not.toContain("observer-2");
  const certificate = () => [...cloud.output().matchAll(/created: .* certificateId (\w+)/g)].map(([, id]) => id);
  await expect.poll(certificate, { timeout }).toHaveLength(2);
  await said(cloud, new RegExp(`(connected): clientId SN-CLAIM, certificateId ${certificate()[1]}`));
}, 240_000);
