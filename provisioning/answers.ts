/** What services say when they do not give what was asked for. */
import { type Failed, failed, type Reason } from "../modules/base/failure.js";
import { asInteger, asObject, asText, type Json, type Names, parseObject } from "../modules/data/json.js";
import type { HttpResponse } from "../modules/http/http.js";

/** What these mean to every service; a protocol has its own for others. */
const commonReasons: Readonly<Record<number, Reason>> = {
  400: "request-refused",
  408: "timeout",
  422: "request-refused",
  429: "rate-limited",
  // RFC 6585 §6: of the network, not of the service.
  511: "login-page",
};
/** "For now": how a network sends people to its login. A service that has moved says 301 or 308. */
const TO_LOGIN: readonly number[] = [302, 303, 307];

/** What an error may be called, and how long it asks to wait. A protocol's own answers have these and others. */
export const ERROR_MEMBERS = ["detail", "error", "message", "msg", "code", "loc", "success", "retry_after"] as const;
const ERROR_NAMES: Names = new Set<string>(ERROR_MEMBERS);

/** More wrong fields than a person reads. */
const MAX_FIELDS = 4;
/** Of an error in plain words; what is longer is no sentence for a person. */
const MAX_SENTENCE_CHARACTERS = 200;

/** The failure in an answer whose status is none of the protocol's successes. */
export function statusFailure(response: HttpResponse, reasons: Readonly<Record<number, Reason>>): Failed {
  const { status, body, redirect } = response;
  const answer = parseError(body);
  const reason = reasons[status] ?? commonReasons[status] ?? reasonOf(response, answer);
  const said = redirect?.location ?? (answer ? errorText(answer) : sentenceIn(body));
  return failed(reason, said ? `${status}: ${said}` : String(status), askedPauseMs(response, answer));
}

function reasonOf({ status, redirect }: HttpResponse, answer: Json | undefined): Reason {
  if (status >= 500) return "server-error";
  if (redirect?.isElsewhere && TO_LOGIN.includes(status)) return "login-page";
  // A firewall or a gateway before the service has a 403, too, in HTML or as a bare `message`.
  const isOwn = status === 403 && errorText({ detail: answer?.detail, error: answer?.error }) !== undefined;
  return isOwn ? "device-disabled" : "unexpected-status";
}

/** An answer that is an error, or none that is understood. */
export function parseError(body: string): Json | undefined {
  return parseObject(body, ERROR_NAMES);
}

/** The failure in an answer that was to be JSON. */
export function noJson({ body }: HttpResponse): Failed {
  return isPage(body) ? failed("login-page", "HTML") : failed("bad-answer", "no JSON");
}

export function isPage(body: string): boolean {
  return body.trimStart().startsWith("<");
}

/** Go's and proxies' errors are a line of text. */
function sentenceIn(body: string): string | undefined {
  const text = body.trim();
  return text === "" || text.length > MAX_SENTENCE_CHARACTERS || /^[<[{]/.test(text) ? undefined : text;
}

/** @returns the failure in an answer with status 200, or undefined where it is none */
export function errorFailure(response: HttpResponse, answer: Json): Failed | undefined {
  return isError(answer) ? failed("server-error", errorText(answer), askedPauseMs(response, answer)) : undefined;
}

/** The service's own 404: it does not know the device. Any other web server's says that there is no such path. */
export function isOwnNotFound(said: string | undefined): boolean {
  return said !== undefined && !/^not found\.?$/i.test(said);
}

/** What services call their error texts; FastAPI's `detail` is a text or a list of what is wrong with which field. */
export function errorText(answer: Json): string | undefined {
  const { detail, error, message, msg } = answer;
  if (Array.isArray(detail)) {
    return detail
      .slice(0, MAX_FIELDS)
      .map(asObject)
      .map(
        (item) =>
          `${Array.isArray(item?.loc) ? item.loc.map((part) => asText(part) ?? "?").join(".") : "?"}: ${asText(item?.msg) ?? "?"}`,
      )
      .join(", ");
  }
  const { message: errorMessage, code } = asObject(error) ?? {};
  return asText(detail) ?? asText(error) ?? asText(errorMessage) ?? asText(code) ?? asText(message) ?? asText(msg);
}

/** The longest of what the answer asks for: in its header, and in milliseconds as `retry_after` in its body. */
export function askedPauseMs({ retryAfterMs, body }: HttpResponse, answer = parseError(body)): number | undefined {
  const asked = [retryAfterMs, answer?.retry_after, asObject(answer?.error)?.retry_after];
  const pauses = asked.filter((value): value is number => typeof value === "number" && value >= 0);
  return pauses.length > 0 ? Math.max(...pauses) : undefined;
}

/** Servers put errors into answers with status 200. */
function isError({ error, success, code, msg }: Json): boolean {
  // A text of more digits is a code for a person, with zeros before it or without.
  const status = typeof code === "number" || /^\d{3}$/.test(asText(code) ?? "") ? code : undefined;
  return (
    (error !== undefined && error !== null) ||
    success === false ||
    // Beside a `msg` it has more digits than HTTP's; a code for a person has at least 4, and no `msg`.
    asInteger(status, 400, msg === undefined ? 999 : 99_999) !== undefined
  );
}
