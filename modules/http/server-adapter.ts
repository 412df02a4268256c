import HTTPServer, { type HTTPConnection } from "embedded:network/http/server";
import type { Clock } from "../clock/clock.js";
import { guarded } from "../guard/guard.js";
import { GuardedListener } from "../socket/adapter.js";
import { textOf } from "../socket/text.js";
import type { ServeHttp, ServerReply, ServerRequest } from "./http.js";

/** Connections at a time: a phone's browser opens some, the chip has few sockets. */
const MAX_CONNECTIONS = 4;
/** Request line, headers and body together; a connection that sends more is cut. */
const MAX_REQUEST_BYTES = 8 * 1024;
/** Twice what the form can hold at most, every byte percent-encoded. */
const MAX_BODY_BYTES = 2 * 1024;
/** From the accepted connection to the last byte of the reply: a slow client must not keep others out. */
const CONNECTION_TIMEOUT_MS = 10_000;

const BAD_REQUEST: ServerReply = { status: 400, headers: {}, body: "The request is no UTF-8." };
const TOO_LARGE: ServerReply = { status: 413, headers: {}, body: "The request is too large." };

class PortalListener extends GuardedListener {
  constructor(options: ConstructorParameters<typeof GuardedListener>[0]) {
    super({ ...options, maxBytes: MAX_REQUEST_BYTES });
  }
}

/** The SDK's HTTP server (ECMA-419), one request for each connection. */
export function createHttpServer(clock: Clock): ServeHttp {
  return ({ port, handle }) => {
    const open = new Set<() => void>();
    /** Of these, the ones that have asked for nothing yet, the oldest first: browsers open some in advance. */
    const silent = new Set<() => void>();
    const server = new HTTPServer({
      io: PortalListener,
      port,
      onConnect(connection) {
        if (open.size >= MAX_CONNECTIONS) silent.values().next().value?.();
        if (open.size < MAX_CONNECTIONS) accept(clock, connection, handle, open, silent);
        else connection.close();
      },
    });
    return {
      close() {
        // The SDK's server leaves its connections open, and they throw when they end after it.
        for (const abort of [...open]) abort();
        server.close();
      },
    };
  };
}

/** @param open the connections of this server, each as what ends it */
function accept(
  clock: Clock,
  connection: HTTPConnection,
  handle: (request: ServerRequest) => ServerReply,
  open: Set<() => void>,
  silent: Set<() => void>,
): void {
  const chunks: ArrayBuffer[] = [];
  let bodyBytes = 0;
  let request: ServerRequest = { method: "", path: "", host: "", headers: new Map(), body: "" };
  let unsent = new Uint8Array(0);

  const answer = (body?: string) => (body === undefined ? BAD_REQUEST : handle({ ...request, body }));
  const end = () => {
    open.delete(abort);
    silent.delete(abort);
    cancelTimeout();
  };
  const abort = () => {
    end();
    connection.close();
  };
  const cancelTimeout = clock.after(CONNECTION_TIMEOUT_MS, abort);
  open.add(abort);
  silent.add(abort);

  connection.accept({
    onRequest: guarded(
      "portal",
      ({ method, path, headers }) => {
        silent.delete(abort);
        request = { method, path, host: headers.get("host") ?? "", headers, body: "" };
      },
      abort,
    ),
    onReadable: guarded(
      "portal",
      (count: number) => {
        const chunk = connection.read(count);
        bodyBytes += count;
        if (chunk && bodyBytes <= MAX_BODY_BYTES) chunks.push(chunk);
      },
      abort,
    ),
    onResponse: guarded(
      "portal",
      (response) => {
        const reply = bodyBytes > MAX_BODY_BYTES ? TOO_LARGE : answer(textOf(chunks));
        unsent = new Uint8Array(ArrayBuffer.fromString(String(reply.body)));
        response.status = reply.status;
        for (const [name, value] of Object.entries(reply.headers)) response.headers.set(name, value);
        response.headers.set("connection", "close");
        response.headers.set("content-length", unsent.byteLength);
        connection.respond(response);
      },
      abort,
    ),
    onWritable: guarded(
      "portal",
      (count: number) => {
        if (!unsent.byteLength) return;
        const part = unsent.slice(0, count);
        unsent = unsent.subarray(part.byteLength);
        connection.write(part);
      },
      abort,
    ),
    onDone: end,
    onError: end,
  });
}
