/** An HTTP exchange over the SDK's client (ECMA-419), on a connection of its own. */
import HTTPClient, { type HTTPRequest } from "embedded:network/http/client";
import { type Failure, failed, type Reason } from "../base/failure.js";
import { reportFault } from "../base/guard.js";
import type { Clock, Timer } from "../clock/clock.js";
import type { Calendar } from "../clock/set.js";
import type { Url } from "../data/url.js";
import { GuardedTcp, type Limits } from "../socket/adapter.js";
import { Resolver, type ResolverEvents } from "../socket/resolver-adapter.js";
import { type Authorities, GuardedTls, type TlsEvents } from "../tls/adapter.js";
import type { StreamSink } from "./stream.js";

/** Of the head, and of the lines between two pieces of a body in chunks: they go into the heap. */
const MAX_LINES_BYTES = 8 * 1024;

/** What the client gives as a Map; its typings say `Map<String, string>`. */
export interface Fields {
  /** @param name in lower case */
  get(name: string): string | undefined;
  has(name: string): boolean;
}

/** What is asked, and who hears of the answer. */
export interface Asking {
  readonly method: "GET" | "POST";
  readonly url: Url;
  readonly headers: Readonly<Record<string, string>>;
  readonly text?: string | undefined;
  /** In place of those that are stored: certificates, DER in base64. */
  readonly trusted?: readonly string[] | undefined;
  /** Nothing comes for so long. */
  readonly stallMs: number;
  /** For the whole exchange, name resolution included. */
  readonly limitMs: number;
  /** A body without a length is whole when the connection ends; over TLS somebody else may have ended it. */
  readonly mayEndWithConnection: boolean;
  /** Without a sink the body is not read: the exchange is over. */
  onHead(status: number, fields: Fields): StreamSink | undefined;
  /** Told once. Undefined: it ended as it should, or the sink wanted no more of it. */
  onEnd(failure: Failure | undefined): void;
}

/** The device's side of every exchange. */
export interface HttpParts {
  readonly clock: Clock;
  /** Asked for the time before each exchange over TLS: certificates have dates. */
  readonly calendar: TlsCalendar;
  /** Trusted beside the build's. */
  readonly authorities: Authorities;
}

export type TlsCalendar = Pick<Calendar, "ensure" | "doubt" | "allows" | "prove">;

/** The SDK's request, which is the `this` of its callbacks. */
type Request = HTTPRequest & { target: Exchange };

export class Exchange implements Limits, ResolverEvents, TlsEvents {
  private parts: HttpParts;
  private asking: Asking;
  private client: HTTPClient | undefined;
  private sink: StreamSink | undefined;
  private unsent: ArrayBuffer | undefined;
  private timeout: Timer | undefined;
  /** In the clock's ticks, like `heardMs`. */
  private startedMs = 0;
  private heardMs = 0;
  /** Since the body began, or its last piece came. */
  private linesBytes = 0;
  /** What an error means, by how far the exchange has come. */
  private errorReason: Reason = "unreachable";
  private endsWithConnection = false;
  isWanted = true;

  constructor(parts: HttpParts, asking: Asking) {
    this.parts = parts;
    this.asking = asking;
    void this.begin();
  }

  cancel(): void {
    this.fail("connection-lost");
  }

  /** In a turn of its own: the chip's stack has no room for the calendar or the SDK's client on top of all who ask. */
  private async begin(): Promise<void> {
    try {
      await undefined;
      if (this.asking.url.tls) await this.parts.calendar.ensure();
      if (this.isWanted) this.start();
    } catch (error) {
      this.fault(error);
    }
  }

  /** Errors are reported through the request, so the resolver stays silent until the request exists. */
  private start(): void {
    this.startedMs = this.heardMs = this.parts.clock.ticksMs();
    this.watch();
    const { method, url, text } = this.asking;
    this.unsent = text === undefined ? undefined : ArrayBuffer.fromString(text);
    this.client = new HTTPClient({
      host: url.host,
      port: url.port,
      dns: { io: Resolver, target: this },
      socket: url.tls ? { io: GuardedTls, limits: this, tls: this } : { io: GuardedTcp, limits: this },
    });
    const request = this.client.request({
      method,
      path: url.path,
      headers: this as unknown as Map<string, string>,
      onWritable,
      onHeaders,
      onReadable,
      onDone,
    });
    (request as Request).target = this;
  }

  /** All that the client asks of a Map of headers, and it keeps that until the answer: what this makes is gone when sent. */
  entries(): IterableIterator<[string, string]> {
    const headers = new Map([["connection", "close"]]);
    for (const [name, value] of Object.entries(this.asking.headers)) headers.set(name, value);
    if (this.unsent) headers.set("content-length", String(this.unsent.byteLength));
    return headers.entries();
  }

  /** One timer for the silence and the whole: a new one for each piece of the body would be garbage. */
  watch(): void {
    const { clock } = this.parts;
    const { stallMs, limitMs } = this.asking;
    const leftMs = Math.min(this.startedMs + limitMs, this.heardMs + stallMs) - clock.ticksMs();
    if (leftMs > 0) this.timeout = clock.after(leftMs, watch, this);
    else this.fail("timeout");
  }

  // Of the connection under the client.

  mapByte(byte: number): number {
    if (++this.linesBytes <= MAX_LINES_BYTES) return byte;
    this.fail("answer-too-large");
    throw new RangeError("the answer's head is too long");
  }

  onUnknown(): void {
    this.fail("name-unknown");
  }

  authorities(): readonly string[] {
    return this.asking.trusted ?? this.parts.authorities();
  }

  allows(notBeforeMs: number, notAfterMs: number): boolean {
    return this.parts.calendar.allows(notBeforeMs, notAfterMs);
  }

  onOpen(): void {
    this.errorReason = "connection-lost";
  }

  onRefused(reason: Reason): void {
    this.fail(reason);
  }

  // Of the client.

  send(request: HTTPRequest, count: number): void {
    if (!this.unsent) return;
    this.errorReason = "connection-lost";
    const part = this.unsent.slice(0, count);
    this.unsent = part.byteLength < this.unsent.byteLength ? this.unsent.slice(part.byteLength) : undefined;
    request.write(part);
  }

  head(status: number, fields: Fields): void {
    this.heard();
    this.errorReason = "connection-lost";
    this.endsWithConnection =
      this.asking.mayEndWithConnection && !fields.has("content-length") && !fields.has("transfer-encoding");
    if (!Number.isInteger(status) || status < 100) {
      this.fail("bad-answer");
      return;
    }
    if (this.asking.url.tls) this.parts.calendar.prove(Date.parse(fields.get("date") ?? ""));
    this.sink = this.asking.onHead(status, fields);
    if (!this.sink) this.settle(undefined);
  }

  private heard(): void {
    this.heardMs = this.parts.clock.ticksMs();
    this.linesBytes = 0;
  }

  /** Reads all that was announced: the client does not call again for the rest. */
  receive(request: HTTPRequest, count: number): void {
    this.heard();
    for (let left = count; left > 0 && this.sink; ) {
      const room = this.sink.room();
      const part = room.length > left ? room.subarray(0, left) : room;
      request.read(part);
      left -= part.length;
      if (!this.sink.filled(part.length)) this.settle(undefined);
    }
  }

  done(error: Error | null): void {
    // The SDK reports the end of a body that ends with its connection as an error.
    if (error && !(this.endsWithConnection && this.sink)) this.fail(this.errorReason);
    else this.settle(undefined);
  }

  /** A callback threw. */
  fault(error: unknown): void {
    reportFault("http", error);
    this.fail(this.errorReason);
  }

  fail(reason: Reason): void {
    this.settle(failed(reason).failure);
  }

  private settle(failure: Failure | undefined): void {
    if (!this.isWanted) return;
    this.isWanted = false;
    this.sink = undefined;
    const { clock, calendar } = this.parts;
    clock.cancel(this.timeout);
    if (failure?.reason === "tls-expired") calendar.doubt();
    // Not inside the client's own callback: it goes on with its state after the callback returns.
    if (this.client) clock.after(0, close, this.client);
    this.asking.onEnd(failure);
  }
}

function watch(exchange: Exchange): void {
  exchange.watch();
}

function close(client: HTTPClient): void {
  client.close();
}

// Some come out of the client's own timers, above no connection's guard.

function onWritable(this: HTTPRequest, count: number): void {
  const exchange = (this as Request).target;
  try {
    exchange.send(this, count);
  } catch (error) {
    exchange.fault(error);
  }
}

function onHeaders(this: HTTPRequest, status: number, fields: unknown): void {
  const exchange = (this as Request).target;
  try {
    exchange.head(status, fields as Fields);
  } catch (error) {
    exchange.fault(error);
  }
}

function onReadable(this: HTTPRequest, count: number): void {
  const exchange = (this as Request).target;
  try {
    exchange.receive(this, count);
  } catch (error) {
    exchange.fault(error);
  }
}

function onDone(this: HTTPRequest, error: Error | null): void {
  const exchange = (this as Request).target;
  try {
    exchange.done(error);
  } catch (fault) {
    exchange.fault(fault);
  }
}
