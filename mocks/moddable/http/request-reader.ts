/**
 * Reads one HTTP/1.1 request from a socket: lines byte by byte, the body as the handler asks for it.
 * What it does with odd input is what the SDK's server does with it (httpserver.js).
 */
import type { HTTPRequest } from "embedded:network/http/server";
import type { SdkSocket } from "../socket/sdk-socket.js";
import { readLine } from "./line.js";

export interface RequestHandler {
  /** False: the connection was closed meanwhile. */
  onRequest(request: HTTPRequest): boolean;
  onBody(count: number): void;
  onEnd(): void;
  onInvalid(reason: string): void;
}

type State = "request" | "headers" | "body" | "trailer" | "over";

export class RequestReader {
  /** Bytes that the socket holds and that are not read yet. */
  readable = 0;
  #handler: RequestHandler;
  #state: State = "request";
  /** The line so far; undefined while body bytes are due. */
  #line: string | undefined = "";
  #request: HTTPRequest = { method: "", path: "", headers: new Map() };
  #remaining: number | undefined;
  /** Of the chunk; undefined when the body does not come in chunks. */
  #chunk: number | undefined;

  constructor(handler: RequestHandler) {
    this.#handler = handler;
  }

  get inBody(): boolean {
    return this.#state === "body";
  }

  get betweenChunks(): boolean {
    return this.#chunk === 0;
  }

  /** The body is read to its known end. */
  get ended(): boolean {
    return this.#chunk === undefined && this.#remaining === 0;
  }

  onReadable(socket: SdkSocket, count: number): void {
    this.readable = count;
    while (this.readable > 0) {
      if (this.#line !== undefined && !this.#readLine(socket)) return;
      if (!this.#step()) return;
    }
  }

  /** A piece of the body; never more than is there and belongs to it. */
  read(socket: SdkSocket, wanted?: number): ArrayBuffer | undefined {
    const available = Math.min(this.readable, this.#chunk ?? this.#remaining ?? 0);
    const count = Math.min(wanted ?? available, available);
    if (!count) return undefined;
    this.readable -= count;
    if (this.#chunk === undefined) this.#remaining! -= count;
    else this.#chunk -= count;
    const result = socket.read(count) as ArrayBuffer;
    if (this.#chunk === 0) this.#line = "";
    return result;
  }

  /** After the request: whether what comes makes a whole line, or is read as one piece because a body was due. */
  lineFollows(socket: SdkSocket, count: number): boolean {
    this.readable = count;
    return count > 0 && (this.#line === undefined || this.#readLine(socket));
  }

  /** Bytes up to the line feed. False: the line is not complete, or does not end with CR LF: then nothing goes on. */
  #readLine(socket: SdkSocket): boolean {
    const { text, readable, complete } = readLine(socket, this.#line!, this.readable);
    this.#line = text;
    this.readable = readable;
    return complete;
  }

  /** Makes of the line what it is. False: wait for more, or stop. */
  #step(): boolean {
    switch (this.#state) {
      case "request":
        return this.#requestLine(this.#line!);
      case "headers":
        return this.#line === "\r\n" ? this.#endOfHeaders() : this.#header(this.#line!);
      case "body":
        return this.#chunk === undefined ? this.#announce(this.#remaining!) : this.#chunked();
      case "trailer":
        if (this.#line !== "\r\n") this.#handler.onInvalid("badly formed");
        else this.#end();
        return false;
      default:
        this.#handler.onInvalid("bad state");
        return false;
    }
  }

  #requestLine(line: string): boolean {
    const words = line.trim().split(" ");
    if (words.length < 3 || words[2] !== "HTTP/1.1") {
      this.#handler.onInvalid("badly formed");
      return false;
    }
    this.#request.method = words[0]!;
    this.#request.path = words[1]!;
    this.#line = "";
    this.#state = "headers";
    return true;
  }

  #header(line: string): boolean {
    const colon = line.indexOf(":");
    const name = line.slice(0, Math.max(0, colon)).trim().toLowerCase();
    const value = line.slice(colon + 1).trim();
    this.#request.headers.set(name, value);
    if (name === "content-length") this.#remaining = Number.parseInt(value, 10);
    else if (name === "transfer-encoding" && value.toLowerCase() === "chunked") this.#chunk = 0;
    this.#line = "";
    return true;
  }

  #endOfHeaders(): boolean {
    if (this.#chunk !== undefined) this.#remaining = undefined;
    if (!this.#handler.onRequest(this.#request)) return false;
    if (!this.#remaining && this.#chunk === undefined) {
      this.#end();
      return true;
    }
    this.#state = "body";
    this.#line = this.#chunk === undefined ? undefined : "";
    return true;
  }

  #end(): void {
    this.#state = "over";
    this.#handler.onEnd();
  }

  #announce(limit: number): boolean {
    this.#handler.onBody(Math.min(this.readable, limit));
    return false;
  }

  #chunked(): boolean {
    if (this.#chunk === 0) {
      // The line end that closes the chunk before.
      if (this.#line === "\r\n") {
        this.#line = "";
        return true;
      }
      this.#chunk = Number.parseInt(this.#line!.trim(), 16);
      this.#line = undefined;
      if (this.#chunk === 0) {
        this.#state = "trailer";
        this.#line = "";
        return true;
      }
    }
    return this.#announce(this.#chunk!);
  }
}
