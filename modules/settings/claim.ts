/**
 * A claim certificate with its private key, as a phone hands it over (AWS IoT fleet provisioning by trusted user):
 * PEM in, the DER of both in base64 out, for the provisioning protocol that spends it.
 */
import { asObject } from "../json/json.js";
import { Secret } from "../secret/secret.js";
import { StoredRecord } from "../storage/record.js";
import type { Store } from "../storage/storage.js";
import { pemBlocks } from "./pem.js";
import type { SettingsMistake } from "./settings.js";

export interface Claim {
  /** DER, base64. */
  readonly certificate: string;
  /** DER, base64: PKCS#1, PKCS#8 or SEC 1, as `keyLabel` says. */
  readonly key: Secret;
  readonly keyLabel: (typeof KEY_LABELS)[number];
}

const KEY_LABELS = ["PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"] as const;

/** Of both in base64: the record has to fit into an NVS string. */
const MAX_CLAIM_CHARACTERS = 3_700;

/** @param text certificate and key in PEM, in any order */
export function parseClaim(text: string): Claim | SettingsMistake {
  const certificate = first(text, "CERTIFICATE");
  const keyLabel = KEY_LABELS.find((label) => first(text, label) !== undefined);
  const key = keyLabel && first(text, keyLabel);
  if (!certificate || !keyLabel || !key) return "claim-invalid";
  if (certificate.length + key.length > MAX_CLAIM_CHARACTERS) return "certificates-too-large";
  return { certificate, key: new Secret(key), keyLabel };
}

function first(text: string, label: string): string | undefined {
  return pemBlocks(text, label).next().value ?? undefined;
}

export function claimRecord(store: Store): StoredRecord<Claim> {
  return new StoredRecord({
    store,
    key: "claim",
    encode: ({ certificate, key, keyLabel }: Claim) => ({ certificate, key: key.reveal(), keyLabel }),
    decode(value): Claim | undefined {
      const { certificate, key, keyLabel } = asObject(value) ?? {};
      const label = KEY_LABELS.find((one) => one === keyLabel);
      if (typeof certificate !== "string" || typeof key !== "string" || !label) return undefined;
      return { certificate, key: new Secret(key), keyLabel: label };
    },
  });
}
