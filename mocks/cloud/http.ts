import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from "node:http";
import { createServer as createTlsServer, type Server as TlsServer } from "node:https";
import type { AddressInfo } from "node:net";
import type { Faults, HttpEndpoint } from "./faults.js";
import { failWith, sendAnswer } from "./send.js";
import type { TlsIdentity } from "./settings.js";
import { printable } from "./text.js";

export interface CloudRequest {
  method: string;
  /** Without the query. */
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  body: string;
  /** The address of the other side. */
  ip: string;
  /** Aborted when the other side hangs up before the answer. */
  gone: AbortSignal;
}

export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string;
  /** Sent in chunks without a Content-Length, as Spring does. */
  chunked?: boolean;
}

export type Handler = (request: CloudRequest) => Answer | Promise<Answer>;

export interface Route {
  /** The name that faults and counters use; pages and the admin API have none. */
  endpoint?: HttpEndpoint;
  methods: Readonly<Record<string, Handler>>;
}

export function json(status: number, value: unknown, headers: Record<string, string> = {}): Answer {
  return { status, headers: { "Content-Type": "application/json", ...headers }, body: JSON.stringify(value) };
}

export function text(status: number, body: string, type = "text/plain; charset=utf-8"): Answer {
  return { status, headers: { "Content-Type": type }, body };
}

/** No request of a device or a person is longer than this. */
const maxRequestBytes = 64 * 1024;

/** The HTTP side: reads requests, finds routes, lets the planned faults have their way with the answers. */
export class HttpFront {
  readonly #server: Server;
  #tlsServer: TlsServer | undefined;
  readonly #routes: ReadonlyMap<string, Route>;
  readonly #faults: Faults;
  readonly #log: (line: string) => void;
  /** How many requests each endpoint has had, faults included. */
  readonly counts: Partial<Record<HttpEndpoint, number>> = {};

  constructor(routes: ReadonlyMap<string, Route>, faults: Faults, log: (line: string) => void) {
    this.#routes = routes;
    this.#faults = faults;
    this.#log = log;
    this.#server = createServer((incoming, response) => this.#take(incoming, response));
  }

  /** Listens on 127.0.0.1; resolves to the port. Rejects with Node's error when the port is taken. */
  listen(port: number): Promise<number> {
    return listen(this.#server, port);
  }

  /** The same over TLS, on a port of its own. */
  listenTls(port: number, identity: TlsIdentity): Promise<number> {
    this.#tlsServer = createTlsServer(identity, (incoming, response) => this.#take(incoming, response));
    this.#tlsServer.on("tlsClientError", (error) => this.#log(`https: ${error.message}`));
    return listen(this.#tlsServer, port);
  }

  /** Cuts every connection and stops listening. */
  async close(): Promise<void> {
    await Promise.all([this.#server, ...(this.#tlsServer ? [this.#tlsServer] : [])].map(close));
    this.#tlsServer = undefined;
  }

  #take(incoming: IncomingMessage, response: ServerResponse): void {
    this.#serve(incoming, response).catch((error: unknown) => {
      this.#log(`http: ${error instanceof Error ? error.message : "failed"}`);
      response.destroy();
    });
  }

  async #serve(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const gone = new AbortController();
    response.once("close", () => gone.abort());
    const body = await readBody(incoming);
    if (body === null) {
      incoming.resume();
      return sendAnswer(response, json(413, { detail: "Request Entity Too Large" }, { Connection: "close" }));
    }
    const [path = "/", query = ""] = (incoming.url ?? "/").split("?", 2);
    const request: CloudRequest = {
      method: incoming.method ?? "",
      path,
      query: new URLSearchParams(query),
      headers: incoming.headers,
      body,
      ip: incoming.socket.remoteAddress ?? "",
      gone: gone.signal,
    };
    const route = this.#routes.get(request.path);
    const endpoint = route?.endpoint;
    if (endpoint) this.counts[endpoint] = (this.counts[endpoint] ?? 0) + 1;
    const fault = endpoint ? this.#faults.takeHttp(endpoint) : null;
    if (fault) {
      this.#log(`${endpoint}: fault ${fault.kind}`);
      await failWith(fault, request, response, () => this.#answer(route, request));
    } else {
      const answer = await this.#answer(route, request);
      if (!gone.signal.aborted) await sendAnswer(response, answer);
    }
  }

  async #answer(route: Route | undefined, request: CloudRequest): Promise<Answer> {
    if (!route) return this.#notFound(request);
    const handler = Object.hasOwn(route.methods, request.method) ? route.methods[request.method] : undefined;
    if (handler) return handler(request);
    return json(405, { detail: "Method Not Allowed" }, { Allow: Object.keys(route.methods).join(", ") });
  }

  #notFound({ method, path }: CloudRequest): Answer {
    const withoutSlash = path.replace(/\/$/, "");
    // FastAPI sends a client that typed one slash too many to the right place.
    if (withoutSlash !== path && this.#routes.get(withoutSlash)?.endpoint) {
      return { status: 307, headers: { Location: withoutSlash }, body: "" };
    }
    this.#log(`404 ${printable(method, 10)} ${printable(path)}`);
    return json(404, { detail: "Not Found" });
  }
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => {
      server.off("error", reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/** The whole body as UTF-8, or null when it is too long. */
async function readBody(incoming: IncomingMessage): Promise<string | null> {
  const parts: Buffer[] = [];
  let length = 0;
  // Leaving the loop must not destroy the request: its rest is read, else the refusal may be lost on the way.
  for await (const part of incoming.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > maxRequestBytes) return null;
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}
