/** Where HTTP stands in for MQTT, as the device service's `api_config` says it. */

import { Secret } from "../modules/base/secret.js";
import { asText, type Json } from "../modules/data/json.js";
import { formatUrl, hasScheme, joinUrl, parseUrl, type Url } from "../modules/data/url.js";
import { type Credentials, checkPassword, MAX_TEXT_CHARACTERS } from "./credentials.js";

/** One of the two URLs is there at least. */
export interface StandIn {
  /** Takes readings. */
  readonly dataUrl: Url | undefined;
  readonly statusUrl: Url | undefined;
  readonly deviceId: string;
  readonly deviceSecret: Secret;
}

/**
 * An endpoint's URL: what has no scheme is appended to the server's (RFC 3986 §4.2 calls it relative).
 * @returns undefined where there is none; whether the device can use it `checkStandIn` says
 */
export function resolveEndpoint(endpoint: unknown, server: unknown): string | undefined {
  const text = asText(endpoint)?.trim();
  if (!text) return undefined;
  if (hasScheme(text)) return text;
  const base = parseUrl(asText(server) ?? "");
  // Two slashes begin a host, not a path.
  return base && !text.startsWith("//") ? formatUrl(joinUrl(base, text.replace(/^\//, ""))) : undefined;
}

/** @returns undefined where nothing can be sent; anything of it that makes no sense does no harm to the rest */
export function checkStandIn(raw: Json | undefined, { tls }: Credentials): StandIn | undefined {
  const deviceId = asText(raw?.deviceId);
  const secret = checkPassword(raw?.deviceSecret);
  if (!deviceId || deviceId.length > MAX_TEXT_CHARACTERS) return undefined;
  if (!secret.ok) return undefined;
  const dataUrl = checkUrl(raw?.dataUrl, tls);
  const statusUrl = checkUrl(raw?.statusUrl, tls);
  return dataUrl || statusUrl ? { dataUrl, statusUrl, deviceId, deviceSecret: new Secret(secret.value) } : undefined;
}

export function encodeStandIn({ dataUrl, statusUrl, deviceId, deviceSecret }: StandIn): Json {
  return {
    ...(dataUrl && { dataUrl: formatUrl(dataUrl) }),
    ...(statusUrl && { statusUrl: formatUrl(statusUrl) }),
    deviceId,
    deviceSecret: deviceSecret.reveal(),
  };
}

/** Whoever blocks a broker that speaks TLS must not get the secret in clear by that. */
function checkUrl(value: unknown, needsTls: boolean): Url | undefined {
  const url = parseUrl(asText(value) ?? "");
  return url && (url.tls || !needsTls) ? url : undefined;
}
