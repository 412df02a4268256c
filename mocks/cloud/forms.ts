import type { Answer, CloudRequest } from "./exchange.js";
import { type Notice, type NoticeName, notices } from "./page-frame.js";
import { sameSite } from "./same-site.js";

/** Scripts, styles, forms: only the cloud's own. */
const securityHeaders = {
  "Content-Security-Policy":
    "default-src 'none'; img-src data:; style-src 'self'; script-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  "X-Content-Type-Options": "nosniff",
  // With "no-referrer" browsers send `Origin: null` with the forms of this very page.
  "Referrer-Policy": "same-origin",
  "Cache-Control": "no-store",
};

const formType = "application/x-www-form-urlencoded";

export function page(status: number, html: string): Answer {
  return { status, headers: { "Content-Type": "text/html; charset=utf-8", ...securityHeaders }, body: html };
}

/** After a form, so that reloading the page does not send it again. */
export function seeOther(path: string, notice: NoticeName): Answer {
  return { status: 303, headers: { Location: `${path}?notice=${notice}` }, body: "" };
}

/** The fields of a form of the cloud's own pages; null for every other request. */
export function readForm(request: CloudRequest): URLSearchParams | null {
  const isForm = (request.headers["content-type"] ?? "").split(";", 1)[0]!.trim().toLowerCase() === formType;
  return isForm && sameSite(request) ? new URLSearchParams(request.body) : null;
}

export function readNotice({ query }: CloudRequest): Notice | null {
  const name = query.get("notice");
  return name !== null && Object.hasOwn(notices, name) ? notices[name as NoticeName] : null;
}
