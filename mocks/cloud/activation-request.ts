import { createHmac, timingSafeEqual } from "node:crypto";
import { type Answer, json } from "./http.js";
import type { CloudSettings } from "./settings.js";
import { asObject, asString, parseObject } from "./text.js";

/** What an `activate` says: a signature (version 2), nothing (version 1), or what is wrong with it. */
export type ActivateFields = { serial: string; challenge: string; hmac: string } | { version: 1 } | { problem: string };

/**
 * Reads the body of `activate`. Version 2 is flat in the firmware and wrapped in `Payload` in the contract and
 * in the Python client; version 1 is `{}`.
 */
export function activateFields(body: string, signed: boolean, form: CloudSettings["activateBody"]): ActivateFields {
  const object = parseObject(body);
  if (!object) return { problem: "the body is not a JSON object" };
  if (!signed) return { version: 1 };
  const payload = asObject(object.Payload);
  if (payload && form === "flat") return { problem: "the body must not be wrapped in Payload" };
  if (!payload && form === "wrapped") return { problem: "the body must be wrapped in Payload" };
  const { algorithm, serial_number, challenge, hmac } = payload ?? object;
  if (algorithm !== "hmac-sha256") return { problem: "algorithm must be hmac-sha256" };
  const fields = { serial: asString(serial_number), challenge: asString(challenge), hmac: asString(hmac) };
  const missing = Object.entries(fields).find(([, value]) => !value);
  if (missing) return { problem: `${missing[0]} is missing` };
  return fields as { serial: string; challenge: string; hmac: string };
}

/** HMAC-SHA256 of the challenge's UTF-8 bytes, as 64 lower-case hexadecimal digits; compared in constant time. */
export function signatureMatches(key: Uint8Array, challenge: string, hmac: string): boolean {
  const expected = Buffer.from(createHmac("sha256", key).update(challenge).digest("hex"));
  const given = Buffer.from(hmac);
  return expected.length === given.length && timingSafeEqual(expected, given);
}

/** The contract's error body. `retryAfterMs` becomes `retry_after`, in milliseconds; there is no such header. */
export function errorAnswer(
  status: number,
  code: string,
  message: string,
  retryAfterMs?: number,
  details?: string,
): Answer {
  return json(status, {
    error: { code, message, ...(details === undefined ? {} : { details }) },
    ...(retryAfterMs === undefined ? {} : { retry_after: retryAfterMs }),
  });
}
