import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Identity, makeCertificate, pem } from "../../mocks/certificates.js";
import { NVS } from "../../modules/update/simulator/partitions.js";
import { readCredential } from "../../tools/factory/credential-files.js";
import { checkRecord, fromNvsEntries, toNvsEntries } from "../../tools/factory/record.js";
import { readNvs, writeNvs } from "../../tools/nvs/nvs.js";

let folder: string;
let authority: Identity;
let device: Identity;
/** Of P-256. */
let small: Identity;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "credentials-"));
  mkdirSync(join(folder, "certs"));
  authority = makeCertificate({ subject: "Line 1", isAuthority: true });
  device = makeCertificate({ subject: "SN-0001", issuer: authority });
  small = makeCertificate({ subject: "SN-0002", issuer: authority, keyType: "ec" });
  writeFileSync(join(folder, "certs/small.pem"), pem(small));
  const parameters = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
  writeFileSync(join(folder, "certs/sec1.pem"), parameters + small.key.export({ type: "sec1", format: "pem" }));
  const locked = { type: "pkcs8", format: "pem", cipher: "aes-256-cbc", passphrase: "x" } as const;
  writeFileSync(join(folder, "certs/locked.pem"), device.key.export(locked));
  writeFileSync(join(folder, "certs/chain.pem"), `Subject: SN-0001\n${pem(device, authority)}`);
  writeFileSync(join(folder, "certs/pkcs1.pem"), device.key.export({ type: "pkcs1", format: "pem" }));
  writeFileSync(join(folder, "certs/pkcs8.pem"), device.key.export({ type: "pkcs8", format: "pem" }));
  writeFileSync(join(folder, "certs/other.pem"), authority.key.export({ type: "pkcs8", format: "pem" }));
});
afterAll(() => rmSync(folder, { recursive: true }));

const read = (certificate: string, key: string) => readCredential(join(folder, "rows.csv"), certificate, key);

test("a key of P-256 stays in SEC 1", () => {
  const { key } = read("certs/small.pem", "certs/sec1.pem");
  expect(Buffer.compare(key, small.key.export({ type: "sec1", format: "der" }))).toBe(0);
});

test.each(["pkcs1", "pkcs8"] as const)("chain and key (%s) come as DER into NVS, and out of it", (type) => {
  const credential = read("certs/chain.pem", `certs/${type}.pem`);
  expect(Buffer.compare(credential.certificates, Buffer.concat([device.der, authority.der]))).toBe(0);
  expect(Buffer.compare(credential.key, device.key.export({ type, format: "der" }))).toBe(0);
  const record = { serial: "SN-0001", hmacKey: "5a".repeat(32), device: credential };
  expect(checkRecord(record)).toBeUndefined();
  const image = writeNvs(toNvsEntries(record), NVS.size);
  expect(fromNvsEntries(readNvs(image).entries)?.device?.certificates).toEqual(credential.certificates);
});

test.each([
  ["certs/chain.pem", "certs/other.pem", "the key is not that of the first certificate"],
  ["certs/pkcs8.pem", "certs/pkcs8.pem", "the key is not that"],
  ["certs/chain.pem", "certs/chain.pem", ""],
  ["certs/chain.pem", "certs/locked.pem", ""],
  ["certs/chain.pem", "certs/sec1.pem", "the key is not that"],
  ["none.pem", "certs/pkcs8.pem", "ENOENT"],
  ["certs/chain.pem", "", ""],
])("%s with %s is refused with the names of the files", (certificate, key, problem) => {
  expect(() => read(certificate, key)).toThrow(`${certificate} and ${key}: ${problem}`);
});
