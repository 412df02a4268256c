import type { MockCloud } from "./cloud.js";
import { type Answer, type CloudRequest, type Route, text } from "./http.js";
import { type Notice, notices, renderActivatePage, renderHomePage } from "./page.js";
import { pageScript } from "./page-script.js";
import { pageStyle } from "./page-style.js";
import { RateLimiter } from "./rate-limit.js";
import { sameSite } from "./same-site.js";
import { deviceActions } from "./state.js";

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

/** The person's side: the page for the six digits, the list of devices and its buttons. Needs no script. */
export class PageRoutes {
  readonly #cloud: MockCloud;
  /** Six digits can be guessed in a million tries; not at ten a minute within the life of a code. */
  readonly #codes: RateLimiter;

  constructor(cloud: MockCloud, now: () => number) {
    this.#cloud = cloud;
    this.#codes = new RateLimiter({ limit: 10, windowMs: 60_000, now, countRefused: false });
  }

  routes(): [string, Route][] {
    return [
      ["/", { methods: { GET: (request) => this.#home(readNotice(request)) } }],
      [
        "/activate",
        {
          methods: {
            GET: (request) => this.#form(200, readNotice(request)),
            POST: (request) => this.#enterCode(request),
          },
        },
      ],
      ["/devices", { methods: { POST: (request) => this.#act(request) } }],
      ["/page.css", { methods: { GET: () => text(200, pageStyle, "text/css; charset=utf-8") } }],
      ["/page.js", { methods: { GET: () => text(200, pageScript, "text/javascript; charset=utf-8") } }],
    ];
  }

  #home(notice: Notice | null): Answer {
    return page(200, renderHomePage(this.#cloud.state(), notice));
  }

  #form(status: number, notice: Notice | null): Answer {
    return page(status, renderActivatePage(notice));
  }

  #enterCode(request: CloudRequest): Answer {
    const form = readForm(request);
    if (!form) return this.#form(403, "refused");
    // Digits are often read out and typed in two groups.
    const code = (form.get("code") ?? "").replace(/[\s-]/g, "");
    if (!/^\d{6}$/.test(code)) return this.#form(400, "malformed");
    const { rateLimited } = this.#cloud.settings;
    if (rateLimited && !this.#codes.take(request.ip).allowed) return this.#form(429, "too-many");
    if (this.#cloud.enterCode(code).bound)
      return seeOther(form.get("from") === "home" ? "/" : "/activate", "activated");
    return this.#form(404, "wrong");
  }

  async #act(request: CloudRequest): Promise<Answer> {
    const form = readForm(request);
    const action = deviceActions.find((name) => name === form?.get("action"));
    if (!form || !action) return page(form ? 400 : 403, renderHomePage(this.#cloud.state(), "refused"));
    try {
      return seeOther("/", (await this.#cloud.act(form.get("mac") ?? "", action)) ? "done" : "unreachable");
    } catch (error) {
      if (error instanceof RangeError) return page(400, renderHomePage(this.#cloud.state(), "refused"));
      throw error;
    }
  }
}

function page(status: number, html: string): Answer {
  return { status, headers: { "Content-Type": "text/html; charset=utf-8", ...securityHeaders }, body: html };
}

/** After a form, so that reloading the page does not send it again. */
function seeOther(path: string, notice: Notice): Answer {
  return { status: 303, headers: { Location: `${path}?notice=${notice}` }, body: "" };
}

function readForm(request: CloudRequest): URLSearchParams | null {
  const isForm = (request.headers["content-type"] ?? "").split(";", 1)[0]!.trim().toLowerCase() === formType;
  return isForm && sameSite(request) ? new URLSearchParams(request.body) : null;
}

function readNotice({ query }: CloudRequest): Notice | null {
  const name = query.get("notice");
  return name !== null && Object.hasOwn(notices, name) ? (name as Notice) : null;
}
