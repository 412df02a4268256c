/** The device's keys as the mock account, and Node, see them. */
import { createPrivateKey, createPublicKey, generateKeyPairSync } from "node:crypto";
import { expect, test } from "vitest";
import { readCsr } from "../../mocks/aws/csr.js";
import { keyOf, makeKey, makeRequest } from "../../mocks/moddable/tls/keys.js";
import { toPem } from "../../modules/data/pem.js";

test("another key of P-256 each time, and a request that it has signed", () => {
  const [key, other] = [new Uint8Array(makeKey()), new Uint8Array(makeKey())];
  expect(Buffer.compare(key, other)).not.toBe(0);
  const owner = createPublicKey(createPrivateKey({ key: Buffer.from(key), format: "der", type: "sec1" }));
  expect(owner.asymmetricKeyDetails?.namedCurve).toBe("prime256v1");
  const request = new Uint8Array(makeRequest(key, "SN-1")!);
  expect(readCsr(toPem("CERTIFICATE REQUEST", request)).equals(owner)).toBe(true);
  expect(Buffer.from(request).includes("SN-1")).toBe(true);
});

test.each([
  ["rsa", "pkcs1"],
  ["rsa", "pkcs8"],
  ["ec", "sec1"],
  ["ec", "pkcs8"],
] as const)("%s in %s is read as what it is", (kind, type) => {
  const { privateKey } =
    kind === "rsa"
      ? generateKeyPairSync("rsa", { modulusLength: 2048 })
      : generateKeyPairSync("ec", { namedCurve: "P-256" });
  expect(keyOf(privateKey.export({ type: type as "pkcs8", format: "der" }))?.equals(privateKey)).toBe(true);
});

test("what is no key has no request, and a name that is empty or too long has none", () => {
  expect(makeRequest(Uint8Array.of(0x30, 0), "SN-1")).toBeUndefined();
  const key = new Uint8Array(makeKey());
  for (const name of ["", "x".repeat(65), "é".repeat(33)]) expect(makeRequest(key, name)).toBeUndefined();
  for (const name of ["AA:BB:CC:DD:EE:FF", "a, b=c+", "é".repeat(32)]) expect(makeRequest(key, name)).toBeDefined();
});
