import { generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { DAY_MS, makeCertificate, pem } from "../../mocks/certificates.js";
import { parseCertificates } from "../../provisioning/certificates.js";
import { CLAIM, parseClaim } from "../../provisioning/claim.js";
import { ScriptedStore } from "../scripted/store.js";

const nowMs = Date.now();
const issuer = makeCertificate({ subject: "CA", isAuthority: true });
const own = makeCertificate({ subject: "claim", issuer });
const certificate = pem(own);
const pkcs8 = String(own.key.export({ type: "pkcs8", format: "pem" }));
const pkcs1 = String(own.key.export({ type: "pkcs1", format: "pem" }));
const another = String(
  generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ type: "pkcs8", format: "pem" }),
);
const ec = makeCertificate({ subject: "claim", keyType: "ec", issuer });
const ecKey = String(ec.key.export({ type: "sec1", format: "pem" }));
const ecPkcs8 = String(ec.key.export({ type: "pkcs8", format: "pem" }));

const EC_PARAMETERS = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";

const der = (text: string) => text.replace(/-----[A-Z0-9 ]+-----|\s/g, "");

describe("certificate and key", () => {
  test.each([
    ["RSA in PKCS#8", certificate, pkcs8],
    ["RSA in PKCS#1", certificate, pkcs1],
    ["P-256 in PKCS#8", pem(ec), ecPkcs8],
    ["P-256 in SEC 1", pem(ec), ecKey],
    ["P-256 as OpenSSL writes it, behind its parameters", pem(ec), EC_PARAMETERS + ecKey],
  ])("%s, in any order, with anything around them", (_label, certificate, key) => {
    for (const text of [certificate + key, `${key}\r\nBag Attributes\r\n${certificate.replaceAll("\n", "\r\n")}`]) {
      const claim = parseClaim(text, nowMs);
      if (typeof claim === "string") throw new Error(claim);
      expect(claim.certificate).toBe(der(certificate));
      expect(claim.key.reveal()).toBe(der(key.replace(EC_PARAMETERS, "")));
      expect(parseCertificates(text, nowMs)).toEqual({ claim });
    }
  });

  test("with the root that AWS gives beside them: in any order each is taken for what it is", () => {
    const root = pem(makeCertificate({ subject: "Amazon Root CA 1", isAuthority: true }));
    const publicKey = String(own.publicKey.export({ type: "spki", format: "pem" }));
    for (const parts of [
      [root, certificate, pkcs1],
      [certificate, root, pkcs1],
      [pkcs1, root, certificate],
      [publicKey, root, pkcs1, certificate, certificate],
      [certificate, pkcs8, `Amazon Root CA 1\r\n${root.replaceAll("\n", "\r\n")}`],
    ]) {
      const handed = parseCertificates(parts.join("\n"), nowMs);
      if (typeof handed === "string") throw new Error(handed);
      expect(handed.claim?.certificate).toBe(der(certificate));
      expect(handed.authorities).toEqual([der(root)]);
    }
  });

  test.each([
    [
      "a server's certificate",
      pem(makeCertificate({ subject: "server", issuer, names: ["a.example"] })),
      "authority-none",
    ],
    [
      "an authority that has ended",
      pem(makeCertificate({ subject: "old", isAuthority: true, notAfterMs: nowMs - DAY_MS / 2 })),
      "authority-expired",
    ],
    ["a certificate that is cut", certificate.slice(0, 300), "claim-invalid"],
  ])("with %s beside them they are not half-taken", (_label, other, mistake) => {
    expect(parseCertificates(other + certificate + pkcs1, nowMs)).toBe(mistake);
  });

  test.each([
    ["no key", certificate],
    ["no certificate", pkcs8],
    ["nothing", "hello"],
    ["a cut certificate", certificate.slice(0, 300) + pkcs8],
    ["what is no base64", certificate.replace(/\n(.{4})/, "\n-_a_") + pkcs8],
    ["what is no DER", `-----BEGIN CERTIFICATE-----\n${"QUJD".repeat(40)}\n-----END CERTIFICATE-----\n${pkcs8}`],
    ["a public key", `${certificate}-----BEGIN PUBLIC KEY-----\n${"MAAA".repeat(40)}\n-----END PUBLIC KEY-----`],
  ])("%s is none", (_label, text) => {
    expect(parseClaim(text, nowMs)).toBe("claim-invalid");
  });

  test.each([
    ["of another certificate", certificate + another],
    ["that is damaged", certificate + pkcs8.replace(/\n(.{4})/, "\nMAAA")],
    ["of RSA beside a certificate of P-256", pem(ec) + pkcs1],
    ["of another certificate of P-256", pem(makeCertificate({ subject: "claim", keyType: "ec", issuer })) + ecKey],
    ["of P-256 beside an RSA certificate", certificate + ecPkcs8],
    [
      "beside DER that is no certificate",
      `-----BEGIN CERTIFICATE-----\n${"MAAA".repeat(40)}\n-----END CERTIFICATE-----\n${pkcs8}`,
    ],
  ])("a key %s is refused", (_label, text) => {
    expect(parseClaim(text, nowMs)).toBe("claim-key");
  });

  test("a certificate that has ended is refused; a calendar that nobody set refuses none", () => {
    const ended = makeCertificate({ subject: "claim", issuer, notAfterMs: nowMs - DAY_MS / 2 });
    const text = pem(ended) + String(ended.key.export({ type: "pkcs8", format: "pem" }));
    expect(parseClaim(text, nowMs)).toBe("claim-expired");
    expect(parseClaim(text, 0)).toMatchObject({ certificate: der(pem(ended)) });
  });

  test("more than the flash takes is refused", () => {
    const extensions = [
      Buffer.concat([Buffer.from("3082045806092a0304050607080904820449", "hex"), Buffer.alloc(1097)]),
    ];
    expect(parseClaim(pem(makeCertificate({ subject: "claim", issuer, extensions })) + pkcs8, nowMs)).toBe(
      "certificates-too-large",
    );
  });
});

test("the record keeps it, within NVS's bounds, and shows no key by accident", () => {
  const store = new ScriptedStore();
  const claim = parseClaim(certificate + pkcs1, nowMs);
  if (typeof claim === "string") throw new Error(claim);
  for (const expiresMs of [undefined, nowMs]) {
    expect(CLAIM.write(store, { ...claim, expiresMs }).ok).toBe(true);
    const read = CLAIM.read(store)!;
    const { certificate, key } = claim;
    expect([read.certificate, read.key.reveal(), read.expiresMs]).toEqual([certificate, key.reveal(), expiresMs]);
    expect(JSON.stringify(read)).not.toContain(claim.key.reveal().slice(0, 20));
  }
});
