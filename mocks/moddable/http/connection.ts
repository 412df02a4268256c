/**
 * One connection of the HTTP server: takes the accepted socket over, reads one request, sends one response, closes.
 * States and quirks are those of the SDK's Connection (httpserver.js).
 */

import type TCPType from "embedded:io/socket/tcp";
import type { HTTPConnection, HTTPConnectionHandlers, HTTPResponse } from "embedded:network/http/server";
import type TimerType from "timer";
import Timer from "timer";
import { bytesOf } from "../buffers.js";
import type { SdkSocket } from "../socket/sdk-socket.js";
import { reasonOf } from "./reasons.js";
import { type RequestHandler, RequestReader } from "./request-reader.js";

type State = "receive" | "waitResponse" | "sendResponse" | "sendResponseHeader" | "sendResponseBody" | "done" | "error";

/** The SDK hands a reason to `onError`, which the typings leave out. */
type Handlers = HTTPConnectionHandlers & { onError?(this: HTTPConnection, reason?: unknown): void };

/** Room that a chunk's length and line ends take. */
const chunkOverheadBytes = 8;

const text = (value: string): ArrayBuffer => new TextEncoder().encode(value).buffer as ArrayBuffer;

export class Connection {
  #from: TCPType | undefined;
  #socket: SdkSocket | undefined;
  #done: (() => void) | undefined;
  #handlers: Handlers = {};
  #state: State = "receive";
  #reader: RequestReader;
  #writable = 0;
  #timer: TimerType | undefined;
  #outgoing: ArrayBuffer | undefined;
  /** The SDK does not reset it for a chunked body's end. */
  #position = 0;
  #response: HTTPResponse | undefined;
  #headers: Iterator<[string, string | number]> = new Map().entries();
  /** Bytes of the body left to send; true: chunks until the end; undefined: nobody said. */
  #remaining: number | true | undefined;

  /** @param done called when the connection closes; when it throws, `close` does nothing more */
  constructor(from: TCPType, done: () => void) {
    this.#from = from;
    this.#done = done;
    const handler: RequestHandler = {
      onRequest: (request) => {
        this.#handlers.onRequest?.call(this.#self, request);
        return this.#socket !== undefined;
      },
      onBody: (count) => this.#handlers.onReadable?.call(this.#self, count),
      onEnd: () => this.#reply(),
      onInvalid: (reason) => this.#fail(reason),
    };
    this.#reader = new RequestReader(handler);
  }

  /** Starts reading the request. The handlers are called with the connection as `this`. */
  accept(handlers: HTTPConnectionHandlers): void {
    const from = this.#from!;
    const { onRequest, onReadable, onResponse, onWritable, onDone, onError } = handlers;
    this.#handlers = { onRequest, onReadable, onResponse, onWritable, onDone, onError } as Handlers;
    const Io = from.constructor as new (options: object) => SdkSocket;
    this.#socket = new Io({
      from,
      onReadable: (count: number) => this.#onReadable(count),
      onWritable: (count: number) => this.#onWritable(count),
      onError: (reason?: unknown) => this.#fail(reason),
    });
    this.#from = undefined;
  }

  /** At most so many bytes of the request's body, all that are there without a number. */
  read(count?: number): ArrayBuffer | undefined {
    if (this.#state !== "receive" || !this.#reader.inBody) return undefined;
    const result = this.#reader.read(this.#socket!, count);
    if (result === undefined) return undefined;
    if (this.#reader.betweenChunks) {
      if (this.#reader.readable > 0) this.#later(() => this.#onReadable(this.#reader.readable));
    } else if (this.#reader.ended) this.#later(() => this.#reply());
    return result;
  }

  /** Answers: status and headers now, the body as `onWritable` asks for it. */
  respond(response: HTTPResponse): void {
    this.#state = "sendResponse";
    this.#response = response;
    this.#headers = response.headers.entries();
    this.#remaining = undefined;
    this.#onWritable(this.#writable);
  }

  /** Sends a piece of the body; without data ends a chunked one. Gives how much more is welcome. @throws "would block" */
  write(data?: ArrayBuffer | Uint8Array): number {
    if (this.#state !== "sendResponseBody") throw new Error("bad state");
    if (!data) return this.#writeEnd();
    return this.#remaining === true ? this.#writeChunk(data) : this.#writePart(data);
  }

  close(): void {
    this.#done?.();
    this.#done = undefined;
    this.#socket?.close();
    this.#socket = undefined;
    this.#from?.close();
    this.#from = undefined;
    Timer.clear(this.#timer);
    this.#timer = undefined;
  }

  get #self(): HTTPConnection {
    return this as unknown as HTTPConnection;
  }

  #later(action: () => void): void {
    this.#timer = Timer.set(() => {
      this.#timer = undefined;
      action();
    });
  }

  #onReadable(count: number): void {
    if (this.#state === "receive") this.#reader.onReadable(this.#socket!, count);
    // One request a connection: whatever follows it is an error, once its first line is complete.
    else if (this.#reader.lineFollows(this.#socket!, count)) this.#fail("bad state");
  }

  #reply(): void {
    this.#timer = undefined;
    this.#state = "waitResponse";
    const response: HTTPResponse = { headers: new Map(), status: 200 };
    if (this.#handlers.onResponse) this.#handlers.onResponse.call(this.#self, response);
    else this.respond(response);
  }

  #onWritable(count: number): void {
    this.#writable = count;
    while (this.#state !== "receive" && this.#writable > 0) {
      if (this.#outgoing && !this.#flush(this.#outgoing)) return;
      if (!this.#advance()) return;
    }
  }

  #flush(outgoing: ArrayBuffer): boolean {
    const use = Math.min(outgoing.byteLength - this.#position, this.#writable);
    this.#writable = this.#socket!.write(new Uint8Array(outgoing, this.#position, use));
    this.#position += use;
    if (this.#position !== outgoing.byteLength) return false;
    this.#outgoing = undefined;
    return true;
  }

  /** Does the next thing on the way out. False: nothing more for now. */
  #advance(): boolean {
    switch (this.#state) {
      case "sendResponse":
        this.#say(`HTTP/1.1 ${this.#response!.status} ${reasonOf(this.#response!.status)}\r\n`);
        this.#state = "sendResponseHeader";
        return true;
      case "sendResponseHeader":
        this.#sayHeader(this.#headers.next());
        return true;
      case "sendResponseBody":
        if (this.#remaining === 0) this.#finish();
        else this.#askForBody();
        return false;
      default:
        return false;
    }
  }

  #say(line: string): void {
    this.#outgoing = text(line);
    this.#position = 0;
  }

  /** Only names in lower case tell how long the body is. */
  #sayHeader({ done, value }: IteratorResult<[string, string | number]>): void {
    if (done) {
      this.#say("\r\n");
      this.#state = "sendResponseBody";
      if (this.#response!.status === 101) this.#remaining = 0;
      return;
    }
    const [name, content] = value;
    if (name === "content-length") this.#remaining = Number.parseInt(String(content), 10);
    else if (name === "transfer-encoding" && content === "chunked") this.#remaining = true;
    this.#say(`${name}: ${content}\r\n`);
  }

  #askForBody(): void {
    const room = this.#remaining === true ? this.#writable - chunkOverheadBytes : this.#writable;
    if (room <= 0) return;
    const count = typeof this.#remaining === "number" ? Math.min(room, this.#remaining) : room;
    this.#handlers.onWritable?.call(this.#self, count);
  }

  #writeEnd(): number {
    if (typeof this.#remaining === "number") throw new Error("bad data");
    this.#outgoing = text("0\r\n\r\n");
    this.#remaining = 0;
    this.#later(() => {
      if (this.#writable > 0) this.#onWritable(this.#writable);
    });
    return 0;
  }

  #writeChunk(data: ArrayBuffer | Uint8Array): number {
    if (data.byteLength + chunkOverheadBytes > this.#writable) throw new Error("would block");
    this.#socket!.write(text(`${data.byteLength.toString(16)}\r\n`));
    this.#socket!.write(bytesOf(data));
    this.#writable = this.#socket!.write(text("\r\n"));
    return Math.max(0, this.#writable - chunkOverheadBytes);
  }

  #writePart(data: ArrayBuffer | Uint8Array): number {
    const left = this.#remaining === undefined || this.#remaining === true ? Number.NaN : this.#remaining;
    if (data.byteLength > this.#writable || data.byteLength > left) throw new Error("would block");
    this.#writable = this.#socket!.write(bytesOf(data));
    this.#remaining = left - data.byteLength;
    if (this.#remaining === 0) {
      this.#finish();
      this.#writable = 0;
    }
    return this.#writable;
  }

  /** What `onDone` throws is dropped, as the SDK does. */
  #finish(): void {
    this.#state = "done";
    try {
      this.#handlers.onDone?.call(this.#self);
    } catch {}
    this.close();
  }

  #fail(reason?: unknown): void {
    const { onError } = this.#handlers;
    this.close();
    this.#state = "error";
    onError?.call(this.#self, reason);
  }
}
