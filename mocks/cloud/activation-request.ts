import { createHmac, timingSafeEqual } from "node:crypto";
import type { CloudSettings } from "./switches.js";
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

/**
 * HMAC-SHA256 of the challenge's UTF-8 bytes, as 64 lower-case hexadecimal digits; compared in constant time.
 * The key is its bytes, or the text of its lower-case hexadecimal digits, as py-xiaozhi takes it.
 */
export function signatureMatches(
  key: Uint8Array,
  form: CloudSettings["keyForm"],
  { challenge, hmac }: { challenge: string; hmac: string },
): boolean {
  const secret = form === "text" ? Buffer.from(key).toString("hex") : key;
  const expected = Buffer.from(createHmac("sha256", secret).update(challenge).digest("hex"));
  const given = Buffer.from(hmac);
  return expected.length === given.length && timingSafeEqual(expected, given);
}

/** Whether the device says that it signs: `2`, or py-xiaozhi's own version such as `2.1.1`. */
export function isVersion2(activationVersion: string): boolean {
  return /^2(\.|$)/.test(activationVersion);
}
