import { BehaviourRoutes } from "./behaviour-routes.js";
import type { MockCloud } from "./cloud.js";
import { page, readForm, readNotice, seeOther } from "./forms.js";
import { type Answer, type CloudRequest, type Route, text } from "./http.js";
import { renderActivatePage, renderHomePage } from "./page.js";
import { type Notice, notices } from "./page-frame.js";
import { pageScript } from "./page-script.js";
import { pageStyle } from "./page-style.js";
import { RateLimiter } from "./rate-limit.js";
import { deviceActions } from "./state.js";

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
      ["/", { methods: { GET: (request) => this.#home(200, readNotice(request)) } }],
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
      ...new BehaviourRoutes(this.#cloud).routes(),
      ["/page.css", { methods: { GET: () => text(200, pageStyle, "text/css; charset=utf-8") } }],
      ["/page.js", { methods: { GET: () => text(200, pageScript, "text/javascript; charset=utf-8") } }],
    ];
  }

  #home(status: number, notice: Notice | null): Answer {
    return page(status, renderHomePage(this.#cloud.state(), notice));
  }

  #form(status: number, notice: Notice | null): Answer {
    return page(status, renderActivatePage(notice));
  }

  #enterCode(request: CloudRequest): Answer {
    const form = readForm(request);
    if (!form) return this.#form(403, notices.refused);
    // Digits are often read out and typed in two groups.
    const code = (form.get("code") ?? "").replace(/[\s-]/g, "");
    if (!/^\d{6}$/.test(code)) return this.#form(400, notices.malformed);
    const { rateLimited } = this.#cloud.settings;
    if (rateLimited && !this.#codes.take(request.ip).allowed) return this.#form(429, notices["too-many"]);
    if (this.#cloud.enterCode(code).bound)
      return seeOther(form.get("from") === "home" ? "/" : "/activate", "activated");
    return this.#form(404, notices.wrong);
  }

  async #act(request: CloudRequest): Promise<Answer> {
    const form = readForm(request);
    const action = deviceActions.find((name) => name === form?.get("action"));
    if (!form || !action) return this.#home(form ? 400 : 403, notices.refused);
    try {
      return seeOther("/", (await this.#cloud.act(typedMac(form.get("mac")), action)) ? "done" : "unreachable");
    } catch (error) {
      if (error instanceof RangeError) return this.#home(400, { good: false, text: error.message });
      throw error;
    }
  }
}

/** As people copy it from labels: with colons, with hyphens or without anything. */
function typedMac(typed: string | null): string {
  const digits = (typed ?? "").replace(/[\s:-]/g, "");
  return digits.match(/../g)?.join(":") ?? digits;
}
