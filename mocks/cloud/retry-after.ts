/** A `Retry-After` header in either form of RFC 9110, section 10.2.3; none for every other word. */
export function retryAfterHeader(form: string, waitMs: number, nowMs: number): Record<string, string> {
  const seconds = Math.ceil(waitMs / 1000);
  if (form === "seconds") return { "Retry-After": String(seconds) };
  // A date has whole seconds: it must not lie before the end of the wait.
  if (form === "date") return { "Retry-After": new Date(Math.ceil((nowMs + waitMs) / 1000) * 1000).toUTCString() };
  return {};
}
