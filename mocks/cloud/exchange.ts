/** A request and its answer, whether they come over a socket or not. */
import type { IncomingHttpHeaders } from "node:http";
import type { HttpEndpoint } from "./faults.js";

export interface CloudRequest {
  method: string;
  /** Without the query. */
  path: string;
  query: URLSearchParams;
  headers: IncomingHttpHeaders;
  body: string;
  /** The address of the other side. */
  ip: string;
  /** Aborted when the other side hangs up before the answer. */
  gone: AbortSignal;
}

/** A request as it comes, from a socket or from a caller in this process. */
export interface RawRequest {
  method: string;
  /** Path and query. */
  target: string;
  /** Names in lower case. */
  headers?: IncomingHttpHeaders;
  body?: string;
  ip: string;
  gone?: AbortSignal;
}

export function makeRequest({ target, headers = {}, body = "", gone, ...others }: RawRequest): CloudRequest {
  const [path = "/", query = ""] = target.split("?", 2);
  return {
    ...others,
    path,
    query: new URLSearchParams(query),
    headers,
    body,
    gone: gone ?? new AbortController().signal,
  };
}

export interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string;
  /** Sent in chunks without a Content-Length, as Spring does. */
  chunked?: boolean;
}

export type Handler = (request: CloudRequest) => Answer | Promise<Answer>;

export interface Route {
  /** The name that faults and counters use; pages and the admin API have none. */
  endpoint?: HttpEndpoint;
  methods: Readonly<Record<string, Handler>>;
}

export function json(status: number, value: unknown, headers: Record<string, string> = {}): Answer {
  return { status, headers: { "Content-Type": "application/json", ...headers }, body: JSON.stringify(value) };
}

export function text(status: number, body: string, type = "text/plain; charset=utf-8"): Answer {
  return { status, headers: { "Content-Type": type }, body };
}
