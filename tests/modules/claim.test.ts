import { generateKeyPairSync } from "node:crypto";
import { describe, expect, test } from "vitest";
import { claimRecord, parseClaim } from "../../modules/settings/claim.js";
import { ScriptedStore } from "../scripted/store.js";

const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
const pkcs8 = String(privateKey.export({ type: "pkcs8", format: "pem" }));
const pkcs1 = String(privateKey.export({ type: "pkcs1", format: "pem" }));
const ec = String(
  generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ type: "sec1", format: "pem" }),
);
/** Any DER of a certificate's size: what is in it is for the protocol that spends it. */
const certificate = pem("CERTIFICATE", 900);

function pem(label: string, bytes: number): string {
  const der = Buffer.alloc(bytes, 0x5a);
  der.set([0x30, 0x82]);
  return `-----BEGIN ${label}-----\n${der.toString("base64").replace(/.{64}/g, "$&\n")}\n-----END ${label}-----\n`;
}

const der = (text: string) => text.replace(/-----[A-Z0-9 ]+-----|\s/g, "");

describe("certificate and key", () => {
  test.each([
    ["PKCS#8", pkcs8, "PRIVATE KEY"],
    ["PKCS#1", pkcs1, "RSA PRIVATE KEY"],
    ["SEC 1", ec, "EC PRIVATE KEY"],
  ])("%s, in any order, with anything around them", (_label, key, keyLabel) => {
    for (const text of [certificate + key, `${key}\r\nBag Attributes\r\n${certificate.replaceAll("\n", "\r\n")}`]) {
      const claim = parseClaim(text);
      if (typeof claim === "string") throw new Error(claim);
      expect(claim.certificate).toBe(der(certificate));
      expect(claim.key.reveal()).toBe(der(key));
      expect(claim.keyLabel).toBe(keyLabel);
    }
  });

  test.each([
    ["no key", certificate],
    ["no certificate", pkcs8],
    ["nothing", "hello"],
    ["a cut certificate", certificate.slice(0, 300) + pkcs8],
    ["what is no base64", certificate.replace("Wlpa", "W-_a") + pkcs8],
    ["what is no DER", `-----BEGIN CERTIFICATE-----\n${"QUJD".repeat(40)}\n-----END CERTIFICATE-----\n${pkcs8}`],
    ["a public key", `${certificate}-----BEGIN PUBLIC KEY-----\n${"MAAA".repeat(40)}\n-----END PUBLIC KEY-----`],
  ])("%s is none", (_label, text) => {
    expect(parseClaim(text)).toBe("claim-invalid");
  });

  test("more than the flash takes is refused", () => {
    expect(parseClaim(pem("CERTIFICATE", 2_000) + pkcs8)).toBe("certificates-too-large");
  });
});

test("the record keeps it, within NVS's bounds, and shows no key by accident", () => {
  const store = new ScriptedStore();
  const claim = parseClaim(pem("CERTIFICATE", 1_500) + pkcs1);
  if (typeof claim === "string") throw new Error(claim);
  expect(claimRecord(store).write(claim).ok).toBe(true);
  const read = claimRecord(store).read()!;
  expect([read.certificate, read.key.reveal(), read.keyLabel]).toEqual([
    claim.certificate,
    claim.key.reveal(),
    "RSA PRIVATE KEY",
  ]);
  expect(JSON.stringify(read)).not.toContain(claim.key.reveal().slice(0, 20));
});
