/** Whom the core believes to be the server that it asked for. */
import { describe, expect } from "vitest";
import { type Case, KNOWN, State } from "../tls/cases.js";
import { authority, CRL_SIGN, keyUsage, server } from "../tls/chain-parts.js";
import { ANCHORS, CHAINS, KEYS, RIGHTS } from "../tls/chains.js";
import { hugeCertificates } from "../tls/hostile.js";
import { certificate, hello, record } from "../tls/records.js";
import { coreTest, openCore } from "./core.js";
import { meeting } from "./meet.js";
import { onFirstBytes, serve } from "./servers.js";

const core = openCore();
const meet = meeting(core);

describe("chains", () => {
  coreTest.each<Case>(CHAINS)("%s: %i", meet);
});

describe("what no library sends", () => {
  const rsa = authority("Root", { keyType: "rsa" });
  const good = server(rsa, { keyType: "rsa" });
  const unfit = server(rsa, { keyType: "rsa", extensions: [keyUsage(CRL_SIGN)] });
  const garbage = Buffer.alloc(200, "rubbish");
  coreTest.each<[name: string, state: number, chain: Buffer[]]>([
    ["a server's certificate that may not sign", State.UNTRUSTED, [unfit.der]],
    ["no certificate", State.FAILED, []],
    ["an empty one", State.FAILED, [Buffer.alloc(0)]],
    ["garbage", State.UNTRUSTED, [garbage]],
    ["garbage behind a good one", State.UNTRUSTED, [good.der, garbage]],
    ["a certificate that is cut", State.UNTRUSTED, [good.der.subarray(0, -1)]],
    ...hugeCertificates().map(([name, { der }]): [string, number, Buffer[]] => [name, State.UNTRUSTED, [der]]),
  ])("%s: %i", async (_name, state, chain) => {
    const flight = record(22, hello(), certificate(...chain));
    const port = await onFirstBytes((socket) => socket.write(flight));
    expect(await core.connect(port, { trust: rsa.der, ...KNOWN })).toMatchObject({ state });
  });
});

describe("anchors", () => {
  coreTest.each<Case>(ANCHORS)("%s: %i", meet);

  coreTest("what is no certificate does not take away the others", async () => {
    const root = authority();
    const port = await serve([server(root)]);
    const certificate = Buffer.from("30050203010203", "hex");
    for (const trust of [
      [Buffer.concat([certificate, root.der])],
      [root.der, Buffer.from("rubbish")],
      [Buffer.from("rubbish"), root.der],
      [root.der, Buffer.alloc(0)],
    ])
      expect(await core.connect(port, { trust, forget: 1, ...KNOWN })).toMatchObject({ state: State.OPEN });
  });
});

describe("rights", () => {
  coreTest.each<Case>(RIGHTS)("%s: %i", meet);
});

describe("signatures and keys", () => {
  coreTest.each<Case>(KEYS)("%s: %i", meet);
});
