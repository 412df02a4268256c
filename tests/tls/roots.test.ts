import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { DAY_MS, makeCertificate, type Name, rsaKeyInfo, signCertificate } from "../../mocks/certificates.js";
import { DerReader } from "../../mocks/moddable/tls/der.js";
import { COUNT_BYTES, ENTRY_BYTES, nameKey, rootsNamed } from "../../mocks/moddable/tls/roots.js";
import { subjectOf, writeBundle } from "../../tools/roots/bundle.js";
import { ROOT_GROUPS, ROOT_NAMES } from "../../tools/roots/table.js";
import { BUNDLE, chooseRoots, named, nodeRoots } from "../../tools/roots.js";
import { ROOT } from "../../tools/sdk.js";

const bundle = readFileSync(BUNDLE);
const entries = Array.from({ length: bundle.readUInt16BE(0) }, (_, index) => {
  const entry = COUNT_BYTES + index * ENTRY_BYTES;
  const [offset, length] = [bundle.readUInt32BE(entry + 4), bundle.readUInt16BE(entry + 8)];
  return { key: bundle.readUInt32BE(entry), offset, der: bundle.subarray(offset, offset + length) };
});
const committed = entries.map(({ der }) => new X509Certificate(der));
const nodes = nodeRoots();

const root = (subject: Name) => makeCertificate({ subject, keyType: "ec", isAuthority: true });

/** The issuer's Name in DER: what the device looks for. */
function issuerOf(certificate: Uint8Array): Uint8Array {
  const fields = new DerReader(certificate).inside().inside();
  for (let field = 0; field < 3; field++) fields.next();
  return fields.next().whole;
}

describe("the committed bundle", () => {
  // Node's list changes with its version: one that this one has not is taken as it is.
  test("is what the tool makes of Node's list", () => {
    const known = ROOT_NAMES.filter((name) => named(name, nodes).length > 0);
    expect(known.length).toBeGreaterThan(ROOT_NAMES.length / 2);
    const chosen = ROOT_NAMES.map((name) => [...named(name, nodes), ...named(name, committed)][0]!.raw);
    expect(writeBundle(chosen).equals(bundle)).toBe(true);
  });

  test("has each root of the table once, and no other", () => {
    expect(new Set(ROOT_NAMES).size).toBe(ROOT_NAMES.length);
    expect(committed).toHaveLength(ROOT_NAMES.length);
    for (const name of ROOT_NAMES) expect(named(name, committed), name).toHaveLength(1);
    expect(new Set(committed.map(({ fingerprint256 }) => fingerprint256)).size).toBe(committed.length);
  });

  test("is sorted, and its certificates lie one after the other up to its end", () => {
    let end = COUNT_BYTES + entries.length * ENTRY_BYTES;
    let lastKey = 0;
    for (const { key, offset, der } of entries) {
      expect(key).toBeGreaterThanOrEqual(lastKey);
      expect(offset).toBe(end);
      lastKey = key;
      end += der.length;
    }
    expect(end).toBe(bundle.length);
  });

  test("holds authorities that sign themselves, and fits its place in flash", () => {
    for (const { ca, issuer, subject } of committed) expect({ ca, issuer }).toEqual({ ca: true, issuer: subject });
    expect(bundle.length).toBeLessThan(48 * 1024);
  });

  test.each(ROOT_NAMES)("%s is found by its own name", (name) => {
    const [{ raw }] = named(name, committed) as [X509Certificate];
    expect(rootsNamed(bundle, subjectOf(raw)).map((der) => Buffer.from(der))).toContainEqual(raw);
  });

  // Of those whose names are in UTF-8, as the certificates made here have them.
  test.each([
    { C: "CN", O: "China Financial Certification Authority", CN: "CFCA EV ROOT" },
    { C: "CN", O: "BEIJING CERTIFICATE AUTHORITY", CN: "BJCA Global Root CA1" },
    { C: "CN", O: "TrustAsia Technologies, Inc.", CN: "TrustAsia Global Root CA G4" },
    { C: "US", O: "SSL Corporation", CN: "SSL.com TLS RSA Root CA 2022" },
  ])("$CN is found by an intermediate's issuer", (issuer) => {
    const { der } = makeCertificate({ subject: "CA", keyType: "ec", isAuthority: true, issuer: root(issuer) });
    const [found, ...more] = rootsNamed(bundle, issuerOf(der)).map((one) => new X509Certificate(one));
    expect([found?.subject, more]).toEqual([new X509Certificate(der).issuer, []]);
  });

  test("has nothing by another name", () => {
    for (const name of ["nobody", { C: "CN", O: "BEIJING CERTIFICATE AUTHORITY", CN: "BJCA Global Root CA3" }])
      expect(rootsNamed(bundle, subjectOf(root(name).der))).toEqual([]);
    expect(rootsNamed(bundle, new Uint8Array())).toEqual([]);
  });
});

test("keys are FNV-1a of 32 bits, by its authors' examples", () => {
  const keys = ["", "a", "foobar"].map((text) => nameKey(new TextEncoder().encode(text)));
  expect(keys).toEqual([0x811c9dc5, 0xe40c292c, 0xbf9cf968]);
});

test("all roots of one name are found, wherever it stands in the index, and none in an empty bundle", () => {
  const twins = Array.from({ length: 9 }, (_, number) => [root(`Root ${number}`).der, root(`Root ${number}`).der]);
  // Not at the beginning of its memory, as a part of flash is not.
  const place = Buffer.concat([Buffer.alloc(3), writeBundle(twins.flat())]).subarray(3);
  for (const pair of twins) {
    expect(rootsNamed(place, subjectOf(pair[0]!)).map((der) => Buffer.from(der))).toEqual(pair);
    expect(rootsNamed(writeBundle([]), subjectOf(pair[0]!))).toEqual([]);
  }
});

describe("the tool", () => {
  const nowMs = Date.UTC(2030, 0);
  const make = (notBeforeMs: number, notAfterMs: number) =>
    makeCertificate({ subject: "Root", keyType: "ec", isAuthority: true, notBeforeMs, notAfterMs });
  const good = make(nowMs - DAY_MS, nowMs + 366 * DAY_MS);
  const weak = { subject: "Root", isAuthority: true, notBeforeMs: nowMs - DAY_MS, notAfterMs: nowMs + 366 * DAY_MS };
  const choose = (...list: readonly Uint8Array[]) =>
    chooseRoots(
      ["Root"],
      list.map((der) => new X509Certificate(der)),
      nowMs,
    );

  test("takes a root by its name or its unit", () => {
    expect(choose(root("Other").der, good.der).map(({ raw }) => raw)).toEqual([good.der]);
    const subject = { OU: "Root", CN: "Brand" };
    const { der } = makeCertificate({ ...weak, subject, keyType: "p384" });
    expect(choose(der).map(({ raw }) => raw)).toEqual([der]);
  });

  test.each([
    ["is not there", [root("Root 2").der], `Node ${process.version} has no such root`],
    ["is there twice", [good.der, good.der], `Node ${process.version} has several`],
    ["ends within a year", [make(nowMs - DAY_MS, nowMs + 364 * DAY_MS).der], "ends on"],
    ["is not valid yet", [make(nowMs + DAY_MS, nowMs + 900 * DAY_MS).der], "not valid before"],
    ["has RSA of 1,024 bits", [signCertificate({ ...weak, keyInfo: rsaKeyInfo(128) }, good.publicKey, good)], "a key"],
    ["has RSA of 8,192 bits", [signCertificate({ ...weak, keyInfo: rsaKeyInfo(1024) }, good.publicKey, good)], "a key"],
  ])("names a root that %s", (_what, list, words) => {
    expect(() => choose(...list)).toThrow(`Root: ${words}`);
  });
});

describe("docs/tls.md", () => {
  const text = readFileSync(join(ROOT, "docs", "tls.md"), "utf8");
  const section = text.slice(text.indexOf("## What is trusted"), text.indexOf("## A private authority"));
  const rows = [...section.matchAll(/^\| (.+) \| (.+) \|$/gm)].slice(1).map(([, roots = "", servers = ""]) => ({
    servers,
    roots: roots.split(", "),
  }));

  test("names the roots of the bundle and those only, for the servers that the tool's table names", () => {
    expect(rows).toEqual(ROOT_GROUPS);
    expect(section).toContain(`${committed.length} public authorities`);
    expect(section).toContain(`${bundle.length.toLocaleString("en")} bytes`);
  });

  test.each([
    ...["AWS IoT", "API Gateway", "Lambda URLs", "Let's Encrypt", "ZeroSSL", "Sectigo", "DigiCert", "TrustAsia"],
    ...["Alibaba Cloud", "Tencent Cloud", "Huawei Cloud", "Baidu AI Cloud", "GlobalSign", "Google", "Cloudflare"],
    ...["Azure", "CFCA", "WoTrus", "vTrus", "iTrusChina", "GDCA", "BJCA", "Go Daddy", "Starfield"],
  ])("has a root for %s", (family) => {
    const roots = rows.filter(({ servers }) => servers.includes(family)).flatMap((row) => row.roots);
    expect(roots.length).toBeGreaterThan(0);
    for (const name of roots) expect(named(name, committed), name).toHaveLength(1);
  });
});
