import HTTPClient, { type HTTPRequest } from "embedded:network/http/client";
import type { Cancel, Clock } from "../clock/clock.js";
import type { Calendar } from "../clock/set.js";
import { failed, type Reason, type Result, success } from "../failure/failure.js";
import { guarded } from "../guard/guard.js";
import { Resolver } from "../resolver/adapter.js";
import { GuardedTcp } from "../socket/adapter.js";
import { type Authorities, GuardedTls } from "../tls/adapter.js";
import type { HttpStream, StreamHead, StreamRequest, StreamSink } from "./stream.js";

/** Of the head, and of the lines between two pieces of a body in chunks: they go into the heap. */
const MAX_LINES_BYTES = 8 * 1024;

/**
 * The SDK's HTTP client (ECMA-419), with the body read into the sink's own buffer. What the sink does with it is done
 * before more is read: the network waits.
 * @param calendar asked for the time before each exchange over TLS: certificates have dates
 * @param authorities trusted beside the build's
 */
export function createHttpStream(
  clock: Clock,
  calendar: Pick<Calendar, "ensure" | "doubt">,
  authorities: Authorities,
): HttpStream {
  return (request) => {
    let exchange: Exchange | undefined;
    let isCancelled = false;
    const run = async (): Promise<Result<void>> => {
      await undefined; // see client-adapter.ts
      if (request.url.tls) await calendar.ensure();
      if (isCancelled) return failed("connection-lost");
      const result = await new Promise<Result<void>>((resolve) => {
        exchange = new Exchange(clock, request, authorities, resolve);
      });
      if (!result.ok && result.failure.reason === "tls-expired") calendar.doubt();
      return result;
    };
    return {
      done: run(),
      cancel() {
        isCancelled = true;
        exchange?.cancel();
      },
    };
  };
}

/** What the client gives as a Map; its typings say `Map<String, string>`. */
interface Fields {
  get(name: string): string | undefined;
  has(name: string): boolean;
}

class Exchange {
  #clock: Clock;
  #request: StreamRequest;
  #authorities: Authorities;
  #client: HTTPClient | undefined;
  #sink: StreamSink | undefined;
  #resolve: ((result: Result<void>) => void) | undefined;
  #cancelLimit: Cancel;
  #cancelStall: Cancel = () => {};
  /** Ticks. */
  #heardMs: number;
  /** Since the body began, or its last piece came. */
  #linesBytes = 0;
  /** What an error means, by how far the exchange has come. */
  #errorReason: Reason = "unreachable";
  #endsWithConnection = false;

  constructor(clock: Clock, request: StreamRequest, authorities: Authorities, resolve: (result: Result<void>) => void) {
    this.#clock = clock;
    this.#request = request;
    this.#authorities = authorities;
    this.#resolve = resolve;
    this.#heardMs = clock.ticksMs();
    this.#cancelLimit = clock.after(request.limitMs, () => this.#fail("timeout"));
    this.#watchSilence(request.stallMs);
    guarded(
      "http",
      () => this.#start(),
      () => this.#fail("unreachable"),
    )();
  }

  cancel(): void {
    this.#fail("connection-lost");
  }

  #start(): void {
    const { url, headers } = this.#request;
    const onError = () => this.#fail(this.#errorReason);
    this.#client = new HTTPClient({
      host: url.host,
      port: url.port,
      dns: { io: Resolver, unknown: () => this.#fail("name-unknown"), isWanted: () => this.#resolve !== undefined },
      socket: this.#socket(),
      onError,
    });
    const exchange = this;
    this.#client.request({
      method: "GET",
      path: url.path,
      headers: new Map(Object.entries({ connection: "close", "accept-encoding": "identity", ...headers })),
      onHeaders: guarded("http", (status: number, fields: Fields) => this.#head(status, fields), onError),
      onReadable: guarded(
        "http",
        function (this: HTTPRequest, count: number) {
          exchange.#receive(this, count);
        },
        onError,
      ),
      onDone: guarded("http", (error: Error | null) => this.#done(error), onError),
    });
  }

  #socket() {
    const mapByte = (byte: number): number => {
      if (++this.#linesBytes <= MAX_LINES_BYTES) return byte;
      this.#fail("answer-too-large");
      throw new RangeError("the answer's head is too long");
    };
    if (!this.#request.url.tls) return { io: GuardedTcp, mapByte };
    return {
      io: GuardedTls,
      mapByte,
      authorities: this.#authorities,
      onRefused: (reason: Reason) => this.#fail(reason),
      onSecure: () => {
        this.#errorReason = "connection-lost";
      },
    };
  }

  /** One timer for all silences: a new one for each piece of the body would be garbage. */
  #watchSilence(afterMs: number): void {
    this.#cancelStall = this.#clock.after(afterMs, () => {
      const leftMs = this.#heardMs + this.#request.stallMs - this.#clock.ticksMs();
      if (leftMs > 0) this.#watchSilence(leftMs);
      else this.#fail("timeout");
    });
  }

  #head(status: number, fields: Fields): void {
    this.#heard();
    this.#errorReason = "connection-lost";
    this.#endsWithConnection = !fields.has("content-length") && !fields.has("transfer-encoding");
    if (!Number.isInteger(status) || status < 100) {
      this.#fail("bad-answer");
      return;
    }
    const head: StreamHead = { status, field: (name) => fields.get(name) };
    this.#sink = this.#request.onHead(head);
    if (!this.#sink) this.#settle(success(undefined));
  }

  #heard(): void {
    this.#heardMs = this.#clock.ticksMs();
    this.#linesBytes = 0;
  }

  /** All that was announced: the client does not announce again what is left. */
  #receive(request: HTTPRequest, count: number): void {
    this.#heard();
    for (let left = count; left > 0 && this.#sink; ) {
      const room = this.#sink.room();
      const part = room.length > left ? room.subarray(0, left) : room;
      request.read(part);
      left -= part.length;
      if (!this.#sink.filled(part.length)) this.#settle(success(undefined));
    }
  }

  #done(error: Error | null): void {
    // The SDK reports the end of a body that ends with its connection as an error.
    if (error && !(this.#endsWithConnection && this.#sink)) this.#fail(this.#errorReason);
    else this.#settle(success(undefined));
  }

  #fail(reason: Reason): void {
    this.#settle(failed(reason));
  }

  #settle(result: Result<void>): void {
    if (!this.#resolve) return;
    this.#resolve(result);
    this.#resolve = undefined;
    this.#sink = undefined;
    this.#cancelLimit();
    this.#cancelStall();
    // Not inside the client's own callback: it goes on with its state after the callback returns.
    this.#clock.after(0, () => this.#client?.close());
  }
}
