import { ask } from "./ask.js";
import { BehaviourRoutes } from "./behaviour-routes.js";
import { commands } from "./commands.js";
import { type Answer, type CloudRequest, type Route, text } from "./exchange.js";
import { page, readForm, readNotice, seeOther } from "./forms.js";
import type { Operated } from "./operated.js";
import { renderActivatePage, renderHomePage } from "./page.js";
import { refusedForm, type Typed } from "./page-fields.js";
import { type Notice, type NoticeName, notices } from "./page-frame.js";
import { pageScript } from "./page-script.js";
import { pageStyle } from "./page-style.js";
import { RateLimiter } from "./rate-limit.js";
import { type DeviceAction, deviceActions } from "./state.js";
import { parseObject } from "./text.js";

type Fields = Record<string, string>;

/** These are on their way when the page comes back; whether the device obeys shows later. */
const sent: ReadonlySet<DeviceAction> = new Set(["ping", "update", "reboot"]);

/** The person's side: the page for the six digits, the list of devices and its buttons. Needs no script. */
export class PageRoutes {
  readonly #cloud: Operated;
  /** Six digits can be guessed in a million tries; not at ten a minute within the life of a code. */
  readonly #codes: RateLimiter;

  constructor(cloud: Operated, now: () => number) {
    this.#cloud = cloud;
    this.#codes = new RateLimiter({ limit: 10, windowMs: 60_000, now, countRefused: false });
  }

  routes(): [string, Route][] {
    const { devices, broker } = commands(this.#cloud);
    const command = (run: (fields: Fields) => unknown): Route => ({
      methods: { POST: (request) => this.#run(run, request) },
    });
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
      ["/devices/key", command(({ mac, ...fields }) => devices({ ...trimmed(fields), mac: typedMac(mac) }))],
      ["/devices/command", { methods: { POST: (request) => this.#command(request) } }],
      ["/broker", command(broker)],
      ...new BehaviourRoutes(this.#cloud).routes(),
      ["/page.css", { methods: { GET: () => text(200, pageStyle, "text/css; charset=utf-8") } }],
      ["/page.js", { methods: { GET: () => text(200, pageScript, "text/javascript; charset=utf-8") } }],
    ];
  }

  #home(status: number, notice: Notice | null, typed: Typed | null = null): Answer {
    return page(status, renderHomePage(this.#cloud.state(), notice, typed));
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
    return this.#try("register", form, async ({ mac }) => {
      const reached = await this.#cloud.act(typedMac(mac), action);
      return reached ? (sent.has(action) ? "sent" : "done") : "unreachable";
    });
  }

  /** Answers with the page itself: what the device has said is in no address. */
  async #command(request: CloudRequest): Promise<Answer> {
    const form = readForm(request);
    if (!form) return this.#home(403, notices.refused);
    const fields = Object.fromEntries(form);
    const typed = { form: "command", fields, wrong: null };
    try {
      const command = parseObject(fields.command ?? "");
      if (!command) throw new RangeError("command: a JSON object is needed");
      const answer = await ask(this.#cloud, typedMac(fields.mac), command);
      const text = answer === null ? "Sent, and no answer came within five seconds." : `The device answers ${answer}`;
      return this.#home(200, { good: answer !== null, text }, typed);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return this.#home(400, { good: false, text: error.message }, refusedForm("command", fields, error));
    }
  }

  async #run(command: (fields: Fields) => unknown, request: CloudRequest): Promise<Answer> {
    const form = readForm(request);
    if (!form) return this.#home(403, notices.refused);
    return this.#try(request.path === "/devices/key" ? "key" : "broker", form, async (fields) => {
      await command(fields);
      return "done";
    });
  }

  /** A form that is refused comes back as it was. */
  async #try(name: string, form: URLSearchParams, act: (fields: Fields) => Promise<NoticeName>): Promise<Answer> {
    const fields = Object.fromEntries(form);
    try {
      return seeOther("/", await act(fields));
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return this.#home(400, { good: false, text: error.message }, refusedForm(name, fields, error));
    }
  }
}

/** As people copy it from labels: with colons, with hyphens or without anything. */
function typedMac(typed: string | undefined): string {
  const digits = (typed ?? "").replace(/[\s:-]/g, "");
  return digits.match(/../g)?.join(":") ?? digits;
}

function trimmed(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, value.trim()]));
}
