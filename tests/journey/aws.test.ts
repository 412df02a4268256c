/** From a blank board to a message of its permanent identity: each way to AWS IoT, as a person tries it with the mock account. */
import { generateKeyPairSync, X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { MockAws } from "../../mocks/aws/aws.js";
import { openDemo } from "../../mocks/aws/demo.js";
import type { AwsEvent } from "../../mocks/aws/events.js";
import { readFlash } from "../../mocks/device/state-file.js";
import type { VirtualDevice } from "../../mocks/device/virtual-device.js";
import { sendForm } from "../../mocks/phone.js";
import { fetchClaim, handOver, watch } from "../../tools/claim/claim.js";
import { readCredential } from "../../tools/factory/credential-files.js";
import { csvRows } from "../../tools/factory/rows.js";
import { runBatch } from "../../tools/factory/run.js";
import { readNvs } from "../../tools/nvs/nvs.js";
import { pause } from "../fair-time.js";
import { openDevice, portalUrl, STEP_MS, until, untilRestarting, WIFI } from "./support.js";

interface Stage {
  readonly aws: MockAws;
  readonly device: VirtualDevice;
  readonly folder: string;
  readonly lines: string[];
  /** Since the device has started. */
  readonly events: AwsEvent[];
}

/** The account, and a board with the factory's record for this way, its page open. */
async function openStage(serial: string): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), "aws-"));
  const { aws } = await openDemo(folder, () => {});
  onTestFinished(async () => {
    await aws.stop();
    rmSync(folder, { recursive: true });
  });
  const list = join(folder, "boards.csv");
  const made = await runBatch({
    ...{ batch: "aws", out: folder, serials: undefined, first: 1, openNetwork: true, recordsOnly: false },
    readCredential: (certificate, key) => readCredential(list, certificate, key),
    rows: () => csvRows(list, {}),
  });
  const device = openDevice({ nvs: readFileSync(join(made.folder, `${serial}.nvs.bin`)) });
  const lines: string[] = [];
  device.on("log", (line) => lines.push(line));
  device.on("state", (line) => lines.push(JSON.stringify(line)));
  const events: AwsEvent[] = [];
  aws.onEvent((event) => events.push(event));
  await device.start();
  await device.waitFor("portal", STEP_MS);
  return { aws, device, folder, lines, events };
}

/** What a person does: the Wi-Fi, the account's authority, and the address that the factory has put into the field. */
async function saveAsItStands({ aws, device }: Stage): Promise<void> {
  const page = await (await fetch(portalUrl(device))).text();
  const url = /name="url"[^>]*value="([^"]*)"/.exec(page)![1]!.replaceAll("&#38;", "&");
  expect((await sendForm(portalUrl(device), { ...WIFI, url, pem: aws.rootPem })).status).toBe(303);
}

/** Two messages from the device, sent with a certificate that is the account's or the device's own. */
async function untilHeard({ events, device }: Stage, clientId: string): Promise<void> {
  await device.waitFor("online", 2 * STEP_MS);
  const heard = () => events.filter((event) => event.type === "message" && event.clientId === clientId);
  await until("status and data", () => heard().length > 1, 2 * STEP_MS);
}

/** By what the factory has written, from the page to messages. */
async function setUp(stage: Stage, clientId: string): Promise<void> {
  await saveAsItStands(stage);
  await untilRestarting(stage.device);
  await untilHeard(stage, clientId);
}

/** What happened before it is forgotten. */
/** AWS IoT takes one CONNECT of a client id in a second, and a warm start is quicker. */
const BETWEEN_CONNECTS_MS = 1_000;

async function powerCycle(stage: Stage, clientId: string): Promise<void> {
  await pause(BETWEEN_CONNECTS_MS);
  await stage.device.powerCut();
  stage.events.length = 0;
  await stage.device.start();
  await untilHeard(stage, clientId);
}

/** No key, token or PEM on the console. */
function expectNoSecrets({ lines, folder }: Stage): void {
  const said = lines.join("\n");
  expect(said).not.toMatch(/-----BEGIN|demo-token/);
  for (const key of ["claim.key", "device.key"]) {
    const secret = readFileSync(join(folder, key), "utf8").split("\n")[2]!;
    expect(said).not.toContain(secret);
  }
}

test("by a certificate vending machine: bought once, over restarts, too", async () => {
  const stage = await openStage("SN-VENDING");
  await setUp(stage, "SN-VENDING");
  await powerCycle(stage, "SN-VENDING");
  expect(stage.aws.certificates.filter(({ origin }) => origin === "vending")).toMatchObject([
    { status: "ACTIVE", thing: "SN-VENDING" },
  ]);
  expect(stage.events.filter(({ type }) => type === "vended")).toEqual([]);
  expectNoSecrets(stage);
}, 180_000);

test("by claim: the factory's claim is exchanged for a certificate of a key that the board has made", async () => {
  const stage = await openStage("SN-CLAIM");
  await setUp(stage, "SN-CLAIM");
  await powerCycle(stage, "SN-CLAIM");
  const [own, ...others] = stage.aws.certificates.filter(({ origin }) => origin !== "account");
  expect(own).toMatchObject({ origin: "csr", status: "ACTIVE", thing: "SN-CLAIM" });
  expect(others).toEqual([]);
  expect(new X509Certificate(own!.pem).publicKey.asymmetricKeyDetails?.namedCurve).toBe("prime256v1");
  expect(stage.events.filter(({ type }) => type === "created")).toEqual([]);
  expectNoSecrets(stage);
}, 180_000);

const CSR = "$aws/certificates/create-from-csr/*";
const OTHERS = ["$aws/certificates/create/*", "$aws/provisioning-templates/fleet/provision/*"];

/** May connect, and publish to and subscribe to what it says. */
function policyFor(topics: readonly string[], filters: readonly string[]): object {
  const arns = (kind: string, names: readonly string[]) =>
    names.map((name) => `arn:aws:iot:us-east-1:123456789012:${kind}/${name}`);
  return {
    Version: "2012-10-17",
    Statement: [
      { Effect: "Allow", Action: "iot:Connect", Resource: "*" },
      { Effect: "Allow", Action: ["iot:Publish", "iot:Receive"], Resource: arns("topic", topics) },
      { Effect: "Allow", Action: "iot:Subscribe", Resource: arns("topicfilter", filters) },
    ],
  };
}

test.each([
  ["subscribe", OTHERS],
  ["publish", [...OTHERS, CSR]],
] as const)(
  "by a claim that may not %s to create-from-csr: the account makes the key",
  async (at, filters) => {
    const stage = await openStage("SN-CLAIM");
    stage.aws.putPolicy("claim", policyFor(OTHERS, filters));
    await setUp(stage, "SN-CLAIM");
    const refused = stage.events.flatMap((event) => (event.type === "refused" ? event.at : []));
    expect([...new Set(refused)]).toEqual([at]);
    expect(stage.aws.certificates.filter(({ origin }) => origin !== "account")).toMatchObject([
      { origin: "keys", status: "ACTIVE", thing: "SN-CLAIM" },
    ]);
    expect(stage.lines.join("\n")).toContain("CreateKeysAndCertificate takes its place");
    expectNoSecrets(stage);
  },
  180_000,
);

test("by a claim that may do nothing else than create-from-csr", async () => {
  const stage = await openStage("SN-CLAIM");
  const topics = [CSR, OTHERS[1]!];
  stage.aws.putPolicy("claim", policyFor(topics, topics));
  await setUp(stage, "SN-CLAIM");
  expect(stage.events.filter(({ type }) => type === "refused")).toEqual([]);
  expectNoSecrets(stage);
}, 180_000);

test("the certificate that a claim has brought rotates on request, and the next start is with the new one", async () => {
  const stage = await openStage("SN-CLAIM");
  const { aws, device, events } = stage;
  await setUp(stage, "SN-CLAIM");
  const [first] = aws.certificates.filter(({ origin }) => origin === "csr");
  events.length = 0;
  await aws.publish("devices/SN-CLAIM/control", JSON.stringify({ cmd: "rotate", template: "fleet", id: "r-1" }));
  const answer = () => events.find((event) => event.type === "message" && event.payload.includes('"r-1"'));
  await until("an answer", () => answer() !== undefined, 2 * STEP_MS);
  expect(JSON.parse(String((answer() as AwsEvent & { type: "message" }).payload))).toMatchObject({ ok: true });
  await until("a second certificate", () => events.some(({ type }) => type === "registered"), 4 * STEP_MS);
  const registered = events.find(({ type }) => type === "registered") as AwsEvent & { type: "registered" };
  const second = aws.certificates.find(({ id }) => id === registered.certificateId);
  expect([second?.id === first!.id, second?.origin]).toEqual([false, "csr"]);
  const [former, next] = [first!, second!].map(({ pem }) => new X509Certificate(pem).publicKey);
  expect(former!.equals(next!)).toBe(false);
  const isNew = (event: AwsEvent) => event.type === "connected" && event.certificateId === registered.certificateId;
  await until("a connection with it", () => events.some(isNew), 2 * STEP_MS);
  // Proven some seconds after it has connected; the former one is of no use from then on.
  await until("one slot", () => keysIn(device).filter((key) => key.startsWith("slot")).length === 1);
  aws.setStatus(first!.id, "INACTIVE");
  await powerCycle(stage, "SN-CLAIM");
  expect(events.filter(isNew)).toHaveLength(1);
  expect(events.filter(({ type }) => type === "refused")).toEqual([]);
  expectNoSecrets(stage);
}, 180_000);

test("by trusted user: the app's claim, handed over in one go, is spent and erased", async () => {
  const stage = await openStage("SN-TRUSTED");
  const { aws, device } = stage;
  const options = {
    ...{ accountUrl: aws.httpsUrl, authorityPem: aws.rootPem, endpoint: `localhost:${aws.mqttPort}` },
    ...{ templateName: "fleet", parameters: {}, portalUrl: portalUrl(device), ...WIFI },
  };
  await handOver(options, await fetchClaim(options));
  expect(await watch(options, 2 * STEP_MS)).toMatchObject({ phase: "done" });
  await untilHeard(stage, "SN-TRUSTED");
  // Proven some seconds after it has connected.
  await until("an erased claim", () => !keysIn(device).some((key) => key.startsWith("claim")));
  await device.powerCut();
  await device.start();
  await untilHeard(stage, "SN-TRUSTED");
  expectNoSecrets(stage);
}, 180_000);

test("root, a claim of P-256 and its key pasted together, and an answer with more in it than the device knows", async () => {
  const stage = await openStage("SN-TRUSTED");
  const { aws, device } = stage;
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { certificatePem } = aws.signCertificate(publicKey, ["claim"]);
  const answer = {
    thingName: "SN-TRUSTED",
    deviceConfiguration: { site: { hall: 1 }, none: null, dataTopic: "devices/SN-TRUSTED/own" },
    billing: [{ group: "x" }],
  };
  aws.faults.add("register", { kind: "answer", payload: JSON.stringify(answer) });
  const pem = aws.rootPem + certificatePem + privateKey.export({ type: "sec1", format: "pem" });
  const url = `mqtts://localhost:${aws.mqttPort}/fleet`;
  expect((await sendForm(portalUrl(device), { ...WIFI, url, pem })).status).toBe(303);
  await untilRestarting(device);
  await untilHeard(stage, "SN-TRUSTED");
  const topics = () => stage.events.flatMap((event) => (event.type === "message" ? event.topic : []));
  await until("a reading on its own topic", () => topics().includes("devices/SN-TRUSTED/own"), 2 * STEP_MS);
  expect(stage.lines.join("\n")).toContain("deviceConfiguration: 2 members are");
  expectNoSecrets(stage);
}, 180_000);

test("by its own certificate, with a key of P-256: the first connection registers it and is closed, the next ones work", async () => {
  const stage = await openStage("SN-OWN");
  await setUp(stage, "SN-OWN");
  const known = stage.events.filter(({ type }) => type === "just-in-time" || type === "refused");
  expect(known.slice(0, 2)).toMatchObject([
    { type: "just-in-time", outcome: "pending" },
    { type: "refused", at: "tls", why: "unknown" },
  ]);
  expect(stage.lines.join("\n")).toContain("it is registered, or pending");
  await powerCycle(stage, "SN-OWN");
  expect(stage.events.filter(({ type }) => type === "refused" || type === "just-in-time")).toEqual([]);
  expectNoSecrets(stage);
}, 180_000);

/** Of the agent's namespace, in flash. */
function keysIn({ stateFile }: VirtualDevice): string[] {
  return readNvs(readFlash(stateFile)!)
    .entries.filter(({ namespace }) => namespace === "agent")
    .map(({ key }) => key);
}
