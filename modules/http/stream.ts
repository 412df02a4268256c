/** Bodies that are larger than the heap: they go into the receiver's own buffer, piece by piece. */
import type { Result } from "../base/failure.js";
import type { Url } from "../data/url.js";

export interface StreamHead {
  readonly status: number;
  /** @param name in lower case */
  field(name: string): string | undefined;
}

/** Where a body goes. */
export interface StreamSink {
  /** For the next bytes; at least one has room. */
  room(): Uint8Array<ArrayBuffer>;
  /** So many are there now. @returns whether more of them are wanted */
  filled(bytes: number): boolean;
}

export interface StreamRequest {
  readonly url: Url;
  readonly headers: Readonly<Record<string, string>>;
  /** Without a sink the body is not read: the exchange is over. */
  onHead(head: StreamHead): StreamSink | undefined;
  /** Nothing comes for so long. */
  readonly stallMs: number;
  /** For the whole exchange. */
  readonly limitMs: number;
}

export interface Streaming {
  /**
   * A success where the exchange ended as it should, or the sink wanted no more of it. Whether a body was whole is for
   * the sink to know.
   */
  readonly done: Promise<Result<void>>;
  /** Ends it: `done` fails with "connection-lost". */
  cancel(): void;
}

/** GET, on a connection of its own. */
export type HttpStream = (request: StreamRequest) => Streaming;
