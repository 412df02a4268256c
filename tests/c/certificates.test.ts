/** Certificates and keys outside of a connection, and the bundle of roots: against node:crypto. */
import { createPrivateKey, createPublicKey, sign, verify, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect } from "vitest";
import { readCsr } from "../../mocks/aws/csr.js";
import { type CertificateOptions, type Identity, type KeyType, makeCertificate } from "../../mocks/certificates.js";
import { writeBundle } from "../../tools/roots/bundle.js";
import { BUNDLE } from "../../tools/roots.js";
import { KNOWN, OVER, State } from "../tls/cases.js";
import { authority, CRL_SIGN, KEY_CERT_SIGN, keyUsage, server } from "../tls/chain-parts.js";
import { coreTest, type Figures, openCore } from "./core.js";
import { serve } from "./servers.js";

const core = openCore();

interface Read extends Figures {
  readonly length: number;
  readonly isAuthority: number;
  readonly isServersOwn: number;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly commonName?: string;
  readonly lastName?: string;
}
const read = (der: Uint8Array) => core.do<Read>("read", { der });
const text = (hex?: string) => hex && Buffer.from(hex, "hex").toString();

describe("what a certificate says", () => {
  const root = authority();
  const make = (options: Partial<CertificateOptions> = {}) =>
    makeCertificate({ subject: "a", keyType: "ec", ...options });
  const unix = (year: number) => Date.UTC(year, 1, 28, 23, 59, 59);
  coreTest.each<[name: string, Identity, expected: Partial<Read>]>([
    ["an authority", root, { isAuthority: 1, isServersOwn: 0 }],
    ["one that may sign", authority("a", { extensions: [keyUsage(KEY_CERT_SIGN)] }), { isAuthority: 1 }],
    ["one that may not sign", authority("a", { extensions: [keyUsage(CRL_SIGN)] }), { isAuthority: 0 }],
    ["an intermediate", authority("Middle", { issuer: root }), { isAuthority: 1, isServersOwn: 0 }],
    ["a server's", server(root), { isAuthority: 0, isServersOwn: 0 }],
    ["a server's own", server(undefined), { isAuthority: 0, isServersOwn: 1 }],
    ["one that signs itself, and names nobody", make(), { isAuthority: 0, isServersOwn: 0 }],
    ["an authority that names a server", authority("a", { names: ["a"] }), { isAuthority: 1, isServersOwn: 1 }],
    ...(["rsa", "rsa4096", "p384"] as KeyType[]).map((keyType): [string, Identity, object] => [
      keyType,
      make({ keyType }),
      { ok: 1 },
    ]),
    ["one that has expired", make(OVER), { ok: 1 }],
    ["from 1950 to 2049", make({ notBeforeMs: unix(1950), notAfterMs: unix(2049) }), { ok: 1 }],
    ["from 2050 to 9999", make({ notBeforeMs: unix(2050), notAfterMs: unix(9999) }), { ok: 1 }],
    ["from 1972 to 2000", make({ notBeforeMs: Date.UTC(1972, 1, 29), notAfterMs: Date.UTC(2000, 1, 29) }), { ok: 1 }],
    ["several names", make({ subject: { C: "CN", O: "Somebody", CN: "德", OU: "last" } }), { ok: 1 }],
    ["no common name", make({ subject: { C: "CN", OU: "only" } }), { ok: 1 }],
    ["no name", make({ subject: {}, issuer: root }), { ok: 1 }],
    ["an authority that has signed itself with SHA-1", authority("a", { hash: "sha1" }), { isAuthority: 1 }],
  ])("%s", async (_name, { der }, expected) => {
    const known = new X509Certificate(der);
    const names = known.subject ? known.subject.split("\n").map((line) => line.split("=")) : [];
    const found = await read(Buffer.concat([der, Buffer.from("behind")]));
    expect(found).toMatchObject({
      ok: 1,
      length: der.length,
      notBefore: Date.parse(known.validFrom) / 1_000,
      notAfter: Date.parse(known.validTo) / 1_000,
      ...expected,
    });
    expect(text(found.commonName)).toBe(names.find(([name]) => name === "CN")?.[1]);
    expect(text(found.lastName) ?? "").toBe(names.at(-1)?.[1] ?? "");
    if (!expected.isAuthority) expect(known.ca).toBe(false);
  });

  const good = make();
  coreTest.each<[name: string, Uint8Array]>([
    ["nothing", Buffer.alloc(0)],
    ["rubbish", Buffer.from("rubbish")],
    ["RSA of 1,024 bits", make({ keyType: "rsa1024" }).der],
    ["a key that nobody has", make({ keyInfo: Buffer.from("30020500", "hex") }).der],
  ])("%s: cannot be used", async (_name, der) => {
    expect(await read(der)).toMatchObject({ ok: 0, length: 0 });
  });

  coreTest("whatever its bytes are, and wherever it ends", async () => {
    for (let length = 0; length < good.der.length; length += 3)
      expect(await read(good.der.subarray(0, length))).toMatchObject({ ok: 0 });
    for (let at = 0; at < good.der.length; at++) {
      const spoilt = Buffer.from(good.der);
      spoilt[at]! ^= 1 << (at % 8);
      const { ok, length } = await read(spoilt);
      if (ok) expect(length).toBe(good.der.length);
    }
  });
});

describe("keys", () => {
  const own = makeCertificate({ subject: "device", keyType: "ec" });
  const der = (key: Identity["key"], type: "pkcs8" | "sec1" | "pkcs1") =>
    key.export({ format: "der", type: type as "pkcs8" });

  coreTest("whether it is a certificate's", async () => {
    const rsa = makeCertificate({ subject: "device", keyType: "rsa" });
    const other = makeCertificate({ subject: "device", keyType: "ec" });
    const isPair = async (key: Uint8Array, one: Identity) => (await core.do("pair", { key, der: one.der })).ok;
    expect(await isPair(der(own.key, "sec1"), own)).toBe(1);
    expect(await isPair(der(own.key, "pkcs8"), own)).toBe(1);
    expect(await isPair(der(rsa.key, "pkcs1"), rsa)).toBe(1);
    expect(await isPair(der(rsa.key, "pkcs8"), rsa)).toBe(1);
    for (const key of [der(own.key, "sec1"), Buffer.alloc(0), Buffer.from("rubbish")]) {
      expect(await isPair(key, other)).toBe(0);
      expect(await isPair(key, rsa)).toBe(0);
    }
    expect(await isPair(der(own.key, "sec1"), { ...own, der: Buffer.from("rubbish") })).toBe(0);
  });

  coreTest("a new one is of P-256, and another each time", async () => {
    const made = new Set<string>();
    for (let count = 0; count < 5; count++) {
      const { der } = await core.do<Figures & { der: string }>("key");
      const key = createPrivateKey({ key: Buffer.from(der, "hex"), format: "der", type: "sec1" });
      expect(key.asymmetricKeyDetails).toEqual({ namedCurve: "prime256v1" });
      const signature = sign("sha256", Buffer.from("text"), key);
      expect(verify("sha256", Buffer.from("text"), createPublicKey(key), signature)).toBe(true);
      made.add(der);
    }
    expect(made.size).toBe(5);
    expect(await core.do("key", { size: 100 })).toMatchObject({ ok: 0 });
  });

  const request = (name: string, key = der(own.key, "sec1"), size = 512) =>
    core.do<Figures & { der: string }>("request", { key, name: Buffer.from(`${name}\0`), size });

  coreTest.each(["device-1", "esp32s3:0123456789ab", "a, b=c+d\\", "x".repeat(64), "德"])(
    "a request by %s",
    async (name) => {
      const { ok, der } = await request(name);
      expect(ok).toBe(1);
      const base64 = Buffer.from(der, "hex").toString("base64");
      const key = readCsr(`-----BEGIN CERTIFICATE REQUEST-----\n${base64}\n-----END CERTIFICATE REQUEST-----\n`);
      expect(key.equals(own.publicKey)).toBe(true);
      expect(Buffer.from(der, "hex").includes(name)).toBe(true);
    },
  );

  coreTest("none by what is no name, or with what is no key", async () => {
    for (const name of ["", "x".repeat(65)]) expect(await request(name), name).toMatchObject({ ok: 0 });
    expect(await request("a", Buffer.from("rubbish"))).toMatchObject({ ok: 0 });
    expect(await request("a", undefined, 100)).toMatchObject({ ok: 0 });
  });

  coreTest("a signature is right, or it is not", async () => {
    const message = Buffer.from("text");
    const digest = await crypto.subtle.digest("SHA-256", message).then((bytes) => new Uint8Array(bytes));
    const point = own.publicKey.export({ format: "der", type: "spki" }).subarray(-65);
    const signature = sign("sha256", message, own.key);
    const isSigned = async (fields: object) => (await core.do("signed", { digest, signature, point, ...fields })).ok;
    const spoilt = (bytes: Uint8Array, at: number) =>
      Uint8Array.from(bytes, (byte, index) => byte ^ Number(index === at));
    expect(await isSigned({})).toBe(1);
    const other = makeCertificate({ subject: "device", keyType: "ec" }).publicKey.export({
      format: "der",
      type: "spki",
    });
    const wrong: object[] = [
      { digest: spoilt(digest, 31) },
      { digest: Buffer.alloc(32) },
      { point: other.subarray(-65) },
      { point: spoilt(point, 64) },
      { point: Buffer.alloc(65) },
      { point: Buffer.concat([Buffer.from([4]), Buffer.alloc(64)]) },
      { signature: Buffer.alloc(0) },
      { signature: Buffer.alloc(72) },
      { signature: Buffer.from("3006020100020100", "hex") },
      { signature: Buffer.from("3006020101020101", "hex") },
      { signature: Buffer.concat([signature, Buffer.alloc(1)]) },
      { signature: signature.subarray(0, -1) },
      { signature: sign("sha256", message, { key: own.key, dsaEncoding: "ieee-p1363" }) },
      ...Array.from(signature, (_, at) => ({ signature: spoilt(signature, at) })),
    ];
    for (const fields of wrong) expect(await isSigned(fields), JSON.stringify(fields)).toBe(0);
  });
});

describe("the bundle of roots", () => {
  const roots = ["a", "b", "c", "d", "e", "f", "g"].map((name) => authority(name));
  const namesakes = [authority("c"), authority("c")];
  const bundle = writeBundle([...roots, ...namesakes].map(({ der }) => der));
  const meet = async (issuer: Identity, fields: object = {}) =>
    core.connect(await serve([server(issuer)]), { roots: bundle, forget: 1, ...KNOWN, ...fields });

  coreTest("each is found, also among namesakes", async () => {
    for (const root of [...roots, ...namesakes]) expect(await meet(root)).toMatchObject({ state: State.OPEN });
  });

  coreTest("whoever is not there is not trusted, also a namesake", async () => {
    for (const stranger of [authority("h"), authority("a"), authority("c"), authority("z")])
      expect(await meet(stranger)).toMatchObject({ state: State.UNTRUSTED });
  });

  coreTest("those beside it are trusted, too", async () => {
    const mine = authority("Mine");
    expect(await meet(mine, { trust: mine.der })).toMatchObject({ state: State.OPEN });
    expect(await meet(roots[0]!, { trust: mine.der })).toMatchObject({ state: State.OPEN });
  });

  coreTest.each([Buffer.alloc(0), Buffer.alloc(1), Buffer.alloc(2), writeBundle([roots[0]!.der])])(
    "of %j",
    async (one) => {
      const state = one.length > 2 ? State.OPEN : State.UNTRUSTED;
      expect(await meet(roots[0]!, { roots: one })).toMatchObject({ state });
      expect(await meet(roots[1]!, { roots: one })).toMatchObject({ state: State.UNTRUSTED });
    },
  );

  coreTest("each of the committed ones can be read, and is an authority", async () => {
    const committed = readFileSync(BUNDLE);
    const count = committed.readUInt16BE(0);
    expect(count).toBeGreaterThan(40);
    for (let index = 0; index < count; index++) {
      const entry = 2 + index * 10;
      const length = committed.readUInt16BE(entry + 8);
      const found = await read(committed.subarray(committed.readUInt32BE(entry + 4)));
      expect(found).toMatchObject({ ok: 1, length, isAuthority: 1, isServersOwn: 0 });
    }
  });
});
