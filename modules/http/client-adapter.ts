import { type Failure, failed, type Result, success } from "../base/failure.js";
import { parseRetryAfter } from "../base/retry.js";
import type { Clock } from "../clock/clock.js";
import { resolveUrl, type Url } from "../data/url.js";
import { Collector } from "../socket/collector.js";
import type { Authorities } from "../tls/adapter.js";
import { type Asking, Exchange, type HttpParts, type TlsCalendar } from "./exchange-adapter.js";
import { type HttpClient, type HttpRequest, type HttpResponse, MAX_ANSWER_BYTES } from "./http.js";
import type { Fields } from "./response.js";
import type { StreamSink } from "./stream.js";

/** To https, to a slash, and one for whoever put a balancer before it. */
const MAX_REDIRECTS = 3;
/** Not 303: what follows it is no answer to what was asked. */
const REDIRECTS: readonly number[] = [301, 302, 307, 308];
const LESS_THAN = 60;

/** Exchanges whose answers the heap has room for. Redirects within the host are followed, with what was asked. */
export function createHttpClient(
  clock: Clock,
  calendar: TlsCalendar,
  authorities: Authorities,
  userAgent: string,
): HttpClient {
  const parts: HttpParts = { clock, calendar, authorities, userAgent };
  return (request) => ask(parts, request);
}

function ask(parts: HttpParts, request: HttpRequest): Promise<Result<HttpResponse>> {
  return new Promise((resolve) => {
    new Exchange(parts, new Answer(parts, request, resolve));
  });
}

/** A request, and its answer as far as it has come. */
class Answer implements Asking, StreamSink {
  private parts: HttpParts;
  private request: HttpRequest;
  private resolve: (result: Result<HttpResponse>) => void;
  private status = 0;
  private retryAfterMs: number | undefined;
  private dateMs: number | undefined;
  private location: string | undefined;
  private body: Collector | undefined;
  private redirects = 0;
  url: Url;

  constructor(parts: HttpParts, request: HttpRequest, resolve: (result: Result<HttpResponse>) => void) {
    this.parts = parts;
    this.request = request;
    this.resolve = resolve;
    this.url = request.url;
  }

  get method() {
    return this.request.method;
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
    return !this.url.tls;
  }

  onHead(status: number, fields: Fields): StreamSink | undefined {
    const date = fields.get("date");
    this.status = status;
    this.dateMs = Date.parse(date ?? "") || undefined;
    this.retryAfterMs = parseRetryAfter(fields.get("retry-after"), date, this.parts.clock.nowMs());
    this.location = fields.get("location");
    this.body = new Collector(Math.min(Number(fields.get("content-length")) || 0, MAX_ANSWER_BYTES));
    // What a redirect says beside it nobody reads.
    return this.target ? undefined : this;
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
    const target = failure ? undefined : this.target;
    if (target && this.redirects < MAX_REDIRECTS && mayFollow(this.url, target)) {
      this.redirects++;
      this.url = target;
      new Exchange(this.parts, this);
    } else this.resolve(failure ? { ok: false, failure } : this.result());
  }

  /** Where the answer sends the request. */
  private get target(): Url | undefined {
    return REDIRECTS.includes(this.status) && this.location ? resolveUrl(this.url, this.location) : undefined;
  }

  private result(): Result<HttpResponse> {
    const body = this.bodyText();
    if (!body.ok) return body;
    const { status, retryAfterMs, dateMs, location, url, redirects } = this;
    return success({
      ...{ status, body: body.value, retryAfterMs, dateMs },
      ...(redirects > 0 && { movedTo: url }),
      ...(status >= 300 && status < 400 && location && { redirect: this.redirectTo(location) }),
    });
  }

  private redirectTo(location: string): HttpResponse["redirect"] {
    return { location, isElsewhere: resolveUrl(this.url, location)?.host !== this.url.host };
  }

  /** Of a web page that is too large its first sign is enough, of an error its status. */
  private bodyText(): Result<string> {
    const { body, status } = this;
    if (!body || body.length <= MAX_ANSWER_BYTES) {
      const text = body?.text();
      return text === undefined ? failed("bad-answer") : success(text);
    }
    if (body.first() === LESS_THAN) return success("<");
    return status >= 300 ? success("") : failed("answer-too-large");
  }
}

/** What was asked may have secrets in it, for this host alone. */
function mayFollow(from: Url, to: Url): boolean {
  return to.host === from.host && (to.tls || !from.tls);
}
