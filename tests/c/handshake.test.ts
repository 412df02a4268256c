/** Servers that the core can speak with and cannot, and a handshake that is cut or spoilt at many of its bytes. */
import type { TlsOptions } from "node:tls";
import { describe, expect } from "vitest";
import { Random } from "../../tools/fuzz/random.js";
import { type Fields, KNOWN, State } from "../tls/cases.js";
import { authority, server } from "../tls/chain-parts.js";
import { ECDHE, hello, PLAIN_RSA, record } from "../tls/records.js";
import { coreTest, openCore } from "./core.js";
import { ALERT, HANDSHAKE, proxy } from "./proxy.js";
import { listening, onFirstBytes, serve, tlsServer } from "./servers.js";

const core = openCore();
const root = authority();
const chain = [server(root)];
const rsaRoot = authority("Root", { keyType: "rsa" });
const rsaChain = [server(rsaRoot, { keyType: "rsa" })];

const connect = (port: number, fields: Fields = {}) =>
  core.connect(port, { trust: root.der, forget: 1, ...KNOWN, ...fields });
const HELLO = { send: Buffer.from("hello"), expect: 5 };
const HEARD = { state: State.OPEN, plain: "68656c6c6f" };

describe("suites and versions", () => {
  coreTest.each(
    ["AES128-GCM-SHA256", "AES256-GCM-SHA384", "CHACHA20-POLY1305"].flatMap((cipher) => [
      [`ECDHE-ECDSA-${cipher}`, root, chain] as const,
      [`ECDHE-RSA-${cipher}`, rsaRoot, rsaChain] as const,
    ]),
  )("%s", async (ciphers, { der }, chain) => {
    const port = await serve(chain, { ciphers });
    expect(await connect(port, { trust: der, ...HELLO })).toMatchObject({ ...HEARD, roundTrips: 2 });
  });

  coreTest.each<[name: string, TlsOptions]>([
    ["TLS 1.1 alone", { maxVersion: "TLSv1.1" }],
    ["a suite without forward secrecy", { ciphers: "AES128-GCM-SHA256" }],
    ["a suite of CBC", { ciphers: "ECDHE-RSA-AES128-SHA256" }],
    ["a suite for a key that it has not", { ciphers: "ECDHE-ECDSA-AES128-GCM-SHA256" }],
  ])("%s: nothing in common", async (_name, options) => {
    const port = await serve(rsaChain, { ciphers: "ALL:@SECLEVEL=0", ...options });
    expect(await connect(port, { trust: rsaRoot.der })).toMatchObject({ state: State.NOTHING_IN_COMMON });
  });

  coreTest("TLS 1.3 alone: nothing in common", async () => {
    const port = await serve(chain, { minVersion: "TLSv1.3" });
    expect(await connect(port)).toMatchObject({ state: State.NOTHING_IN_COMMON });
  });

  coreTest("the protocol that it asks for", async () => {
    const asked: unknown[] = [];
    const tls = tlsServer(chain, { ALPNProtocols: ["x-amzn-mqtt-ca"] });
    tls.on("secureConnection", ({ alpnProtocol, servername }) => asked.push(alpnProtocol, servername));
    const port = await listening(tls);
    expect(await connect(port, { ...HELLO, protocol: "x-amzn-mqtt-ca" })).toMatchObject(HEARD);
    expect(await connect(port, HELLO)).toMatchObject(HEARD);
    expect(asked).toEqual(["x-amzn-mqtt-ca", "device.example", false, "device.example"]);
  });

  coreTest("an address is not asked for by name", async () => {
    const asked: unknown[] = [];
    const tls = tlsServer([server(root, { names: ["127.0.0.1"] })]);
    tls.on("secureConnection", ({ servername }) => asked.push(servername));
    expect(await connect(await listening(tls), { ...HELLO, host: "127.0.0.1" })).toMatchObject(HEARD);
    expect(asked).toEqual([false]);
  });
});

describe("in place of a handshake", () => {
  const alert = (level: number, description: number) => record(ALERT, Buffer.from([level, description]));
  coreTest.each<[name: string, state: number, Buffer]>([
    ["plain HTTP", State.FAILED, Buffer.from("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")],
    ["SSH", State.FAILED, Buffer.from("SSH-2.0-OpenSSH_9.2\r\n")],
    ["zeros", State.FAILED, Buffer.alloc(100)],
    ["a record that announces 32,700 bytes", State.FAILED, Buffer.from([HANDSHAKE, 3, 3, 127, 188])],
    ["a suite that nobody asked for", State.FAILED, record(HANDSHAKE, hello(PLAIN_RSA))],
    ["a hello of TLS 1.1", State.NOTHING_IN_COMMON, record(HANDSHAKE, hello(ECDHE, 0x0302))],
    ["handshake_failure", State.NOTHING_IN_COMMON, alert(2, 40)],
    ["protocol_version", State.NOTHING_IN_COMMON, alert(2, 70)],
    ["insufficient_security", State.NOTHING_IN_COMMON, alert(2, 71)],
    ["internal_error", State.ALERT - 80, alert(2, 80)],
    ["unrecognized_name", State.ALERT - 112, alert(2, 112)],
    ["close_notify", State.CLOSED, alert(1, 0)],
    ["data", State.FAILED, record(23, Buffer.from("hello"))],
    ["half an alert", State.FAILED, record(ALERT, Buffer.from([2]))],
  ])("%s: %i", async (_name, state, answer) => {
    const port = await onFirstBytes((socket) => socket.write(answer));
    for (const piece of [undefined, 1]) expect(await connect(port, { piece })).toMatchObject({ state, hasTimedOut: 0 });
  });

  coreTest("a warning before the server's hello: it goes on", async () => {
    const tls = await serve(chain);
    const port = await proxy(tls, (one, client) => {
      if (one[5] === 2) client.write(alert(1, 112));
      client.write(one);
    });
    expect(await connect(port, HELLO)).toMatchObject(HEARD);
  });

  coreTest("messages in records of a few bytes: with Mbed TLS 2.28 it fails", async () => {
    const { ok: version } = await core.do("version");
    const port = await proxy(await serve(chain), (one, client) => {
      if (one[0] !== HANDSHAKE || one[5] === 20) client.write(one);
      else for (let at = 5; at < one.length; at += 50) client.write(record(HANDSHAKE, one.subarray(at, at + 50)));
    });
    const state = version < 0x03000000 ? State.FAILED : State.OPEN;
    expect(await connect(port, HELLO)).toMatchObject({ state });
  });
});

describe("at any byte", () => {
  coreTest.each([1, 7, 512])("in pieces of %i bytes it is the same", async (piece) => {
    const middle = authority("Middle", { issuer: root });
    const port = await serve([server(middle), middle, root]);
    const data = Buffer.alloc(40_000, "x");
    const outcome = await connect(port, { piece, send: data, expect: data.length });
    expect(outcome).toMatchObject({ state: State.OPEN, plain: data.toString("hex"), roundTrips: 2 });
  });

  coreTest("the connection is closed: it is not over, and nothing is left behind", async () => {
    const port = await serve(rsaChain);
    // Of RSA: its signatures are all of one length.
    const trust = rsaRoot.der;
    const { handshakeBytes, live } = await connect(port, { trust });
    expect(handshakeBytes).toBeGreaterThan(500);
    const random = new Random(1);
    for (let cut = 0; cut < handshakeBytes; cut += 1 + random.below(3))
      expect(await connect(port, { trust, cut }), `at byte ${cut}`).toMatchObject({ state: State.HANDSHAKE, live });
  });

  coreTest("a byte is changed: it is never open", async () => {
    let passed: Buffer[] = [];
    const trust = rsaRoot.der;
    const port = await proxy(await serve(rsaChain), (one, client) => {
      passed.push(one);
      client.write(one);
    });
    const { handshakeBytes } = await connect(port, { trust });
    const random = new Random(1);
    const states = new Map<number, number>();
    for (let flip = 0; flip < handshakeBytes; flip += 1 + random.below(5)) {
      const mask = 1 << random.below(8);
      passed = [];
      const { state } = await connect(port, { trust, flip, mask, patience: 200 });
      states.set(state, (states.get(state) ?? 0) + 1);
      const [one, at] = recordAt(passed, flip);
      // The minor version of a record is not looked at, and in no transcript.
      if (at !== 2) expect(state, `byte ${at} of record ${one} by ${mask}`).not.toBe(State.OPEN);
    }
    // Most are seen at once; some make it wait for more.
    expect(states.get(State.HANDSHAKE) ?? 0).toBeLessThan(handshakeBytes / 20);
    expect(states.get(State.UNTRUSTED)).toBeGreaterThan(handshakeBytes / 20);
    expect(await connect(port, { trust })).toMatchObject({ state: State.OPEN });
  });
});

/** @returns the record that this byte of them all is in, and its place there */
function recordAt(records: readonly Buffer[], offset: number): [index: number, at: number] {
  let at = offset;
  const index = records.findIndex(({ length }) => {
    if (at < length) return true;
    at -= length;
    return false;
  });
  return [index, at];
}
