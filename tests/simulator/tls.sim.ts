import { createServer as createHttpServer } from "node:http";
import { createServer } from "node:https";
import { type AddressInfo, connect, createServer as createTcpServer, type Server } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { Aedes } from "aedes";
import { afterEach, expect, test } from "vitest";
import { OWN_COMMANDS } from "../../agent/session/commands.js";
import { type Identity, keyPem, makeCertificate, pem } from "../../mocks/certificates.js";
import { MockCloud } from "../../mocks/cloud/cloud.js";
import { sendForm, watchTrial } from "../../mocks/phone.js";
import { MAX_ANSWER_BYTES } from "../../modules/http/http.js";
import { failureOf } from "../../modules/tls/ends.js";
import type { Simulator } from "../../tools/simulator.js";
import { DATA, HANDSHAKE, type Records, recordServer } from "../c/proxy.js";
import { State } from "../tls/cases.js";
import { ANCHORS, CHAINS, KEYS, RIGHTS } from "../tls/chains.js";
import {
  flightWith,
  forgedHandshake,
  hugeCertificates,
  longRecord,
  rawServer,
  spoilingProxy,
  twoRecordServer,
} from "../tls/hostile.js";
import { authority, badCertificates, goodCertificate } from "../tls/identities.js";
import { FACTORY, HALF, type Heap, MAC, openApp, Watch } from "./app.js";
import { type Asked, askAll } from "./ask-all.js";

const servers: Server[] = [];
let simulator: Simulator;

let cloud: MockCloud | undefined;

afterEach(async () => {
  await simulator?.stop();
  await cloud?.stop();
  for (const server of servers.splice(0)) server.close();
});

/** Answers with as many bytes as it got. */
async function serve(chain: readonly Identity[], options: object = {}): Promise<string> {
  const identity = { key: keyPem(chain[0]!), cert: pem(...chain) };
  const server = createServer({ ...identity, ...options }, async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    response.end(Buffer.concat(parts));
  });
  server.on("tlsClientError", () => {});
  return `https://127.0.0.1:${await listen(server)}/`;
}

async function serveBroker(chain: readonly Identity[], options: object): Promise<number> {
  const aedes = await Aedes.createBroker();
  const identity = { key: keyPem(chain[0]!), cert: pem(...chain) };
  const server = createTlsServer({ ...identity, ...options }, (socket) => aedes.handle(socket));
  server.on("tlsClientError", () => {});
  return listen(server);
}

async function listen(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return (server.address() as AddressInfo).port;
}

/** Answers in so many chunks of one byte. */
const inChunks = (count: number): Server =>
  createHttpServer((request, response) => {
    request.resume();
    response.writeHead(200, { "transfer-encoding": "chunked" });
    for (let chunk = 0; chunk < count; chunk++) response.write("x");
    response.end();
  });

/** Fewer than a handshake with a certificate of RSA-2048 has. */
const HANDSHAKE_BYTES = 1_200;

/** Ends the connection when the server has said so much. */
const cutting = (port: number, bytes: number): Server =>
  createTcpServer((client) => {
    let left = bytes;
    const upstream = connect(port, "127.0.0.1").on("error", () => {});
    client.on("error", () => {}).pipe(upstream, { end: false });
    client.on("close", () => upstream.destroy());
    upstream.on("data", (data: Buffer) => {
      client.write(data.subarray(0, left));
      left = Math.max(0, left - data.length);
      if (left === 0) client.end();
    });
  });

/** What a server says behind the handshake, in records of its own making. */
function talks(): [name: string, answer: string, (records: Records) => void][] {
  const answer = (bytes: number) =>
    Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${bytes}\r\n\r\n${"x".repeat(bytes)}`);
  const helloRequest = Buffer.from([0, 0, 0, 0]);
  return [
    ["records of one byte", "200 10", (one) => answer(10).forEach((byte) => void one.send(DATA, Buffer.of(byte)))],
    ["one record of 16 kB", `200 ${MAX_ANSWER_BYTES}`, (one) => one.send(DATA, padded(answer(MAX_ANSWER_BYTES)))],
    [
      "a wish for a new handshake",
      "200 10",
      (one) => {
        one.send(HANDSHAKE, helloRequest);
        one.send(DATA, answer(10));
      },
    ],
  ];
}

/** As long as a record may be: what stands behind an answer nobody reads. */
const padded = (answer: Buffer): Buffer => Buffer.concat([answer, Buffer.alloc(16_384 - answer.length)]);

interface Told {
  readonly name: string;
  readonly answer: string;
  readonly durationMs: number;
  readonly before: Heap;
  readonly after: Heap;
  readonly stackBytes: number;
}

/** What is asked, in order: name, URL, bytes; what has to come of it; and what the forger got to hear. */
async function questions() {
  const rsa = authority("rsa");
  const ec = authority("ec");
  const p384 = authority("p384");
  const good = goodCertificate(rsa, "rsa");
  const middle = makeCertificate({ subject: "Middle", issuer: p384, keyType: "ec", isAuthority: true });
  const asked: Asked[] = [];
  const expected: string[] = [];
  const ask = async (name: string, answer: string, chain: readonly Identity[], bytes = 100, options = {}) => {
    asked.push([name, await serve(chain, options), bytes]);
    expected.push(`${name}: ${answer}`);
  };
  await ask("first", "200 100", [good]);
  for (const [name, reason, certificate] of badCertificates(rsa, "rsa")) {
    await ask(`RSA, ${name}`, reason, [certificate]);
    await ask("good", "200 100", [good]);
  }
  for (const [name, reason, certificate] of badCertificates(ec, "ec")) await ask(`EC, ${name}`, reason, [certificate]);
  await ask("EC", "200 100", [goodCertificate(ec, "ec")]);
  await ask("EC over an intermediate of P-384", "200 100", [goodCertificate(middle, "ec"), middle]);
  const mine = makeCertificate({ subject: "server", names: ["127.0.0.1"] });
  await ask("before a good chain", "tls-untrusted", [mine, goodCertificate(middle, "ec"), middle]);
  const suites = ["AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305"].map((suite) => `ECDHE-RSA-${suite}`);
  for (const ciphers of suites) await ask(ciphers, "200 100", [good], 100, { ciphers });
  for (const ciphers of ["AES128-GCM-SHA256", "ECDHE-RSA-AES128-SHA256"])
    await ask(ciphers, "tls-nothing-in-common", [good], 100, { ciphers });
  const old = { minVersion: "TLSv1.1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" };
  await ask("TLS 1.1 only", "tls-nothing-in-common", [good], 100, old);
  await ask("TLS 1.3 only", "tls-nothing-in-common", [good], 100, { minVersion: "TLSv1.3" });
  const demanding = { requestCert: true, rejectUnauthorized: true, ca: pem(rsa), maxVersion: "TLSv1.2" };
  await ask("wants a certificate", "tls-certificate-wanted", [good], 100, demanding);
  const askRaw = async (name: string, answer: string, server: Server, scheme = "https") => {
    asked.push([name, `${scheme}://127.0.0.1:${await listen(server)}/`, 100]);
    expected.push(`${name}: ${answer}`);
  };
  for (const [name, certificate] of hugeCertificates())
    await askRaw(name, "tls-untrusted", rawServer(flightWith(certificate)).server);
  const names = [...Array<string>(1_500).fill(""), "127.0.0.1"];
  await ask("1,500 names", "200 100", [makeCertificate({ subject: "server", issuer: rsa, names })]);
  const { server, heard } = rawServer(forgedHandshake(good));
  await askRaw("a forged key exchange", "tls-failed", server);
  const body = "0123456789";
  const fields = `Content-Length: ${body.length}\r\n`;
  const spoilt = spoilingProxy(await listen(twoRecordServer(good, fields, body)));
  await askRaw("a spoilt record", "connection-lost", spoilt);
  await askRaw("a record of 32,700 bytes", "tls-failed", rawServer(longRecord).server);
  for (const [name, answer, talk] of talks()) {
    asked.push([name, `https://127.0.0.1:${await recordServer([goodCertificate(ec, "ec")], talk)}/`, 100]);
    expected.push(`${name}: ${answer}`);
  }
  const port = await listen(createTlsServer({ key: keyPem(good), cert: pem(good), maxVersion: "TLSv1.2" }));
  for (let bytes = 1; bytes < HANDSHAKE_BYTES; bytes += 97)
    await askRaw(`closed after ${bytes} bytes`, "tls-failed", cutting(port, bytes));
  await askRaw("two records", `200 ${body.length}`, twoRecordServer(good, fields, body));
  await askRaw("an end without a length", "connection-lost", twoRecordServer(good, "", body));
  await askRaw("1,000 chunks of one byte", "200 1000", inChunks(1_000), "http");
  const askBroker = async (name: string, answer: string, chain: readonly Identity[], options = {}) => {
    asked.push([name, `mqtts://127.0.0.1:${await serveBroker(chain, options)}`, 700]);
    expected.push(`${name}: ${answer}`);
  };
  const conversation = "connected 0 700 acknowledged acknowledged";
  await askBroker("broker", conversation, [good]);
  for (const ciphers of suites) await askBroker(`broker, ${ciphers}`, conversation, [good], { ciphers });
  for (const [name, reason, certificate] of badCertificates(rsa, "rsa")) {
    await askBroker(`broker, RSA, ${name}`, reason, [certificate]);
    await askBroker("good broker", conversation, [good]);
  }
  for (const [name, reason, certificate] of badCertificates(ec, "ec"))
    await askBroker(`broker, EC, ${name}`, reason, [certificate]);
  await askBroker("EC broker over an intermediate of P-384", conversation, [goodCertificate(middle, "ec"), middle]);
  await ask("4,000 bytes", "200 4000", [good], 4_000);
  await ask("last", "200 100", [good]);
  // One way to trust each, and somebody in the portal's that nobody asks for.
  const given = [authority("rsa", "Another one"), ec, rsa].map(({ der }) => der.toString("base64"));
  return { authorities: p384.der, given, asked, expected, heard };
}

test("the chains that the C core is held against, with half of the chip's heap", async () => {
  const asked: Asked[] = [];
  const expected: string[] = [];
  for (const [name, state, chain, trust] of [...CHAINS, ...ANCHORS, ...RIGHTS, ...KEYS]) {
    // Node offers SHA-1 and RSA of 1,024 bits to who asks for it so.
    const url = await serve(chain, { ciphers: "DEFAULT@SECLEVEL=0" });
    asked.push([name, url, 100, [trust].flat().map(({ der }) => der.toString("base64"))]);
    expected.push(`${name}: ${state === State.OPEN ? "200 100" : failureOf(state).reason}`);
  }
  const parts = { name: "tls-chains", config: { urls: asked, given: [] } };
  const { told, watch } = await askAll<Told>(parts, expected, (opened) => {
    simulator = opened;
  });
  expect(watch.aborts).toEqual([]);
  expect(told.at(-1)!.after.slots - told[1]!.after.slots).toBeLessThan(50);
});

test("good and bad certificates in turn, with half of the chip's heap", async () => {
  const { authorities, given, asked, expected, heard } = await questions();
  const parts = { name: "tls", config: { urls: asked, given }, authorities };
  const { told, watch } = await askAll<Told>(parts, expected, (opened) => {
    simulator = opened;
  });
  expect(Buffer.concat(heard).toString("latin1")).not.toMatch(/POST/);
  expect(watch.aborts).toEqual([]);
  // What an exchange leaves behind would add up.
  expect(told.at(-1)!.after.slots - told[1]!.after.slots).toBeLessThan(50);
  expect(told.at(-1)!.after.chunkBytes - told[1]!.after.chunkBytes).toBeLessThan(1_000);
});

/** Portal and handshake at the same time, and as many authorities as the portal takes: not much of the heap is left. */
test("from a blank board to the broker with both over TLS, by an authority that the portal was given, with half of the chip's heap", async () => {
  const root = authority("p384");
  const middle = makeCertificate({ subject: "Middle", issuer: root, keyType: "ec", isAuthority: true });
  const server = goodCertificate(middle, "ec");
  const devices = [{ mac: MAC, serial: FACTORY.serial, hmacKeyHex: FACTORY.hmac_key }];
  const identity = { key: keyPem(server), cert: pem(server, middle) };
  cloud = new MockCloud({ devices, tls: identity, brokerTls: identity });
  await cloud.start();
  const app = await openApp();
  simulator = app.simulator;
  const watch = new Watch(simulator);
  await simulator.start();
  await watch.untilState("portal");
  const url = `${cloud.httpsUrl}/xiaozhi/ota/`;
  const form = { ssid: "baja", password: "simulated", url };
  const others = Array.from({ length: 3 }, (_, index) => authority("rsa", `Another one ${index}`));
  await sendForm(app.portal, { ...form, pem: pem(...others) });
  expect(await watchTrial(app.portal, ["failed"], 60_000)).toMatchObject({ failure: { reason: "tls-untrusted" } });
  await sendForm(app.portal, { ...form, pem: pem(others[0]!, others[1]!, root) });
  await watch.untilState("activating");
  const { code } = watch.states.find(({ state }) => state === "activating")!;
  expect(cloud.enterCode(String(code)).bound).toBe(true);
  await watchTrial(app.portal, ["done"], 60_000);
  await watch.untilState("online");
  const gateway = cloud.gateway(MAC)!;
  await watch.until("tools", () => gateway.tools.length === OWN_COMMANDS.length);
  console.log(JSON.stringify({ memory: HALF, alive: { "online over TLS": await watch.settledHeap() } }));
});
