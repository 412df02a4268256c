import HTTPClient, { type HTTPRequest } from "embedded:network/http/client";
import type { Clock } from "../clock/clock.js";
import type { Calendar } from "../clock/set.js";
import { failed, type Reason, type Result, success } from "../failure/failure.js";
import { guarded } from "../guard/guard.js";
import { Resolver } from "../resolver/adapter.js";
import { parseRetryAfter } from "../retry/retry.js";
import { GuardedTcp } from "../socket/adapter.js";
import { Collector } from "../socket/collector.js";
import { type Authorities, GuardedTls } from "../tls/adapter.js";
import { bodyLength } from "./head.js";
import { type HttpClient, type HttpRequest, type HttpResponse, MAX_ANSWER_BYTES } from "./http.js";

/** Twice the answer's bound: the headers and the chunks' framing count too. */
const MAX_RECEIVED_BYTES = 2 * MAX_ANSWER_BYTES;

/**
 * The SDK's HTTP client (ECMA-419), a connection for each exchange.
 * @param calendar asked for the time before each exchange over TLS: certificates have dates
 * @param authorities trusted beside the build's
 */
export function createHttpClient(
  clock: Clock,
  calendar: Pick<Calendar, "ensure" | "doubt">,
  authorities: Authorities,
): HttpClient {
  return async (request) => {
    // In a turn of its own: the chip's stack has no room for the calendar or the SDK's client on top of all who ask.
    await undefined;
    if (request.url.tls) await calendar.ensure();
    const result = await new Promise<Result<HttpResponse>>((resolve) => {
      new Exchange(clock, request, authorities, resolve);
    });
    if (!result.ok && result.failure.reason === "tls-expired") calendar.doubt();
    return result;
  };
}

/** What the client gives as a Map; its typings say `Map<String, string>`. */
interface Fields {
  get(name: string): string | undefined;
  has(name: string): boolean;
}

class Exchange {
  #clock: Clock;
  #authorities: Authorities;
  #isTls: boolean;
  #client: HTTPClient | undefined;
  #resolve: ((result: Result<HttpResponse>) => void) | undefined;
  #cancelTimeout: () => void;
  /** What an error means, by how far the exchange has come. */
  #errorReason: Reason = "unreachable";
  #status = 0;
  #retryAfterMs: number | undefined;
  #dateMs: number | undefined;
  #endsWithConnection = false;
  #unsent: ArrayBuffer | undefined;
  #body = new Collector();
  #receivedBytes = 0;

  constructor(
    clock: Clock,
    request: HttpRequest,
    stored: Authorities,
    resolve: (result: Result<HttpResponse>) => void,
  ) {
    this.#clock = clock;
    this.#authorities = () => request.authorities ?? stored();
    this.#isTls = request.url.tls;
    this.#resolve = resolve;
    this.#cancelTimeout = clock.after(request.timeoutMs, () => this.#fail("timeout"));
    guarded(
      "http",
      () => this.#start(request),
      () => this.#fail("unreachable"),
    )();
  }

  #start({ url, method, headers, body }: HttpRequest): void {
    const onError = () => this.#fail(this.#errorReason);
    this.#client = new HTTPClient({
      host: url.host,
      port: url.port,
      dns: { io: Resolver, unknown: () => this.#fail("name-unknown"), isWanted: () => this.#resolve !== undefined },
      socket: url.tls ? this.#tlsSocket() : { io: GuardedTcp, maxBytes: MAX_RECEIVED_BYTES },
      onError,
    });
    this.#unsent = body === undefined ? undefined : ArrayBuffer.fromString(body);
    const fields = new Map(Object.entries({ connection: "close", ...headers }));
    if (this.#unsent) fields.set("content-length", String(this.#unsent.byteLength));
    const exchange = this;
    this.#client.request({
      method,
      path: url.path,
      headers: fields,
      onWritable: guarded(
        "http",
        function (this: HTTPRequest, count: number) {
          exchange.#send(this, count);
        },
        onError,
      ),
      onHeaders: guarded("http", (status: number, received: Fields) => this.#headers(status, received), onError),
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

  #tlsSocket() {
    return {
      io: GuardedTls,
      maxBytes: MAX_RECEIVED_BYTES,
      authorities: this.#authorities,
      onRefused: (reason: Reason) => this.#fail(reason),
      onSecure: () => {
        this.#errorReason = "connection-lost";
      },
    };
  }

  #send(request: HTTPRequest, count: number): void {
    if (!this.#unsent) return;
    this.#errorReason = "connection-lost";
    const part = this.#unsent.slice(0, count);
    this.#unsent = part.byteLength < this.#unsent.byteLength ? this.#unsent.slice(part.byteLength) : undefined;
    request.write(part);
  }

  #headers(status: number, headers: Fields): void {
    this.#errorReason = "connection-lost";
    this.#status = status;
    this.#dateMs = Date.parse(headers.get("date") ?? "") || undefined;
    this.#retryAfterMs = parseRetryAfter(headers.get("retry-after"), headers.get("date"), this.#clock.nowMs());
    this.#body = new Collector(Math.min(bodyLength(headers) ?? 0, MAX_ANSWER_BYTES));
    // Over TLS somebody else may have ended it: there a body needs its length or chunks.
    this.#endsWithConnection = !this.#isTls && !headers.has("content-length") && !headers.has("transfer-encoding");
  }

  #receive(request: HTTPRequest, count: number): void {
    this.#receivedBytes += count;
    if (this.#receivedBytes > MAX_ANSWER_BYTES) {
      this.#fail("answer-too-large");
      return;
    }
    const chunk = request.read(count);
    if (chunk) this.#body.add(chunk);
  }

  #done(error: Error | null): void {
    // The SDK reports the end of a body that ends with its connection as an error.
    if (error && !(this.#endsWithConnection && this.#status)) {
      this.#fail(this.#errorReason);
      return;
    }
    const status = this.#status;
    const text = this.#body.text();
    if (!Number.isInteger(status) || status < 100 || text === undefined) {
      this.#fail("bad-answer");
      return;
    }
    this.#settle(success({ status, body: text, retryAfterMs: this.#retryAfterMs, dateMs: this.#dateMs }));
  }

  #fail(reason: Reason): void {
    this.#settle(failed(reason));
  }

  #settle(result: Result<HttpResponse>): void {
    if (!this.#resolve) return;
    this.#resolve(result);
    this.#resolve = undefined;
    this.#cancelTimeout();
    this.#body = new Collector();
    // Not inside the client's own callback: it goes on with its state after the callback returns.
    this.#clock.after(0, () => this.#client?.close());
  }
}
