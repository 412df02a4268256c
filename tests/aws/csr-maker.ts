/** Certification requests in PEM, good ones and others. */
import { generateKeyPairSync } from "node:crypto";
import { type KeyPair, makeRequest } from "../../mocks/certificates.js";

export const p256 = (): KeyPair => generateKeyPairSync("ec", { namedCurve: "P-256" });

/** @param signer who signs it: by default the owner of the key, as it has to be */
export function makeCsr(pair: KeyPair = p256(), signer: KeyPair = pair): { csr: string; privateKey: string } {
  return {
    csr: csrPem(makeRequest("Fleet Provisioning Demo", pair, signer)),
    privateKey: String(pair.privateKey.export({ format: "pem", type: "pkcs8" })),
  };
}

export function csrPem(bytes: Buffer): string {
  const lines = bytes.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE REQUEST-----\n${lines.join("\n")}\n-----END CERTIFICATE REQUEST-----\n`;
}
