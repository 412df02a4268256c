/** What services say when they do not give what was asked for. */
import { type Failed, failed, type Reason } from "../modules/failure/failure.js";
import type { HttpResponse } from "../modules/http/http.js";
import { asObject, asText, type Json, parseObject } from "../modules/json/json.js";

/** The failure in an answer whose status is none of the protocol's successes. */
export function statusFailure(response: HttpResponse, reasons: Readonly<Record<number, Reason>>): Failed {
  const { status, body, retryAfterMs } = response;
  const reason = reasons[status] ?? (status >= 500 ? "server-error" : "unexpected-status");
  const answer = parseObject(body);
  const said = answer && errorText(answer);
  return failed(reason, said ? `${status}: ${said}` : String(status), retryAfterMs ?? bodyRetryAfterMs(answer));
}

/** What services call their error texts; FastAPI's `detail` is a text or a list of what is wrong with which field. */
export function errorText(answer: Json): string | undefined {
  const { detail, error, message, msg } = answer;
  if (Array.isArray(detail)) {
    return detail
      .map(asObject)
      .map(
        (item) =>
          `${Array.isArray(item?.loc) ? item.loc.map((part) => asText(part) ?? "?").join(".") : "?"}: ${asText(item?.msg) ?? "?"}`,
      )
      .join(", ");
  }
  return asText(detail) ?? asText(error) ?? asText(asObject(error)?.message) ?? asText(message) ?? asText(msg);
}

/** `retry_after` in the body is in milliseconds, unlike the header. */
function bodyRetryAfterMs(answer: Json | undefined): number | undefined {
  const value = answer?.retry_after;
  return typeof value === "number" && value >= 0 ? value : undefined;
}
