/** What the portal sends, in its few shapes. */
import type { ServerReply } from "../modules/http/http.js";
import { escapeHtml } from "./form.js";

/** With every reply: nothing is kept, guessed or framed. */
const GUARD = {
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
} as const;

/** A page may run what stands in it, and talk to the portal; there is nothing else to load. */
const PAGE_POLICY =
  "default-src 'none';style-src 'unsafe-inline';script-src 'unsafe-inline';img-src data:;connect-src 'self';" +
  "form-action 'self';base-uri 'none';frame-ancestors 'none'";

export function html(status: number, body: ServerReply["body"]): ServerReply {
  return {
    status,
    headers: { ...GUARD, "content-type": "text/html; charset=utf-8", "content-security-policy": PAGE_POLICY },
    body,
  };
}

export function text(status: number, body: string): ServerReply {
  return { status, headers: { ...GUARD, "content-type": "text/plain; charset=utf-8" }, body };
}

export function notFound(): ServerReply {
  return text(404, "Not found");
}

/** To `url`, with a body: some systems count an empty answer as no network at all. */
export function redirect(url: string): ServerReply {
  const reply = refresh(url);
  return { ...reply, status: 302, headers: { ...reply.headers, location: url } };
}

/** A page that leads to `url`, for those that ignore a status that does. */
export function refresh(url: string): ServerReply {
  const target = escapeHtml(url);
  return html(
    200,
    `<!doctype html><meta http-equiv="refresh" content="0;url=${target}"><title>Wi-Fi</title><a href="${target}">Set up this device</a>`,
  );
}

export function json(status: number, value: unknown): ServerReply {
  return { status, headers: { ...GUARD, "content-type": "application/json" }, body: JSON.stringify(value) };
}

/** After a form was taken: the browser asks for `path` (RFC 9110 §15.4.4). */
export function seeOther(path: string): ServerReply {
  return { status: 303, headers: { ...GUARD, location: path }, body: "" };
}
