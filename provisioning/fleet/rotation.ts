/** When a certificate of fleet provisioning is replaced, and with what. */
import type { Address } from "../../modules/data/address.js";
import { type Keystore, SLOTS } from "../../modules/identity/keystore.js";
import { parseCertificate } from "../../modules/tls/certificate.js";
import type { Configuration } from "../configuration.js";
import { isTemplateName, templateOf } from "./request.js";

/** A device may be off for weeks; of a shorter life it is the last third. */
const BEFORE_EXPIRY_MS = 30 * 24 * 60 * 60 * 1000;

/**
 * @param wanted a template's name; undefined: the one that the account has given as `rotationTemplate`
 * @returns undefined where the certificate is not from there, or nothing names a template
 */
export function rotationTemplate(
  address: Address,
  { credentials, deviceConfiguration }: Configuration,
  wanted?: unknown,
): string | undefined {
  const isOwn = SLOTS.some((slot) => slot === credentials.certificate);
  const name = wanted ?? deviceConfiguration?.rotationTemplate;
  return templateOf(address) && isOwn && isTemplateName(name) ? name : undefined;
}

/** It ends soon. */
export function isExpiring({ credentials }: Configuration, keystore: Keystore, nowMs: number): boolean {
  const leaf = credentials.certificate && keystore.read(credentials.certificate)?.chain[0];
  const certificate = leaf && parseCertificate(leaf);
  if (!certificate) return false;
  const { notBeforeMs, notAfterMs } = certificate;
  return notAfterMs - nowMs < Math.min(BEFORE_EXPIRY_MS, (notAfterMs - notBeforeMs) / 3);
}
