import { generateKeyPairSync } from "node:crypto";
import { expect, test } from "vitest";
import { type Identity, type KeyType, makeCertificate } from "../../mocks/certificates.js";
import { isKeyOf } from "../../mocks/moddable/tls/private-key.js";

type Form = "pkcs8" | "pkcs1" | "sec1";
const der = ({ key }: Pick<Identity, "key">, form: Form) =>
  Uint8Array.from(key.export({ type: form as "pkcs8", format: "der" }));
const make = (keyType: KeyType) => makeCertificate({ subject: "SN-1", keyType });
const [rsa, p256, other] = [make("rsa"), make("ec"), make("ec")];
const stranger = { key: generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey };

test.each<[string, Identity, Form]>([
  ["RSA", rsa, "pkcs8"],
  ["RSA", rsa, "pkcs1"],
  ["P-256", p256, "pkcs8"],
  ["P-256", p256, "sec1"],
])("a key of %s is its certificate's and nobody else's: %3$s", (_name, identity, form) => {
  const key = der(identity, form);
  expect(isKeyOf(key, identity.der)).toBe(true);
  for (const one of [rsa, p256, other]) expect(isKeyOf(key, one.der)).toBe(one === identity);
});

test("what is no key, or none of a certificate, is nobody's", () => {
  expect(isKeyOf(der(stranger, "pkcs1"), rsa.der)).toBe(false);
  for (const form of ["pkcs8", "sec1"] as const) {
    const key = der(p256, form);
    for (let length = 0; length < key.length; length++) expect(isKeyOf(key.subarray(0, length), p256.der)).toBe(false);
    expect(isKeyOf(key, p256.der.subarray(0, 200))).toBe(false);
  }
});
