/** docs/product.md, walked as a person walks it: the commands in processes of their own, the product outside the repository. */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { keyPem, pem } from "../../mocks/certificates.js";
import { MockCloud } from "../../mocks/cloud/cloud.js";
import { sendForm } from "../../mocks/phone.js";
import { ROOT } from "../../tools/sdk.js";
import { expectSentence, type Run, start } from "../commands/support.js";
import { authority, goodCertificate } from "../tls/identities.js";
import { filesOfDocument, newFolder, writeKettle } from "./kettle.js";

const MAC = "7C:DF:A1:00:00:07";
const WIFI = { ssid: "Home", password: "correct horse" };
const FILES = [".gitignore", "main.ts", "manifest.json", "tsconfig.json"];

async function begin(): Promise<string> {
  const folder = newFolder();
  const run = start("tools/new-cli", [folder]);
  expect(await run.exit, run.output()).toBe(0);
  return folder;
}

/** @returns what it says about types; empty: nothing is wrong with them */
function compile(folder: string): string {
  const { stdout } = spawnSync(join(ROOT, "node_modules/.bin/tsc"), ["-p", folder], { encoding: "utf8" });
  return stdout;
}

async function said(run: Run, pattern: RegExp): Promise<RegExpExecArray> {
  await expect.poll(() => run.output(), { timeout: 60_000 }).toMatch(pattern);
  return pattern.exec(run.output())!;
}

test("npm run new writes four files, and never over another", async () => {
  const folder = await begin();
  expect(readdirSync(folder).sort()).toEqual(FILES);
  expect(compile(folder)).toBe("");
  for (const file of FILES) {
    const other = newFolder();
    const first = start("tools/new-cli", [other]);
    await first.exit;
    for (const name of FILES) writeFileSync(join(other, name), `mine: ${name}`);
    const again = start("tools/new-cli", [other]);
    expect(await again.exit).toBe(1);
    expect(again.output()).toContain(`${file}`);
    expect(again.output()).toMatch(/has .* already: nothing was written\.\n$/);
    expect(readFileSync(join(other, file), "utf8")).toBe(`mine: ${file}`);
  }
}, 120_000);

test("what npm run new has written goes through the portal, and counts", async () => {
  const folder = await begin();
  const { cloud, messages } = await openCloud();
  const run = start("mocks/device/cli", ["--product", folder, "--mac", MAC]);
  const [, portal = ""] = await said(run, /^portal .*address="(http:[^"]*)"/m);
  expect((await sendForm(portal, { ...WIFI, url: cloud.url })).status).toBe(303);
  await said(run, /^online/m);
  await cloud.sendControl(MAC, { cmd: "count", id: 1, from: 41 });
  await expect.poll(() => messages.find((text) => text.includes('"cmd":"count"'))).toContain('"ok":true,"result":42');
  await expect.poll(() => messages.some((text) => text.startsWith('{"count":42'))).toBe(true);
}, 180_000);

async function openCloud(tls?: { key: string; cert: string }) {
  const cloud = new MockCloud({
    ...{ httpPort: 0, mqttPort: 0, rateLimited: false, autoRegister: true, topics: "more" as const },
    ...(tls && { tls, brokerTls: tls }),
  });
  await cloud.start();
  onTestFinished(() => cloud.stop());
  const messages: string[] = [];
  const topics: string[] = [];
  cloud.onMessage((topic, payload) => {
    topics.push(topic);
    messages.push(payload);
  });
  return { cloud, messages, topics };
}

test("the document's kettle: its types, its CA, its locked address, its command, its topics, its version", async () => {
  const root = authority("ec");
  const server = goodCertificate(root, "ec");
  const { cloud, messages, topics } = await openCloud({ key: keyPem(server), cert: pem(server) });
  const folder = await begin();
  expect([...filesOfDocument().keys()].sort()).toEqual([
    ...["esp32/heater.ts", "main.ts", "manifest.json", "simulator/heater.ts"],
  ]);
  writeKettle(folder, {}, { provisioningUrl: cloud.httpsUrl });
  writeFileSync(join(folder, "private-ca.der"), root.der);
  expect(compile(folder)).toBe("");

  const run = start("mocks/device/cli", ["--product", folder, "--mac", MAC]);
  const [, portal = ""] = await said(run, /^portal .*address="(http:[^"]*)"/m);
  // Nobody gives it an address: what is sent is not taken.
  expect((await sendForm(portal, { ...WIFI, url: "http://127.0.0.1:1/" })).status).toBe(303);
  await said(run, /^online/m);
  await expect.poll(() => messages.find((text) => text.includes('"firmware_version"'))).toContain('"1.0.0"');
  await expect.poll(() => messages.some((text) => text.includes('"sensor":"kettle","wantedC":0'))).toBe(true);

  await cloud.sendControl(MAC, { cmd: "heat", id: 1, celsius: 80 });
  await expect.poll(() => messages.some((text) => text.includes('"cmd":"heat"'))).toBe(true);
  const { result } = JSON.parse(messages.find((text) => text.includes('"cmd":"heat"'))!) as { result: object };
  expect(result).toMatchObject({ wantedC: 80, log: "sent", topics: expect.arrayContaining(["alarm", "log/debug"]) });
  await expect.poll(() => topics.filter((topic) => topic.endsWith("/log/debug"))).toHaveLength(1);
  await said(run, /heater: 80/);

  const base = topics.find((topic) => topic.endsWith("/data"))!.slice(0, -"/data".length);
  await cloud.publish(`${base}/alarm`, "boiling over");
  await said(run, /heater: 0/);
  expect(existsSync(join(folder, ".state/device.nvs.bin"))).toBe(true);
}, 180_000);

test.each<[string, (folder: string) => void, RegExp]>([
  ["no manifest", () => {}, /manifest\.json: there is no such manifest\.$/m],
  [
    "the agent alone in its place",
    (folder) => writeKettle(folder, { include: [join(ROOT, "manifest.json")] }),
    /includes .*manifest\.json, whose main\.ts takes the product's place: include .*agent.manifest\.json\.$/m,
  ],
  ["no agent", (folder) => writeKettle(folder, { include: [] }), /does not include .*nothing starts the agent\.$/m],
  [
    "a module that no manifest names",
    (folder) => writeKettle(folder, { platforms: {} }),
    /imports "heater": neither the manifest nor the virtual device has such a module\./,
  ],
  [
    "no JSON",
    (folder) => {
      writeKettle(folder);
      writeFileSync(join(folder, "manifest.json"), "{");
    },
    /manifest\.json is no JSON: /,
  ],
])("a product with %s: the virtual device says so", async (_what, write, sentence) => {
  const folder = newFolder();
  write(folder);
  const run = start("mocks/device/cli", ["--product", folder]);
  expect(await run.exit).toBe(1);
  expect(run.output()).toMatch(sentence);
  expectSentence(run.output());
});

test("types that are wrong are found", () => {
  const folder = newFolder();
  writeKettle(folder);
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ extends: join(ROOT, "tsconfig.product.json") }));
  writeFileSync(join(folder, "wrong.ts"), 'import { heatTo } from "heater";\nheatTo("hot");\nBuffer.of(1);\n');
  const output = compile(folder);
  expect(output).toContain("wrong.ts(2,8)");
  expect(output).toContain("Cannot find name 'Buffer'");
});
