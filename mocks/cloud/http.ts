import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer, type Server as TlsServer } from "node:https";
import type { AddressInfo, Server as NetServer } from "node:net";
import type { Dispatcher } from "./dispatcher.js";
import { json, makeRequest } from "./exchange.js";
import type { FirmwareFiles } from "./firmware-files.js";
import { deliver, sendAnswer } from "./send.js";
import type { TlsIdentity } from "./settings.js";

/** No request of a device or a person is longer than this. */
const maxRequestBytes = 64 * 1024;

/** The HTTP side: requests from sockets, answers to them. */
export class HttpFront {
  readonly #server: Server;
  #tlsServer: TlsServer | undefined;
  readonly #dispatcher: Dispatcher;
  readonly #files: FirmwareFiles;
  readonly #log: (line: string) => void;

  constructor(dispatcher: Dispatcher, files: FirmwareFiles, log: (line: string) => void) {
    this.#dispatcher = dispatcher;
    this.#files = files;
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
    if (this.#files.serve(incoming, response)) return;
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
    const { method = "", url = "/", headers, socket } = incoming;
    const request = makeRequest({
      method,
      target: url,
      headers,
      body,
      ip: socket.remoteAddress ?? "",
      gone: gone.signal,
    });
    await deliver(await this.#dispatcher.handle(request), response, gone.signal);
  }
}

/** Listens on 127.0.0.1; resolves to the port. Rejects with Node's error when the port is taken. */
export function listen(server: NetServer, port: number): Promise<number> {
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
