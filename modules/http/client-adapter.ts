import { type Failure, failed, type Result, success } from "../base/failure.js";
import { parseRetryAfter } from "../base/retry.js";
import type { Clock } from "../clock/clock.js";
import { Collector } from "../socket/collector.js";
import type { Authorities } from "../tls/adapter.js";
import { type Asking, Exchange, type Fields, type HttpParts, type TlsCalendar } from "./exchange-adapter.js";
import { bodyLength } from "./head.js";
import { type HttpClient, type HttpRequest, type HttpResponse, MAX_ANSWER_BYTES } from "./http.js";
import type { StreamSink } from "./stream.js";

/** Exchanges whose answers the heap has room for. */
export function createHttpClient(clock: Clock, calendar: TlsCalendar, authorities: Authorities): HttpClient {
  const parts: HttpParts = { clock, calendar, authorities };
  return (request) => ask(parts, request);
}

function ask(parts: HttpParts, request: HttpRequest): Promise<Result<HttpResponse>> {
  return new Promise((resolve) => {
    new Exchange(parts, new Answer(parts.clock, request, resolve));
  });
}

/** A request, and its answer as far as it has come. */
class Answer implements Asking, StreamSink {
  private _clock: Clock;
  private request: HttpRequest;
  private resolve: (result: Result<HttpResponse>) => void;
  private status = 0;
  private retryAfterMs: number | undefined;
  private dateMs: number | undefined;
  private body: Collector | undefined;

  constructor(clock: Clock, request: HttpRequest, resolve: (result: Result<HttpResponse>) => void) {
    this._clock = clock;
    this.request = request;
    this.resolve = resolve;
  }

  get method() {
    return this.request.method;
  }
  get url() {
    return this.request.url;
  }
  get headers() {
    return this.request.headers ?? {};
  }
  get text() {
    return this.request.body;
  }
  get trusted() {
    return this.request.authorities;
  }
  get limitMs() {
    return this.request.timeoutMs;
  }
  get stallMs() {
    return this.request.timeoutMs;
  }
  get mayEndWithConnection() {
    return !this.request.url.tls;
  }

  onHead(status: number, fields: Fields): StreamSink {
    const [date, retryAfter] = [fields.get("date"), fields.get("retry-after")];
    this.status = status;
    this.dateMs = Date.parse(date ?? "") || undefined;
    this.retryAfterMs = parseRetryAfter(retryAfter, date, this._clock.nowMs());
    this.body = new Collector(Math.min(bodyLength(fields) ?? 0, MAX_ANSWER_BYTES));
    return this;
  }

  room(): Uint8Array<ArrayBuffer> {
    // A byte more than may come tells that more comes, and takes no larger buffer.
    return this.body!.length < MAX_ANSWER_BYTES ? this.body!.room() : new Uint8Array(1);
  }

  filled(bytes: number): boolean {
    this.body!.filled(bytes);
    return this.body!.length <= MAX_ANSWER_BYTES;
  }

  onEnd(failure: Failure | undefined): void {
    this.resolve(failure ? { ok: false, failure } : this.result());
  }

  private result(): Result<HttpResponse> {
    if ((this.body?.length ?? 0) > MAX_ANSWER_BYTES) return failed("answer-too-large");
    const body = this.body?.text();
    if (body === undefined) return failed("bad-answer");
    return success({ status: this.status, body, retryAfterMs: this.retryAfterMs, dateMs: this.dateMs });
  }
}
