import type { Result } from "../base/failure.js";
import type { Url } from "../data/url.js";

export interface HttpRequest {
  readonly method: "GET" | "POST";
  readonly url: Url;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** For the whole exchange, name resolution included; setting the clock before the first one over TLS is not. */
  readonly timeoutMs: number;
  /** Trusted in place of those that are stored: certificates, DER in base64. */
  readonly authorities?: readonly string[];
}

export interface HttpResponse {
  readonly status: number;
  readonly body: string;
  /** The `Retry-After` header, milliseconds from now. */
  readonly retryAfterMs?: number | undefined;
  /** The `Date` header, milliseconds since 1970. */
  readonly dateMs?: number | undefined;
  /** The address that answered, where redirects have led to another than was asked. */
  readonly movedTo?: Url;
  /** The answer sends the request somewhere where the device does not follow. */
  readonly redirect?: Redirect | undefined;
}

export interface Redirect {
  /** As the header has it. */
  readonly location: string;
  /** To another host. */
  readonly isElsewhere: boolean;
}

/**
 * One exchange on a connection of its own, and one for each redirect that is followed. Any status is a success; only an
 * exchange that did not happen fails.
 */
export type HttpClient = (request: HttpRequest) => Promise<Result<HttpResponse>>;

/** Largest answer, headers included, that the device takes in, in bytes: at times the heap has it three times. */
export const MAX_ANSWER_BYTES = 8 * 1024;

export interface ServerRequest {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  /** The `Host` header as sent, or the host that a proxy's target brings; empty where there is neither. */
  readonly host: string;
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

export interface ServerReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Text, or bytes in parts that are sent one after the other: what stands in flash is not copied as a whole. */
  readonly body: string | readonly Uint8Array[];
}

export interface HttpServer {
  close(): void;
}

export interface ServerOptions {
  readonly port: number;
  handle(request: ServerRequest): ServerReply;
  /**
   * Whose connection is taken; without it everybody's. Others take no place and get no answer.
   * @param address dotted; undefined where the client has left already
   */
  admits?(address: string | undefined): boolean;
}

/** @throws when the port is taken */
export type ServeHttp = (options: ServerOptions) => HttpServer;
