/**
 * An HTTP exchange (RFC 9112) on a connection of its own. Not over the SDK's client: it takes a 1xx for the answer, an
 * empty header for the head's end, and stops for good at trailers, a lone LF or a status line of two words.
 */
import type TCP from "embedded:io/socket/tcp";
import { type Failure, failed, type Reason } from "../base/failure.js";
import { reportFault } from "../base/guard.js";
import type { Clock, Timer } from "../clock/clock.js";
import type { Calendar } from "../clock/set.js";
import { hostOf, type Url } from "../data/url.js";
import { GuardedTcp } from "../socket/adapter.js";
import { Resolver, type ResolverEvents } from "../socket/resolver-adapter.js";
import { type Authorities, GuardedTls, type KnownTime, type TlsEvents } from "../tls/adapter.js";
import { type Fields, ResponseLines } from "./response.js";
import type { StreamSink } from "./stream.js";

/** Of a request, written at once: a part has to fit into a record of TLS. */
const PART_BYTES = 4_096;

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
  /** Of the device: name and version (RFC 9110 §10.1.5). */
  readonly userAgent: string;
}

export type TlsCalendar = Pick<Calendar, "ensure" | "doubt" | "earliestMs" | "latestMs" | "prove">;

/** TCP or TLS; what its typings leave out. */
interface Socket {
  format: "number" | "buffer";
  read(): number;
  read(into: Uint8Array): void;
  /** @returns how many bytes more there is room for */
  write(bytes: ArrayBuffer): number | undefined;
  close(): void;
}

type Under = TCP & { readonly target: Exchange };

export class Exchange implements ResolverEvents, TlsEvents {
  private parts: HttpParts;
  private asking: Asking;
  private response = new ResponseLines();
  private socket: Socket | undefined;
  private sink: StreamSink | undefined;
  private unsent: ArrayBuffer | undefined;
  private timeout: Timer | undefined;
  /** In the clock's ticks, like `heardMs`. */
  private startedMs = 0;
  private heardMs = 0;
  /** What an error means, by how far the exchange has come. */
  private errorReason: Reason = "unreachable";
  isWanted = true;

  constructor(parts: HttpParts, asking: Asking) {
    this.parts = parts;
    this.asking = asking;
    void this.begin();
  }

  cancel(): void {
    this.fail("connection-lost");
  }

  /** In a turn of its own: the chip's stack has no room for the calendar on top of all who ask. */
  private async begin(): Promise<void> {
    try {
      await undefined;
      if (this.asking.url.tls) await this.parts.calendar.ensure();
      if (!this.isWanted) return;
      this.startedMs = this.heardMs = this.parts.clock.ticksMs();
      this.watch();
      new Resolver({ target: this }).resolve(this);
    } catch (error) {
      this.fault(error);
    }
  }

  /** One timer for the silence and the whole: a new one for each piece of the body would be garbage. */
  watch(): void {
    const { clock } = this.parts;
    const { stallMs, limitMs } = this.asking;
    const leftMs = Math.min(this.startedMs + limitMs, this.heardMs + stallMs) - clock.ticksMs();
    if (leftMs > 0) this.timeout = clock.after(leftMs, watch, this);
    else this.fail("timeout");
  }

  // Of the resolver.

  get host(): string {
    return this.asking.url.host;
  }

  onUnknown(): void {
    this.fail("name-unknown");
  }

  onResolved(host: string, address: string): void {
    const { tls, port } = this.asking.url;
    this.unsent = ArrayBuffer.fromString(this.request());
    const options = { host, address, port, target: this, onReadable, onWritable, onError };
    try {
      const socket = tls ? new GuardedTls({ ...options, tls: this }) : new GuardedTcp(options);
      this.socket = socket as unknown as Socket;
    } catch {
      this.fail(this.errorReason);
    }
  }

  private request(): string {
    const { method, url, headers, text } = this.asking;
    let request = `${method} ${url.path} HTTP/1.1\r\nhost: ${hostOf(url)}\r\n`;
    request += `user-agent: ${this.parts.userAgent}\r\nconnection: close\r\naccept-encoding: identity\r\n`;
    for (const [name, value] of Object.entries(headers)) request += `${name}: ${value}\r\n`;
    if (text === undefined) return `${request}\r\n`;
    return `${request}content-length: ${ArrayBuffer.fromString(text).byteLength}\r\n\r\n${text}`;
  }

  // Of the connection.

  authorities(): readonly string[] {
    return this.asking.trusted ?? this.parts.authorities();
  }

  get time(): KnownTime {
    return this.parts.calendar;
  }

  onOpen(): void {
    this.errorReason = "connection-lost";
  }

  onRefused(failure: Failure): void {
    this.settle(failure);
  }

  send(count: number): void {
    this.onOpen();
    for (let room = count; this.unsent && this.isWanted; ) {
      if (room <= 0) return;
      const part = this.unsent.slice(0, Math.min(room, PART_BYTES));
      this.unsent = part.byteLength < this.unsent.byteLength ? this.unsent.slice(part.byteLength) : undefined;
      room = this.socket!.write(part) ?? 0;
    }
  }

  /** Reads all that has come: the socket does not call again for the rest. */
  receive(count: number): void {
    this.heardMs = this.parts.clock.ticksMs();
    for (let left = count; left > 0 && this.isWanted; )
      left -= this.response.bodyBytes > 0 ? this.readBody(left) : this.readLines(left);
  }

  private readLines(count: number): number {
    const { response } = this;
    const socket = this.socket!;
    let bytes = 0;
    socket.format = "number";
    while (bytes < count && response.bodyBytes === 0 && !response.isOver && !response.mistake) {
      response.take(socket.read());
      bytes++;
      if (response.fields && !this.sink) break;
    }
    socket.format = "buffer";
    if (response.mistake) this.fail(response.mistake);
    else if (response.fields && !this.sink) this.head(response.fields);
    else if (response.isOver) this.settle(undefined);
    return bytes;
  }

  private head(fields: Fields): void {
    if (this.asking.url.tls) this.parts.calendar.prove(Date.parse(fields.get("date") ?? ""));
    this.sink = this.asking.onHead(this.response.status, fields);
    if (!this.sink || this.response.isOver) this.settle(undefined);
  }

  private readBody(count: number): number {
    const { response } = this;
    const sink = this.sink!;
    const room = sink.room();
    const most = Math.min(count, response.bodyBytes);
    const part = room.length > most ? room.subarray(0, most) : room;
    this.socket!.read(part);
    response.took(part.length);
    if (!sink.filled(part.length) || response.isOver) this.settle(undefined);
    return part.length;
  }

  /** No connection, or its end. The resolver's, too. */
  onError(): void {
    const { response, asking, errorReason } = this;
    const isEnd = response.bodyBytes === Number.POSITIVE_INFINITY && asking.mayEndWithConnection;
    if (response.isWhole || isEnd) this.settle(undefined);
    else this.fail(errorReason);
  }

  /** Somebody threw: the sink, for one. */
  fault(error: unknown): void {
    reportFault("http", error);
    this.fail(this.errorReason);
  }

  private fail(reason: Reason): void {
    this.settle(failed(reason).failure);
  }

  private settle(failure: Failure | undefined): void {
    if (!this.isWanted) return;
    this.isWanted = false;
    this.sink = undefined;
    const { clock, calendar } = this.parts;
    clock.cancel(this.timeout);
    if (failure?.reason === "tls-expired") calendar.doubt();
    // Not inside the socket's own callback: TLS goes on with its state after it.
    if (this.socket) clock.after(0, close, this.socket);
    this.asking.onEnd(failure);
  }
}

function watch(exchange: Exchange): void {
  exchange.watch();
}

function close(socket: Socket): void {
  socket.close();
}

function onReadable(this: TCP, count: number): void {
  const exchange = (this as Under).target;
  try {
    exchange.receive(count);
  } catch (error) {
    // The connection's guard would take it for the connection's end.
    exchange.fault(error);
  }
}

function onWritable(this: TCP, count: number): void {
  (this as Under).target.send(count);
}

function onError(this: TCP): void {
  (this as Under).target.onError();
}
