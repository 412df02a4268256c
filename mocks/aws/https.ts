import type { IncomingMessage, ServerResponse } from "node:http";
import { createServer, type Server } from "node:https";
import { listen } from "../cloud/http.js";
import type { TlsIdentity } from "../cloud/settings.js";
import { parseObject } from "../cloud/text.js";
import type { Faults } from "./faults.js";
import type { Vending, VendingAnswer } from "./vending.js";

interface Options {
  readonly vending: Vending;
  readonly faults: Faults;
  /** CreateProvisioningClaim; null for a template that there is not. */
  readonly claim: (templateName: string) => Promise<object | null>;
}

interface Route {
  readonly point: "claim" | "vending";
  readonly run: (query: Record<string, string>, body: string) => Promise<VendingAnswer | null>;
}

const MAX_BODY_BYTES = 64 * 1024;
const CLAIM = /^\/provisioning-templates\/([0-9A-Za-z_-]{1,36})\/provisioning-claim$/;

/** CreateProvisioningClaim, without the signature that AWS asks for, and the three vending machines. */
export class HttpsFront {
  readonly #options: Options;
  readonly #server: Server;

  constructor(options: Options, identity: TlsIdentity) {
    this.#options = options;
    this.#server = createServer({ ...identity, minVersion: "TLSv1.2" }, (request, response) => {
      this.#serve(request, response).catch(() => response.destroy());
    });
    this.#server.on("tlsClientError", () => undefined);
  }

  /** Listens on 127.0.0.1. */
  listen(port: number): Promise<number> {
    return listen(this.#server, port);
  }

  async close(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", "https://localhost");
    const body = await readBody(request);
    const route = body === null ? null : this.#route(`${request.method} ${url.pathname}`);
    if (!route || body === null) return send(response, json(403, { message: "Missing Authentication Token" }));
    const fault = this.#options.faults.take(route.point);
    if (fault?.kind === "ignore") return;
    if (fault?.kind === "close" && fault.at === "before") return void response.destroy();
    if (fault?.kind === "reject") {
      return send(response, { status: fault.statusCode, type: "text/plain", body: fault.errorMessage });
    }
    if (fault?.kind === "delay") await fault.until();
    const answer = await route.run(Object.fromEntries(url.searchParams), body);
    if (answer === null || fault?.kind === "drop") return;
    if (fault?.kind === "close") return void response.destroy();
    send(response, fault?.kind === "answer" ? { ...answer, body: Buffer.from(fault.payload).toString() } : answer);
  }

  #route(target: string): Route | null {
    const { vending, claim } = this.#options;
    const form = (body: string) => Object.fromEntries(new URLSearchParams(body));
    switch (target) {
      case "GET /Prod/getcert":
        return {
          point: "vending",
          run: (query, body) => vending.awslabs({ ...(parseObject(body) as Record<string, string> | null), ...query }),
        };
      case "POST /registration":
        return { point: "vending", run: (_, body) => vending.iotAtlas(parseObject(body) ?? {}) };
      case "POST /":
        return { point: "vending", run: (_, body) => vending.cncoder(form(body)) };
      default: {
        const name = target.startsWith("POST ") ? CLAIM.exec(target.slice(5))?.[1] : undefined;
        if (name === undefined) return null;
        return { point: "claim", run: async () => claimAnswer(await claim(name)) };
      }
    }
  }
}

function claimAnswer(claim: object | null): VendingAnswer {
  return claim ? json(200, claim) : json(404, { message: "The provisioning template does not exist." });
}

function json(status: number, value: object): VendingAnswer {
  return { status, type: "application/json", body: JSON.stringify(value) };
}

function send(response: ServerResponse, { status, type, body }: VendingAnswer): void {
  response.writeHead(status, { "Content-Type": type, "Content-Length": Buffer.byteLength(body) });
  response.end(body);
}

/** Null when it is too long. */
async function readBody(request: IncomingMessage): Promise<string | null> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > MAX_BODY_BYTES) return null;
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}
