import { commands } from "./commands.js";
import type { Answer, CloudRequest, Route } from "./exchange.js";
import { page, readForm, readNotice, seeOther } from "./forms.js";
import type { Operated } from "./operated.js";
import { renderBehaviourPage } from "./page-behaviour.js";
import { refusedForm, type Typed } from "./page-fields.js";
import { type Notice, notices } from "./page-frame.js";

type Fields = Record<string, string>;

/** By what they plan for; the others have one in common. */
const faultForms: Fields = { mqtt: "broker-faults", "firmware-file": "file-faults" };

/** The page of dialects, switches, faults and firmware. Its forms do what the admin API does. */
export class BehaviourRoutes {
  readonly #cloud: Operated;

  constructor(cloud: Operated) {
    this.#cloud = cloud;
  }

  routes(): [string, Route][] {
    const { settings, faults, firmware } = commands(this.#cloud);
    const form = (path: string, command: (fields: Fields) => void): [string, Route] => [
      `/behaviour/${path}`,
      { methods: { POST: (request) => this.#run(path, command, request) } },
    ];
    return [
      ["/behaviour", { methods: { GET: (request) => this.#page(200, readNotice(request)) } }],
      form("switches", settings),
      form("faults", (fields) => faults(fields.clear === "all" ? { clear: true } : plannedFault(fields))),
      form("firmware", (fields) => firmware(wantedFirmware(fields))),
    ];
  }

  #page(status: number, notice: Notice | null, typed: Typed | null = null): Answer {
    return page(status, renderBehaviourPage(this.#cloud.state(), notice, typed));
  }

  #run(path: string, command: (fields: Fields) => void, request: CloudRequest): Answer {
    const form = readForm(request);
    if (!form) return this.#page(403, notices.refused);
    const fields: Fields = Object.fromEntries(form);
    try {
      command(fields);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      const name = path === "faults" ? (faultForms[fields.endpoint ?? ""] ?? path) : path;
      return this.#page(400, { good: false, text: error.message }, refusedForm(name, fields, error));
    }
    return seeOther("/behaviour", "done");
  }
}

/** One that is served here, one that is described, or none. */
function wantedFirmware(fields: Fields): Record<string, unknown> {
  if (fields.release !== undefined) return fields;
  return { offer: fields.withdraw === undefined ? fields : null };
}

/** A form sends every field: those left empty are not meant, and numbers come as text. */
function plannedFault(fields: Fields): Record<string, unknown> {
  const meant = Object.entries(fields).filter(([, value]) => value.trim() !== "");
  const asJson = ([name, value]: [string, string]) => [
    name,
    name !== "body" && /^\d{1,10}$/.test(value) ? Number(value) : value,
  ];
  return Object.fromEntries(meant.map(asJson));
}
