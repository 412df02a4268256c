/** The captive page over a scripted model, on a real socket: what the portal's routes do with a device behind them. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { onTestFinished } from "vitest";
import { installGlobals } from "../../mocks/moddable/globals.js";
import type { PageModel } from "../../softap/model.js";
import { chooseLanguage, type Language, renderNetworks, renderPage, renderStatus } from "../../softap/view.js";

export interface Posted {
  readonly path: string;
  readonly fields: Readonly<Record<string, string>>;
}

export class PageServer {
  model: PageModel;
  /** Paths of the requests, in order; queries are left out. */
  readonly asked: string[] = [];
  readonly posted: Posted[] = [];
  /** What a form changes. */
  onPost: (posted: Posted) => Partial<PageModel> | undefined = () => undefined;
  #server: Server | undefined;
  #sockets = new Set<Socket>();
  #port = 0;

  constructor(model: PageModel) {
    this.model = model;
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}/`;
  }

  set(change: Partial<PageModel>): void {
    this.model = { ...this.model, ...change };
  }

  async start(): Promise<void> {
    installGlobals();
    const server = createServer((request, response) => void this.#answer(request, response));
    server.on("connection", (socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => this.#sockets.delete(socket));
    });
    this.#server = server;
    await new Promise<void>((done) => server.listen(this.#port, "127.0.0.1", done));
    this.#port = (server.address() as AddressInfo).port;
  }

  /** As if the access point went away: open connections break, new ones are refused. */
  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((done) => (this.#server ? this.#server.close(done) : done(undefined)));
    this.#server = undefined;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? "/", this.url);
    this.asked.push(`${request.method} ${pathname}`);
    const language = chooseLanguage(searchParams.get("lang") ?? undefined, request.headers["accept-language"]);
    if (request.method === "POST") await this.#post(request, response, pathname, language);
    else if (pathname === "/status") fragment(response, renderStatus(this.model.trial, language, this.model));
    else if (pathname === "/networks") fragment(response, renderNetworks(this.model, language));
    else if (pathname === "/" || pathname === "/done") {
      const editing = searchParams.has("change");
      this.#page(request, response, 200, language, { ...this.model, editing });
    } else response.writeHead(404).end();
  }

  async #post(request: IncomingMessage, response: ServerResponse, path: string, language: Language): Promise<void> {
    let body = "";
    for await (const chunk of request) body += chunk;
    const posted = { path, fields: Object.fromEntries(new URLSearchParams(body)) };
    this.posted.push(posted);
    this.set(this.onPost(posted) ?? {});
    if (this.model.stale || Object.keys(this.model.errors).length) this.#page(request, response, 422, language);
    else response.writeHead(303, { location: `/?lang=${language}`, connection: "close" }).end();
  }

  #page(
    request: IncomingMessage,
    response: ServerResponse,
    status: number,
    language: Language,
    model = this.model,
  ): void {
    const gzip = /\bgzip\b/.test(request.headers["accept-encoding"] ?? "");
    const { body, headers } = renderPage(model, language, gzip);
    response.writeHead(status, { ...headers, "cache-control": "no-store", connection: "close" });
    for (const part of body) response.write(part);
    response.end();
  }
}

function fragment(response: ServerResponse, html: string): void {
  response.writeHead(200, {
    "content-type": "text/html; charset=utf-8",
    "cache-control": "no-store",
    connection: "close",
  });
  response.end(html);
}

/** Running until the test ends. */
export async function servePage(model: PageModel): Promise<PageServer> {
  const server = new PageServer(model);
  await server.start();
  onTestFinished(() => server.stop());
  return server;
}
