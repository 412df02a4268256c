/** Certificates and keys as tools give them, in PEM (RFC 7468), for the record's DER. */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import type { Credential } from "./record.js";
import { FactoryError } from "./rows.js";

/** PKCS#8, PKCS#1 or SEC 1: the device takes it as it is. */
const KEY = /-----BEGIN ((?:RSA |EC )?PRIVATE KEY)-----([^-]+)-----END \1-----/;

/** @param base the file that names the two, which are relative to it */
export function readCredential(base: string, certificateFile: string, keyFile: string): Credential {
  try {
    const chain = readFileSync(resolve(dirname(base), certificateFile), "utf8").match(
      /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g,
    );
    const certificates = (chain ?? []).map((pem) => new X509Certificate(pem));
    const keyPem = readFileSync(resolve(dirname(base), keyFile), "utf8");
    if (!certificates[0]?.checkPrivateKey(createPrivateKey(keyPem)))
      throw new Error("the key is not that of the first certificate");
    return {
      certificates: Uint8Array.from(Buffer.concat(certificates.map(({ raw }) => raw))),
      key: Uint8Array.from(Buffer.from(KEY.exec(keyPem)![2]!, "base64")),
    };
  } catch (error) {
    throw new FactoryError(`${certificateFile} and ${keyFile}: ${(error as Error).message}`);
  }
}
