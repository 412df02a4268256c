/**
 * Reads one HTTP/1.1 response from a socket: lines byte by byte, the body as the handler asks for it.
 * What it does with odd input is what the SDK's client does with it (httpclient.js).
 */
import type { XsBuffer } from "../buffers.js";
import { bytesOf } from "../buffers.js";
import type { SdkSocket } from "../socket/sdk-socket.js";
import { readLine } from "./line.js";

export interface ResponseHandler {
  /** False: the client was closed meanwhile. */
  onHeaders(status: number, headers: Map<string, string>, statusText: string): boolean;
  onBody(count: number): void;
  onEnd(): void;
  onInvalid(): void;
}

type State = "status" | "headers" | "body" | "trailer" | "over";

export class ResponseReader {
  /** Bytes that the socket holds and that are not read yet. */
  readable = 0;
  #handler: ResponseHandler;
  #state: State = "status";
  /** The line so far; undefined while body bytes are due. */
  #line: string | undefined = "";
  #status = 0;
  #statusText = "";
  #headers = new Map<string, string>();
  #headerName = "";
  /** Of the body; undefined when it comes in chunks or has no length. */
  #remaining: number | undefined;
  /** Of the chunk; undefined when the body does not come in chunks. */
  #chunk: number | undefined;

  constructor(handler: ResponseHandler) {
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
    do {
      if (this.#line !== undefined && !this.#readLine(socket)) return;
      if (!this.#step()) return;
    } while (this.readable > 0);
  }

  /** A piece of the body; never more than is there and belongs to it. */
  read(socket: SdkSocket, wanted?: number | XsBuffer): number | ArrayBuffer | undefined {
    const available = Math.min(this.readable, this.#chunk ?? this.#remaining ?? this.readable);
    const into = typeof wanted === "object" ? bytesOf(wanted) : undefined;
    const count = Math.min(into?.byteLength ?? (wanted as number | undefined) ?? this.readable, available);
    this.readable -= count;
    if (this.#chunk !== undefined) this.#chunk -= count;
    else if (this.#remaining !== undefined) this.#remaining -= count;
    const result = into ? socket.read(into.subarray(0, count)) : socket.read(count);
    if (this.#chunk === 0) this.#line = "";
    return result as number | ArrayBuffer | undefined;
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
      case "status":
        return this.#statusLine(this.#line!);
      case "headers":
        return this.#line === "\r\n" ? this.#endOfHeaders() : this.#header(this.#line!);
      case "body":
        return this.#chunk === undefined ? this.#announce(this.#remaining) : this.#chunked();
      case "trailer":
        if (this.#line !== "\r\n") throw new Error("trailer");
        this.#state = "over";
        this.#handler.onEnd();
        return false;
      default:
        throw new Error("data after the response");
    }
  }

  #statusLine(line: string): boolean {
    const first = line.indexOf(" ");
    const second = line.indexOf(" ", first + 1);
    if (first < 0 || second < 0) {
      this.#handler.onInvalid();
      if (this.readable > 0) throw new TypeError("the client is closed");
      return false;
    }
    this.#status = Number.parseInt(line.slice(first + 1, second), 10);
    this.#statusText = line.slice(second + 1);
    this.#state = "headers";
    this.#line = "";
    return true;
  }

  /** A line without a colon counts as another value of the header before it. */
  #header(line: string): boolean {
    const colon = line.indexOf(":");
    if (colon >= 0) this.#headerName = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    this.#headers.set(this.#headerName, value);
    if (this.#headerName === "content-length") this.#remaining = Number.parseInt(value, 10);
    else if (this.#headerName === "transfer-encoding" && value.toLowerCase() === "chunked") this.#chunk = 0;
    this.#line = "";
    return true;
  }

  #endOfHeaders(): boolean {
    if (this.#status === 204 || this.#status === 205) this.#remaining = 0;
    else if (this.#chunk !== undefined) this.#remaining = undefined;
    if (!this.#handler.onHeaders(this.#status, this.#headers, this.#statusText)) return false;
    this.#state = "body";
    this.#line = this.#chunk === undefined ? undefined : "";
    if (this.#remaining !== 0) return true;
    this.#state = "over";
    this.#handler.onEnd();
    return false;
  }

  #announce(limit: number | undefined): boolean {
    this.#handler.onBody(Math.min(this.readable, limit ?? this.readable));
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
    if (this.readable === 0 || !(this.#chunk! > 0)) return false;
    return this.#announce(this.#chunk);
  }
}
