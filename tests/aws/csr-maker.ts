/** Certification requests (PKCS#10, RFC 2986), good ones and others. */
import { generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { der, nameOf, oid, sequence } from "../../mocks/certificates.js";

export interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

export const p256 = (): KeyPair => generateKeyPairSync("ec", { namedCurve: "P-256" });

/** @param signer who signs it: by default the owner of the key, as it has to be */
export function makeCsr(pair: KeyPair = p256(), signer: KeyPair = pair): { csr: string; privateKey: string } {
  const info = sequence(
    der(0x02, Buffer.of(0)),
    nameOf("Fleet Provisioning Demo"),
    pair.publicKey.export({ format: "der", type: "spki" }),
    der(0xa0),
  );
  const isEc = pair.publicKey.asymmetricKeyType === "ec";
  const algorithm = isEc ? sequence(oid("2a8648ce3d040302")) : sequence(oid("2a864886f70d01010b"), der(0x05));
  const signature = der(0x03, Buffer.of(0), sign("sha256", info, signer.privateKey));
  return {
    csr: csrPem(sequence(info, algorithm, signature)),
    privateKey: String(pair.privateKey.export({ format: "pem", type: "pkcs8" })),
  };
}

export function csrPem(bytes: Buffer): string {
  const lines = bytes.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE REQUEST-----\n${lines.join("\n")}\n-----END CERTIFICATE REQUEST-----\n`;
}
