/**
 * A claim certificate with its private key, as a phone hands it over (AWS IoT fleet provisioning by trusted user):
 * PEM in, the DER of both in base64 out, for the provisioning protocol that spends it.
 */

import { isKeyOf } from "modules/tls/certificates-adapter";
import { Secret } from "../modules/base/secret.js";
import { fromBase64 } from "../modules/data/base64.js";
import { asInteger, asObject } from "../modules/data/json.js";
import { pemBlocks } from "../modules/data/pem.js";
import type { SettingsMistake } from "../modules/settings/settings.js";
import { StoredRecord } from "../modules/storage/record.js";
import { parseCertificate } from "../modules/tls/certificate.js";

export interface Claim {
  /** DER, base64. */
  readonly certificate: string;
  /** DER, base64: PKCS#1, PKCS#8 or SEC 1. */
  readonly key: Secret;
  /** Milliseconds since 1970: a trusted user's counts for five minutes. Undefined where nobody has said it. */
  readonly expiresMs?: number | undefined;
  /** Of the settings that it was stored with: it is for no other address. */
  readonly url?: string | undefined;
}

const KEY_LABELS: readonly string[] = ["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"];

/** Of both in base64: the record has to fit into an NVS string. */
const MAX_CLAIM_CHARACTERS = 3_700;

/**
 * @param text certificate and key in PEM, in any order, and maybe other certificates: the claim is the key's
 * @param nowMs a calendar that nobody has set is behind: what has ended by it has ended
 */
export function parseClaim(text: string, nowMs: number): Claim | SettingsMistake {
  const key = keyIn(text);
  if (!key || !first(text, "CERTIFICATE")) return "claim-invalid";
  const keyDer = fromBase64(key);
  for (const certificate of pemBlocks(text, "CERTIFICATE")) {
    if (certificate === undefined) return "claim-invalid";
    if (certificate.length + key.length > MAX_CLAIM_CHARACTERS) return "certificates-too-large";
    const der = fromBase64(certificate);
    const leaf = parseCertificate(der);
    if (!leaf || !isKeyOf(keyDer, der)) continue;
    return leaf.notAfterMs < nowMs ? "claim-expired" : { certificate, key: new Secret(key) };
  }
  return "claim-key";
}

/** @returns of the first private key in PEM the DER, in base64 */
export function keyIn(text: string): string | undefined {
  for (const label of KEY_LABELS) {
    const key = first(text, label);
    if (key !== undefined) return key;
  }
  return undefined;
}

function first(text: string, label: string): string | undefined {
  return pemBlocks(text, label).next().value ?? undefined;
}

export const CLAIM: StoredRecord<Claim> = new StoredRecord({
  key: "claim",
  // What is undefined JSON leaves out.
  encode: ({ key, ...others }: Claim) => ({ ...others, key: key.reveal() }),
  decode(value): Claim | undefined {
    const { certificate, key, expiresMs, url } = asObject(value) ?? {};
    if (typeof certificate !== "string" || typeof key !== "string") return undefined;
    const endMs = asInteger(expiresMs, 1, Number.MAX_SAFE_INTEGER);
    return {
      ...{ certificate, key: new Secret(key) },
      ...(endMs && { expiresMs: endMs }),
      ...(typeof url === "string" && { url }),
    };
  },
});
