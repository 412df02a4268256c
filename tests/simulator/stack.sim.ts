/**
 * How deep the stack gets by each protocol, over http and https, at a name and at an address: in the portal, and in the
 * field, where stored settings are all that a start has. What overflows it ends the machine.
 */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { MockAws } from "../../mocks/aws/aws.js";
import { openDemo } from "../../mocks/aws/demo.js";
import { keyPem, makeCertificate, pem } from "../../mocks/certificates.js";
import { MockCloud } from "../../mocks/cloud/cloud.js";
import { readPage, sendForm, watchTrial } from "../../mocks/phone.js";
import { readCredential } from "../../tools/factory/credential-files.js";
import type { Simulator } from "../../tools/simulator.js";
import { authority } from "../tls/identities.js";
import { appOf, FACTORY, MAC, openBoard, Watch } from "./app.js";
import { STACK_LIMIT_SLOTS, TLS_STACK_LIMIT_SLOTS } from "./budgets.js";
import { loopbackName } from "./loopback-name.js";

const ADDRESS = "127.0.0.1";
const TOKEN = "secret-token-0123456789";
const WIFI = { ssid: "baja", password: "simulated" };
const root = authority("rsa");

let name: string;
let app: string;
let simulator: Simulator | undefined;
let stop: (() => Promise<void>) | undefined;
/** What was done, and the most slots that it took. */
const deepest: [what: string, slots: number][] = [];

beforeAll(async () => {
  name = await loopbackName();
  app = await appOf();
});

afterEach(async () => {
  await simulator?.stop();
  await stop?.();
  stop = undefined;
});

afterAll(() => {
  for (const [what, slots] of deepest) console.log(`${String(slots).padStart(4)} slots: ${what}`);
});

interface Way {
  /** Of the page's form. */
  readonly fields: Record<string, string>;
  /** What is sent before and fails: the authority and the document do not fit into the field together. */
  readonly first?: Record<string, string>;
  readonly enterCode?: (code: string) => void;
  /** What the service says that it does. */
  readonly log?: readonly string[];
  readonly blobs?: Readonly<Record<string, Uint8Array>>;
  /** Its credentials come with its certificate: the field asks nobody. */
  readonly asksOnce?: boolean;
}

async function cloudWay(host: string, isTls: boolean, path: string, protocol: string): Promise<Way> {
  const server = makeCertificate({ subject: "server", issuer: root, names: [ADDRESS, name] });
  const tls = { key: keyPem(server), cert: pem(server) };
  // Version 1 signs nothing: of a device whose key it knows the server wants more.
  const devices =
    protocol === "activation-v1" ? [] : [{ mac: MAC, serial: FACTORY.serial, hmacKeyHex: FACTORY.hmac_key }];
  const log: string[] = [];
  const cloud = new MockCloud({ devices, log: (line) => log.push(line), ...(isTls && { tls, brokerTls: tls }) });
  await cloud.start();
  stop = () => cloud.stop();
  cloud.register(MAC);
  const url = new URL(isTls ? cloud.httpsUrl : cloud.url);
  const fields = { url: `${url.protocol}//${host}:${url.port}${path}`, protocol, ...(isTls && { pem: pem(root) }) };
  return { fields, enterCode: (code) => void cloud.enterCode(code), log };
}

async function vendingWay(serverKey: "rsa" | "ec"): Promise<Way> {
  const aws = new MockAws({ endpoint: name, serverKey });
  aws.addVendingDevice({ dialect: "awslabs", serial: FACTORY.serial, token: TOKEN });
  await aws.start();
  stop = () => aws.stop();
  const { certificatePem, privateKey } = await aws.createCertificate([]);
  const expiration = Math.round(Date.now() / 1000) + 300;
  const document = JSON.stringify({ certificatePem, privateKey, expiration, deviceToken: TOKEN });
  const url = `${aws.httpsUrl}/Prod/getcert#${name}:${aws.mqttPort}`;
  return { first: { url, pem: aws.rootPem }, fields: { url, pem: document }, asksOnce: true };
}

/** By the factory's own certificate, or by its claim. */
async function awsWay(origin: "device" | "claim"): Promise<Way> {
  const folder = mkdtempSync(join(tmpdir(), "aws-"));
  const { aws } = await openDemo(folder, () => {}, name);
  stop = async () => {
    await aws.stop();
    rmSync(folder, { recursive: true });
  };
  const { certificates, key } = readCredential(join(folder, "boards.csv"), `${origin}.pem`, `${origin}.key`);
  return {
    fields: { url: `mqtts://${name}:${aws.mqttPort}${origin === "claim" ? "/fleet" : ""}`, pem: aws.rootPem },
    blobs: { [`${origin}_cert`]: certificates, [`${origin}_key`]: key },
    asksOnce: true,
  };
}

const protocols: [protocol: string, path: string][] = [
  ["automatic", ""],
  ["automatic", "/xiaozhi/ota/"],
  ["device-service", ""],
  ["activation-v1", "/xiaozhi/ota/"],
  ["activation-v2", "/xiaozhi/ota/"],
];

const named = (isNamed: boolean) => (isNamed ? name : ADDRESS);
const urlOf = (isTls: boolean, isNamed: boolean, path: string) =>
  `${isTls ? "https" : "http"}://${isNamed ? "name" : "address"}${path}`;

test("in the portal: each protocol over http and https at a name and at an address", async () => {
  const board = await openBoard(app);
  simulator = board.simulator;
  const watch = new Watch(simulator);
  await simulator.start();
  await watch.untilState("portal");
  // Read once: a page that shows what works keeps it.
  const token = /name="token" value="([0-9a-f]+)"/.exec(await readPage(board.portal))![1]!;
  const all = protocols.flatMap(([protocol, path]) =>
    [false, true].flatMap((isTls) => [true, false].map((isNamed) => ({ protocol, path, isTls, isNamed }))),
  );
  for (const { protocol, path, isTls, isNamed } of all) {
    const what = `${protocol}, ${urlOf(isTls, isNamed, path)}`;
    const { fields, log } = await cloudWay(named(isNamed), isTls, path, protocol);
    watch.states.length = 0;
    const body = new URLSearchParams({ token, ...WIFI, ...fields });
    expect((await fetch(board.portal, { method: "POST", body, redirect: "manual" })).status, what).toBe(303);
    const got = () => log!.some((line) => /settings sent|got its settings/.test(line));
    const waits = () => watch.states.some(({ state }) => state === "activating");
    await watch.until(`code or settings: ${what}`, () => got() || waits());
    // Nobody looks at the page and nobody enters the code: nothing is kept, and the next one can be tried.
    const slots = await watch.deepestStack();
    deepest.push([`portal, ${what}`, slots]);
    expect(slots, what).toBeLessThan(isTls ? TLS_STACK_LIMIT_SLOTS : STACK_LIMIT_SLOTS);
    await stop?.();
    stop = undefined;
  }
});

const ways: [what: string, isTls: boolean, open: () => Promise<Way>][] = [
  ["automatic, https", true, () => cloudWay(ADDRESS, true, "", "automatic")],
  ["device service, http", false, () => cloudWay(name, false, "", "device-service")],
  ["activation v1, http", false, () => cloudWay(ADDRESS, false, "/xiaozhi/ota/", "activation-v1")],
  ["activation v2, https", true, () => cloudWay(name, true, "/xiaozhi/ota/", "activation-v2")],
  ["mqtts, the factory's certificate", true, () => awsWay("device")],
  ["mqtts, the factory's claim", true, () => awsWay("claim")],
  ["vending", true, () => vendingWay("rsa")],
];

test.each(ways)("from the portal to online, and again in the field: %s", async (what, isTls, open) => {
  const { fields, first, enterCode, blobs, asksOnce } = await open();
  const board = await openBoard(app, { ...(blobs && { blobs }) });
  simulator = board.simulator;
  const limit = isTls ? TLS_STACK_LIMIT_SLOTS : STACK_LIMIT_SLOTS;
  const portal = new Watch(simulator);
  await simulator.start();
  await portal.untilState("portal");
  if (first) {
    await sendForm(board.portal, { ...WIFI, ...first });
    await portal.unlessAborted(watchTrial(board.portal, ["failed"], 60_000));
  }
  expect((await sendForm(board.portal, { ...WIFI, ...fields })).status).toBe(303);
  let status = await portal.unlessAborted(watchTrial(board.portal, ["activating", "done", "failed"], 60_000));
  if (status.phase === "activating") {
    enterCode!(status.shown.code);
    status = await portal.unlessAborted(watchTrial(board.portal, ["done", "failed"], 60_000));
  }
  expect(status, JSON.stringify(status)).toMatchObject({ phase: "done" });
  const inPortal = await portal.deepestStack();
  deepest.push([`portal, ${what}`, inPortal]);

  // What was seen to work is kept at once; in the field the service is asked again.
  if (!asksOnce) forget(board.folder, /\.agent\.credentials/);
  const field = new Watch(simulator);
  await simulator.powerCycle();
  await field.untilState("online");
  const inField = await field.deepestStack();
  deepest.push([`field, ${what}`, inField]);
  expect(field.states.some(({ state }) => state === "provisioning")).toBe(!asksOnce);
  expect(inPortal).toBeLessThan(limit);
  expect(inField).toBeLessThan(limit);

  // The fifth crash in a row.
  writeFileSync(join(board.folder, "esp32-online.agent.starts"), JSON.stringify("cpppp"));
  const safe = new Watch(simulator);
  await simulator.powerCycle("panic");
  await safe.until("broker", () => safe.states.some(({ state, broker }) => state === "safe" && broker !== undefined));
  const whenSafe = await safe.deepestStack();
  deepest.push([`safe, ${what}`, whenSafe]);
  expect(whenSafe).toBeLessThan(limit);
  expect(safe.states.every(({ state }) => state === "safe")).toBe(true);
});

function forget(folder: string, what: RegExp): void {
  for (const file of readdirSync(folder)) if (what.test(file)) rmSync(join(folder, file));
}

test("nothing behind the address, each protocol in turn", async () => {
  const board = await openBoard(app);
  simulator = board.simulator;
  const watch = new Watch(simulator);
  await simulator.start();
  await watch.untilState("portal");
  const port = await closedPort();
  const authorities = pem(root);
  const urls = protocols.flatMap(([protocol, path]) =>
    (protocol === "automatic" ? ["http", "https"] : ["https"]).flatMap((scheme) =>
      [name, ADDRESS].map((host) => ({ protocol, url: `${scheme}://${host}:${port}${path}` })),
    ),
  );
  for (const fields of [...urls, { protocol: "automatic", url: `mqtts://${name}:${port}` }]) {
    expect((await sendForm(board.portal, { ...WIFI, ...fields, pem: authorities })).status).toBe(303);
    const status = await watch.unlessAborted(watchTrial(board.portal, ["failed", "done"], 60_000));
    expect([fields, status]).toMatchObject([fields, { phase: "failed" }]);
    const slots = await watch.deepestStack();
    deepest.push([`portal, closed, ${fields.protocol}, ${fields.url.replace(/:\d+/, "")}`, slots]);
    expect(slots).toBeLessThan(STACK_LIMIT_SLOTS);
  }
});

test("nothing behind the address of stored settings, over https with automatic detection", async () => {
  const way = await cloudWay(ADDRESS, true, "", "automatic");
  const board = await openBoard(app);
  simulator = board.simulator;
  const portal = new Watch(simulator);
  await simulator.start();
  await portal.untilState("portal");
  await sendForm(board.portal, { ...WIFI, ...way.fields });
  await portal.unlessAborted(watchTrial(board.portal, ["done"], 60_000));
  forget(board.folder, /\.agent\.(?:credentials|habits)/);
  await stop?.();
  stop = undefined;
  const field = new Watch(simulator);
  await simulator.powerCycle();
  await field.untilState("failed");
  const slots = await field.deepestStack();
  deepest.push(["field, a closed port over https, automatic", slots]);
  expect(slots).toBeLessThan(TLS_STACK_LIMIT_SLOTS);
});

async function closedPort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, ADDRESS, done));
  const { port } = server.address() as { port: number };
  await new Promise((done) => server.close(done));
  return port;
}
