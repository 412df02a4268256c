import { X509Certificate } from "node:crypto";
import { expect, test } from "vitest";
import { makeCertificate, pem } from "../../mocks/certificates.js";
import { pemBlocks, toPem } from "../../modules/data/pem.js";

test("lines of 64 digits, as other programs write and read them", () => {
  const certificate = makeCertificate({ subject: "SN-1" });
  expect(toPem("CERTIFICATE", certificate.der)).toBe(pem(certificate));
  for (const length of [96, 97, 98, 144]) {
    const bytes = Uint8Array.from({ length }, (_, index) => (index === 0 ? 0x30 : index));
    const written = toPem("CERTIFICATE REQUEST", bytes);
    expect(
      Math.max(
        ...written
          .split("\n")
          .slice(1, -2)
          .map((line) => line.length),
      ),
    ).toBe(64);
    expect(pemBlocks(written, "CERTIFICATE REQUEST").next().value).toBe(Buffer.from(bytes).toString("base64"));
  }
  expect(new X509Certificate(toPem("CERTIFICATE", certificate.der)).subject).toBe("CN=SN-1");
});
