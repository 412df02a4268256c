/**
 * All that a phone's app has for a device, in one JSON document: what AWS IoT's CreateProvisioningClaim answers, and
 * where it is for, which that does not say.
 */

import { Secret } from "../modules/base/secret.js";
import { formatAddress, parseAddress } from "../modules/data/address.js";
import { asInteger, asObject, asText, type Json, type Names, parseObject } from "../modules/data/json.js";
import { objectIn, parseTexts } from "../modules/data/texts.js";
import { isToken } from "../modules/identity/identity.js";
import type { SettingsMistake } from "../modules/settings/settings.js";
import { type Claim, parseClaim } from "./claim.js";
import { isTemplateName } from "./fleet/request.js";

export interface HandOver {
  readonly claim?: Claim;
  /** For a certificate vending machine. */
  readonly token?: Secret;
  /** Where it is for, in place of the address that was typed. */
  readonly url?: string;
}

const DOCUMENT_NAMES: Names = new Set([
  ...["certificatePem", "privateKey", "keyPair", "PrivateKey", "endpoint", "templateName", "parameters", "expiration"],
  "deviceToken",
]);
/** An address has room for fewer. */
const MAX_PARAMETERS = 64;

/** Seconds since 1970 have fewer digits until 5138. */
const LEAST_MS = 1e11;

/**
 * @param text `{endpoint, templateName, parameters, certificatePem, privateKey | keyPair.PrivateKey, expiration,
 *   deviceToken}`: a claim or a token at least; the first three are the address of fleet provisioning. Others are left.
 * @param nowMs a calendar that nobody has set is behind
 */
export function parseHandOver(text: string, nowMs: number): HandOver | SettingsMistake {
  const document = parseObject(text, DOCUMENT_NAMES);
  if (!document) return "document-invalid";
  const { certificatePem, privateKey, keyPair, endpoint, templateName, parameters, expiration, deviceToken } = document;
  const key = privateKey ?? asObject(keyPair)?.PrivateKey;
  const hasClaim = certificatePem !== undefined || key !== undefined;
  if (!hasClaim && deviceToken === undefined) return "document-invalid";
  if (deviceToken !== undefined && (typeof deviceToken !== "string" || !isToken(deviceToken)))
    return "document-invalid";
  const url =
    endpoint === undefined && templateName === undefined
      ? undefined
      : addressOf(document, (asObject(parameters) && objectIn(text, "parameters")) || "{}");
  const expiresMs = expiration === undefined ? undefined : timeOf(expiration);
  if (url === null || expiresMs === null) return "document-invalid";
  const handed = { ...(url && { url }), ...(deviceToken && { token: new Secret(deviceToken) }) };
  if (!hasClaim) return handed;
  const claim = parseClaim(`${certificatePem}\n${key}`, nowMs);
  if (typeof claim === "string") return claim;
  if (expiresMs !== undefined && expiresMs <= nowMs) return "claim-expired";
  return { ...handed, claim: { ...claim, expiresMs } };
}

/**
 * @param parameters as JSON
 * @returns null where it makes no sense
 */
function addressOf({ endpoint, templateName }: Json, parameters: string): string | null {
  const query: string[] = [];
  const texts = parseTexts(parameters, MAX_PARAMETERS);
  if (!texts) return null;
  try {
    for (const [name, text] of texts) {
      if (text === "") return null;
      query.push(`${encodeURIComponent(name)}=${encodeURIComponent(text)}`);
    }
  } catch {
    return null; // half of a surrogate pair
  }
  if (!isTemplateName(templateName)) return null;
  const path = `/${templateName}${query.length ? `?${query.join("&")}` : ""}`;
  const address = parseAddress(`mqtts://${asText(endpoint) ?? ""}${path}`);
  return address?.path === path ? formatAddress(address) : null;
}

/** Seconds, milliseconds or ISO 8601: the API, its SDKs and its command line differ. @returns null where it is no time */
function timeOf(value: unknown): number | null {
  const number = typeof value === "number" ? Math.floor(value) : value;
  const time = asInteger(number, 1, Number.MAX_SAFE_INTEGER / 1000) ?? Date.parse(asText(value) ?? "");
  if (Number.isNaN(time)) return null;
  return time < LEAST_MS ? time * 1000 : time;
}
