import { type Failure, type Result, success } from "../base/failure.js";
import type { Clock } from "../clock/clock.js";
import type { Authorities } from "../tls/adapter.js";
import { type Asking, Exchange, type HttpParts, type TlsCalendar } from "./exchange-adapter.js";
import type { Fields } from "./response.js";
import type { HttpStream, Streaming, StreamRequest, StreamSink } from "./stream.js";

/**
 * Exchanges with the body read into the sink's own buffer. What the sink does with it is done before more is read: the
 * network waits.
 */
export function createHttpStream(
  clock: Clock,
  calendar: TlsCalendar,
  authorities: Authorities,
  userAgent: string,
): HttpStream {
  const parts: HttpParts = { clock, calendar, authorities, userAgent };
  return (request) => new Download(parts, request);
}

class Download implements Asking, Streaming {
  private request: StreamRequest;
  private exchange: Exchange;
  private resolve!: (result: Result<void>) => void;
  readonly done: Promise<Result<void>>;

  constructor(parts: HttpParts, request: StreamRequest) {
    this.request = request;
    this.done = new Promise((resolve) => {
      this.resolve = resolve;
    });
    this.exchange = new Exchange(parts, this);
  }

  get method() {
    return "GET" as const;
  }
  get url() {
    return this.request.url;
  }
  get headers() {
    return this.request.headers;
  }
  get limitMs() {
    return this.request.limitMs;
  }
  get stallMs() {
    return this.request.stallMs;
  }
  /** Whether a body is whole is for the sink to know. */
  get mayEndWithConnection() {
    return true;
  }

  onHead(status: number, fields: Fields): StreamSink | undefined {
    return this.request.onHead({ status, field: (name) => fields.get(name) });
  }

  onEnd(failure: Failure | undefined): void {
    this.resolve(failure ? { ok: false, failure } : success(undefined));
  }

  cancel(): void {
    this.exchange.cancel();
  }
}
