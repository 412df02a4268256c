import { type Answer, type CloudRequest, json, type Route } from "./exchange.js";
import type { Faults, HttpEndpoint, HttpFault } from "./faults.js";
import { spoil } from "./spoil.js";
import { printable } from "./text.js";

/** What becomes of a request: an answer, its body cut in the middle or dribbled out, or nothing at all. */
export type Delivery =
  | { kind: "answer"; answer: Answer }
  | { kind: "cut-body"; answer: Answer }
  | { kind: "slow"; answer: Answer; chunkBytes: number; intervalMs: number }
  | { kind: "silence" }
  | { kind: "reset" };

interface Options {
  routes: ReadonlyMap<string, Route>;
  faults: Faults;
  settings: { readonly pathPrefix: string };
  log: (line: string) => void;
}

/** Finds routes and lets the planned faults have their way with the answers. Knows nothing of sockets. */
export class Dispatcher {
  readonly #options: Options;
  /** How many requests each endpoint has had, faults included. */
  readonly counts: Partial<Record<HttpEndpoint, number>> = {};

  constructor(options: Options) {
    this.#options = options;
  }

  async handle(request: CloudRequest): Promise<Delivery> {
    const { faults, log } = this.#options;
    const route = this.#route(request.path);
    const endpoint = route?.endpoint;
    if (!endpoint) return { kind: "answer", answer: await this.#answer(route, request) };
    this.counts[endpoint] = (this.counts[endpoint] ?? 0) + 1;
    const fault = faults.takeHttp(endpoint);
    if (!fault) return { kind: "answer", answer: await this.#answer(route, request) };
    log(`${endpoint}: fault ${fault.kind}`);
    return this.#faulty(fault, endpoint, () => this.#answer(route, request));
  }

  async #faulty(fault: HttpFault, endpoint: HttpEndpoint, real: () => Promise<Answer>): Promise<Delivery> {
    switch (fault.kind) {
      case "hang":
        return { kind: "silence" };
      case "cut":
        return fault.at === "headers" ? { kind: "reset" } : { kind: "cut-body", answer: await real() };
      case "slow":
        return { ...fault, answer: await real() };
      default:
        return { kind: "answer", answer: await spoil(fault, endpoint, real) };
    }
  }

  /** Services live below the prefix, pages and the admin API at the root. */
  #route(path: string): Route | undefined {
    const { routes, settings } = this.#options;
    const inside = path.startsWith(`${settings.pathPrefix}/`) ? path.slice(settings.pathPrefix.length) : "";
    const service = routes.get(inside);
    if (service?.endpoint) return service;
    const page = routes.get(path);
    return page?.endpoint ? undefined : page;
  }

  async #answer(route: Route | undefined, request: CloudRequest): Promise<Answer> {
    if (!route) return this.#notFound(request);
    const handler = Object.hasOwn(route.methods, request.method) ? route.methods[request.method] : undefined;
    return handler ? handler(request) : methodNotAllowed(...Object.keys(route.methods));
  }

  #notFound({ method, path }: CloudRequest): Answer {
    const withoutSlash = path.replace(/\/$/, "");
    // FastAPI sends a client that typed one slash too many to the right place.
    if (withoutSlash !== path && this.#route(withoutSlash)?.endpoint) {
      return { status: 307, headers: { Location: withoutSlash }, body: "" };
    }
    this.#options.log(`404 ${printable(method, 10)} ${printable(path)}`);
    return notFound();
  }
}

/** FastAPI's answer to a path that it does not know. */
export function notFound(): Answer {
  return json(404, { detail: "Not Found" });
}

export function methodNotAllowed(...allowed: string[]): Answer {
  return json(405, { detail: "Method Not Allowed" }, { Allow: allowed.join(", ") });
}
