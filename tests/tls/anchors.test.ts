import { X509Certificate } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import "../moddable/support.js";
import { type Identity, makeCertificate } from "../../mocks/certificates.js";
import { host } from "../../mocks/moddable/host.js";
import { anchorsFor } from "../../modules/tls/anchors-adapter.js";
import { parseCertificate } from "../../modules/tls/certificate.js";
import { isSignedBy } from "../../modules/tls/signature-adapter.js";

const manifest = JSON.parse(readFileSync(new URL("../../modules/tls/manifest.json", import.meta.url), "utf8"));
const names: string[] = manifest.resources["*"].map((path: string) => path.slice(path.lastIndexOf("/") + 1));
const folder = join(process.env.MODDABLE ?? "", "modules/crypt/data");

afterEach(() => host.resources.clear());

describe.skipIf(!process.env.MODDABLE || !existsSync(folder))("the SDK's certificates that the build carries", () => {
  test.each(names)("%s is an authority's, for some years, and found by its key", (name) => {
    const bytes = new Uint8Array(readFileSync(join(folder, `${name}.der`)));
    const certificate = parseCertificate(bytes)!;
    const node = new X509Certificate(bytes);
    expect(certificate).toMatchObject({
      isAuthority: true,
      notBeforeMs: Date.parse(node.validFrom),
      notAfterMs: Date.parse(node.validTo),
    });
    // Until then the firmware is updated.
    expect(certificate.notAfterMs).toBeGreaterThan(Date.UTC(2028, 0));
    // Old ones have signed themselves with SHA-1, which nothing else may.
    if (certificate.algorithm) expect(isSignedBy(certificate, certificate.algorithm, certificate.key)).toBe(true);
    // The extension's own bytes: OBJECT IDENTIFIER 2.5.29.14, an OCTET STRING of 20 bytes in another one.
    const keyId = /0603551d0e04160414(.{40})/.exec(Buffer.from(bytes).toString("hex"))?.[1] ?? "";
    host.resources.set("ca.ski", readFileSync(join(folder, "ca.ski")));
    host.resources.set(`${name}.der`, bytes);
    const [found] = anchorsFor({ ...certificate, authorityKeyId: Uint8Array.from(Buffer.from(keyId, "hex")) }, []);
    expect(found?.subject).toEqual(certificate.subject);
  });
});

describe("a build's own authorities", () => {
  const make = (subject: string): Identity => makeCertificate({ subject, keyType: "ec", isAuthority: true });
  const [first, second, other] = [make("One"), make("Two"), make("Three")];
  const leafOf = (issuer: Identity) => parseCertificate(makeCertificate({ subject: "s", keyType: "ec", issuer }).der)!;

  test("are found by their names, all of them in one resource", () => {
    host.resources.set("private-ca.der", Buffer.concat([first!.der, second!.der]));
    for (const issuer of [first!, second!])
      expect(anchorsFor(leafOf(issuer!), [])).toEqual([parseCertificate(new Uint8Array(issuer.der))]);
    expect(anchorsFor(leafOf(other!), [])).toEqual([]);
  });

  test.each([
    ["as PEM", Buffer.from("-----BEGIN CERTIFICATE-----\n")],
    ["with a byte too many", Buffer.concat([first!.der, Buffer.from("\n")])],
    ["cut", first!.der.subarray(0, -1)],
  ])("%s do not take the others away", (_name, file) => {
    host.resources.set("private-ca.der", file);
    host.resources.set("ca.ski", Buffer.from(leafOf(second!).authorityKeyId!));
    host.resources.set("ca0.der", second!.der);
    expect(anchorsFor(leafOf(second!), [])).toEqual([parseCertificate(new Uint8Array(second!.der))]);
  });

  test("need not be there, and neither need those that the index names", () => {
    expect(anchorsFor(leafOf(first!), [])).toEqual([]);
    host.resources.set("ca.ski", Buffer.from(leafOf(first!).authorityKeyId!));
    expect(anchorsFor(leafOf(first!), [])).toEqual([]);
  });
});
