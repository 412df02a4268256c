import { expect, test } from "vitest";
import { makeCertificate } from "../../mocks/certificates.js";
import { readFactoryCredential } from "../../modules/identity/factory-credential.js";
import { type FactoryRecord, toNvsEntries } from "../../tools/factory/record.js";

const authority = makeCertificate({ subject: "CA", isAuthority: true });
const own = makeCertificate({ subject: "SN-1", issuer: authority });
const other = makeCertificate({ subject: "claim", issuer: authority });
const ec = makeCertificate({ subject: "SN-2", issuer: authority, keyType: "ec" });
const key = ({ key }: typeof own, type: "pkcs8" | "pkcs1" | "sec1" = "pkcs8") =>
  Uint8Array.from(key.export({ type: type as "pkcs8", format: "der" }));

/** What stands in NVS of a record. */
function blobsOf(record: Partial<FactoryRecord>) {
  const entries = toNvsEntries({ serial: "SN-1", hmacKey: "5a".repeat(32), ...record });
  return {
    getBytes(name: string) {
      const value = entries.find((entry) => entry.key === name)?.value;
      return value?.type === "blob" ? value.value : undefined;
    },
  };
}

const device = { certificates: Uint8Array.from(Buffer.concat([own.der, authority.der])), key: key(own) };
const claim = { certificates: Uint8Array.from(other.der), key: key(other) };

test("what the factory writes is read: the chain with the own one first, and its key", () => {
  const blobs = blobsOf({ device, claim });
  const read = readFactoryCredential(blobs, "device")!;
  expect(read.chain.map((der) => Buffer.from(der))).toEqual([own.der, authority.der]);
  expect(read.key).toEqual(device.key);
  expect(readFactoryCredential(blobs, "claim")!.chain).toHaveLength(1);
});

test.each([
  ["RSA in PKCS#1", own, "pkcs1"],
  ["P-256 in SEC 1", ec, "sec1"],
  ["P-256 in PKCS#8", ec, "pkcs8"],
] as const)("a key is taken as it is: %s", (_label, identity, form) => {
  const credential = { certificates: Uint8Array.from(identity.der), key: key(identity, form) };
  expect(readFactoryCredential(blobsOf({ device: credential }), "device")?.key).toEqual(credential.key);
});

test.each<[string, Partial<FactoryRecord>]>([
  ["nothing", {}],
  ["the other one alone", { claim }],
  ["another's key", { device: { ...device, key: key(other) } }],
  ["another's key of P-256", { device: { ...device, key: key(ec, "sec1") } }],
  ["DER that is no certificate", { device: { ...device, certificates: Uint8Array.of(0x30, 0) } }],
  [
    "more than a chain has",
    { device: { ...device, certificates: Uint8Array.from(Buffer.concat(Array(4).fill(own.der))) } },
  ],
])("%s is none", (_label, record) => {
  expect(readFactoryCredential(blobsOf(record), "device")).toBeUndefined();
});

test("what flash has damaged is none", () => {
  const cut = { getBytes: (name: string) => blobsOf({ device }).getBytes(name)?.subarray(0, 700) };
  expect(readFactoryCredential(cut, "device")).toBeUndefined();
  const halves = { getBytes: (name: string) => (name === "device_key" ? device.key : undefined) };
  expect(readFactoryCredential(halves, "device")).toBeUndefined();
});
