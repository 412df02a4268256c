import type TCP from "embedded:io/socket/tcp";
import HTTPServer, {
  type HTTPConnection,
  type HTTPConnectionHandlers,
  type HTTPRequest,
  type HTTPResponse,
} from "embedded:network/http/server";
import { guard, reportFault } from "../base/guard.js";
import type { Clock, Timer } from "../clock/clock.js";
import { GuardedListener, type Limits } from "../socket/adapter.js";
import { Collector } from "../socket/collector.js";
import { bodyLength, splitTarget } from "./head.js";
import type { HttpServer, ServeHttp, ServerOptions, ServerReply, ServerRequest } from "./http.js";
import { BUSY, NOT_FRAMED, NOT_UTF8, TOO_LARGE } from "./refusals.js";
import { MAX_DRAINED_BYTES, RequestLimits } from "./request-limits.js";
import { type Guest, hasRoom, whoGoes } from "./room.js";

/** A certificate with its key, percent-encoded, and the rest of the form. */
const MAX_BODY_BYTES = 8 * 1024;
/** Set aside for the bodies of all connections together: the heap has 77 KiB for everything. */
const MAX_RESERVED_BYTES = 16 * 1024;
/** For the whole request, and for each step of the reply: a slow client must not keep others out. */
const STEP_TIMEOUT_MS = 3_000;
/** For all of it, where somebody else wants the place. */
const LATE_MS = 2 * STEP_TIMEOUT_MS;

/** What the socket says of a write when the client has reset the connection (modules/socket/esp32/agent_tcp_xs.c). */
const isGone = (error: unknown): boolean => error instanceof Error && error.message === "not ready";

/** The SDK's HTTP server (ECMA-419), one request for each connection. */
export function createHttpServer(clock: Clock): ServeHttp {
  return (options) => new Server(clock, options);
}

/** The SDK makes it with the server as its target. */
class PortalListener extends GuardedListener {
  protected limits({ remoteAddress }: TCP): Limits {
    const { target } = this as unknown as { target: Server };
    target.newest = new RequestLimits(remoteAddress);
    return target.newest;
  }
}

class Server extends HTTPServer implements HttpServer {
  readonly clock: Clock;
  readonly options: ServerOptions;
  /** The oldest first. */
  readonly visits = new Set<Visit>();
  /** For the bodies that are not handled yet. */
  reservedBytes = 0;
  /** Of the connection that is accepted next. */
  newest: RequestLimits | undefined;

  constructor(clock: Clock, options: ServerOptions) {
    super({ io: PortalListener, port: options.port, onConnect: accept });
    this.clock = clock;
    this.options = options;
  }

  accept(connection: HTTPConnection): void {
    const { visits, options } = this;
    const { address } = this.newest!;
    const isAdmitted = options.admits?.(address) !== false;
    if (isAdmitted && !hasRoom(visits, address)) whoGoes(visits, address)?.abort();
    if (isAdmitted && hasRoom(visits, address)) new Visit(this, connection);
    else connection.close();
  }

  override close(): void {
    // The SDK's server leaves its connections open, and they throw when they end after it.
    for (const visit of [...this.visits]) visit.abort();
    super.close();
  }
}

/** One connection, from its first byte to the last byte of its reply. */
class Visit implements Guest {
  private server: Server;
  private connection: HTTPConnection;
  private limits: RequestLimits;
  private startMs: number;
  private timeout: Timer | undefined;
  private request: ServerRequest | undefined;
  /** What is answered in the place of the handler. */
  private refusal: ServerReply | undefined;
  private declaredBytes = 0;
  private body: Collector | undefined;
  private _reservedBytes = 0;
  private bodyBytes = 0;
  private answered = false;
  /** Parts of the reply's body; the first one is out as far as `sentBytes`. */
  private unsent: Uint8Array[] = [];
  private sentBytes = 0;

  constructor(server: Server, connection: HTTPConnection) {
    this.server = server;
    this.connection = connection;
    this.limits = server.newest!;
    this.startMs = server.clock.ticksMs();
    server.visits.add(this);
    this.expect();
    (connection as Visited).target = this;
    try {
      connection.accept(HANDLERS);
    } catch (error) {
      this.fault(error);
    }
  }

  /** An exception ends this connection only. A client that has left before its reply is no fault. */
  fault(error: unknown): void {
    if (!isGone(error)) reportFault("portal", error);
    guard("portal", abort, this);
  }

  get address(): string | undefined {
    return this.limits.address;
  }

  /** The request is whole, and answered or about to be. */
  get hasAsked(): boolean {
    return this.answered || this.limits.isOver;
  }

  get isLate(): boolean {
    return this.server.clock.ticksMs() - this.startMs > LATE_MS;
  }

  abort(): void {
    this.end();
    this.connection.close();
  }

  end(): void {
    this.server.visits.delete(this);
    this.server.clock.cancel(this.timeout);
    this.answered = true;
    this.forgetBody();
    this.unsent = [];
  }

  /** From now on the client has this time for what comes next. */
  private expect(): void {
    this.server.clock.cancel(this.timeout);
    this.timeout = this.server.clock.after(STEP_TIMEOUT_MS, abort, this);
  }

  head({ method, path: target, headers }: HTTPRequest): void {
    this.request = { method, ...splitTarget(target, headers.get("host") ?? ""), headers, body: "" };
    const declaredBytes = bodyLength(headers);
    if (declaredBytes === undefined) this.refusal = NOT_FRAMED;
    else if (declaredBytes > MAX_DRAINED_BYTES) this.refusal = TOO_LARGE;
    else this.declaredBytes = declaredBytes;
    // Without its body.
    if (this.refusal) this.respondSoon();
  }

  /** Not inside the SDK's call, which goes on with its state, and has taken much of the stack. */
  respondSoon(): void {
    this.limits.isOver = true;
    this.server.clock.after(0, respond, this);
  }

  collect(count: number): void {
    if (this.refusal === NOT_FRAMED || count === 0) return;
    // The SDK takes a chunk's size as it comes: words, and less than nothing.
    if (!(count > 0)) throw new RangeError("chunk size");
    const chunk = this.connection.read(count);
    if (!chunk) return;
    this.bodyBytes += chunk.byteLength;
    if (Math.max(this.bodyBytes, this.declaredBytes) > MAX_BODY_BYTES) this.refusal = TOO_LARGE;
    if (!this.refusal) this.body ??= this.reserve();
    if (this.refusal) this.forgetBody();
    else this.body?.add(chunk);
  }

  /** Room for the whole body at once; chunks do not say how much will come. */
  private reserve(): Collector | undefined {
    const bytes = this.declaredBytes || MAX_BODY_BYTES;
    if (this.server.reservedBytes + bytes > MAX_RESERVED_BYTES) {
      this.refusal = BUSY;
      return undefined;
    }
    this._reservedBytes = bytes;
    this.server.reservedBytes += bytes;
    return new Collector(bytes);
  }

  private forgetBody(): void {
    this.body = undefined;
    this.server.reservedBytes -= this._reservedBytes;
    this._reservedBytes = 0;
  }

  private answer(request: ServerRequest): ServerReply {
    if (this.refusal) return this.refusal;
    const body = this.body ? this.body.text() : "";
    this.forgetBody();
    return body === undefined ? NOT_UTF8 : this.server.options.handle({ ...request, body });
  }

  respond(): void {
    const request = this.request;
    if (this.answered || !request) return;
    this.answered = true;
    this.expect();
    const { status, headers, body } = this.answer(request);
    const parts = typeof body === "string" ? [new Uint8Array(ArrayBuffer.fromString(body))] : body;
    const bytes = parts.reduce((sum, part) => sum + part.byteLength, 0);
    const response: HTTPResponse = { status, headers: new Map(Object.entries(headers)) };
    response.headers.set("connection", "close");
    if (request.method !== "HEAD" && status !== 204) {
      response.headers.set("content-length", bytes);
      this.unsent = parts.filter(({ byteLength }) => byteLength > 0);
    } else if (status !== 204) {
      // The SDK looks for this name in lower case and would wait for the body, which HEAD does not get.
      response.headers.set("Content-Length", bytes);
    }
    this.connection.respond(response);
  }

  /** Parts may stand in flash: views of them go to the socket, which copies what it takes. */
  send(count: number): void {
    this.expect();
    let room = count;
    while (room > 0 && this.unsent.length > 0) {
      const part = this.unsent[0]!;
      const piece = part.subarray(this.sentBytes, this.sentBytes + room);
      this.sentBytes += piece.byteLength;
      if (this.sentBytes === part.byteLength) {
        this.unsent.shift();
        this.sentBytes = 0;
      }
      // After the last piece the SDK closes the connection.
      const isLast = this.unsent.length === 0;
      room = this.connection.write(piece);
      if (isLast) return;
    }
    // Only a reply without a body of any length gets here: its head is out.
    if (this.unsent.length === 0) this.abort();
  }
}

// What the SDK calls; above no connection's guard where it comes out of the SDK's timers.

function accept(this: HTTPServer, connection: HTTPConnection): void {
  (this as Server).accept(connection);
}

type Visited = HTTPConnection & { target: Visit };

const HANDLERS: HTTPConnectionHandlers = {
  onRequest(head) {
    const visit = (this as Visited).target;
    try {
      visit.head(head);
    } catch (error) {
      visit.fault(error);
    }
  },
  onReadable(count) {
    const visit = (this as Visited).target;
    try {
      visit.collect(count);
    } catch (error) {
      visit.fault(error);
    }
  },
  onResponse() {
    (this as Visited).target.respondSoon();
  },
  onWritable(count) {
    const visit = (this as Visited).target;
    try {
      visit.send(count);
    } catch (error) {
      visit.fault(error);
    }
  },
  onDone() {
    (this as Visited).target.end();
  },
  onError() {
    (this as Visited).target.end();
  },
};

function respond(visit: Visit): void {
  try {
    visit.respond();
  } catch (error) {
    visit.fault(error);
  }
}

function abort(visit: Visit): void {
  visit.abort();
}
