/**
 * `embedded:network/http/client` as the SDK's behaves (examples/io/tcp/httpclient/httpclient.js), quirks included:
 * one connection, requests one after another; a body that ends with the connection ends with an error; the end of a
 * chunked request body is garbled; what a handler leaves unread is not announced again.
 * The socket and the resolver are the options' classes, so the device's own wrappers are at work.
 */
import type HTTPClientType from "embedded:network/http/client";
import type { ClientOptions, RequestOptions } from "embedded:network/http/client";
import type TimerType from "timer";
import Timer from "timer";
import type { XsBuffer } from "../buffers.js";
import type { SdkSocket } from "../socket/sdk-socket.js";
import { Request } from "./request.js";
import { type ResponseHandler, ResponseReader } from "./response-reader.js";

type Headers = Map<string, string | string[]>;

/** In the order in which a connection goes through them, again for each request after "connected". */
type State =
  | "disconnected"
  | "connected"
  | "sendRequest"
  | "sendRequestHeader"
  | "sendRequestBody"
  | "receive"
  | "receivedBody"
  | "completing"
  | "error"
  | "closed";

type Pending = Omit<RequestOptions, "onHeaders"> & {
  /** The SDK adds the status text, which the typings leave out. */
  onHeaders?: (this: Request, status: number, headers: Map<string, string>, statusText: string) => void;
  request: Request;
};

/** Room that a chunk's length and line ends take. */
const chunkOverheadBytes = 8;

const text = (value: string): ArrayBuffer => new TextEncoder().encode(value).buffer as ArrayBuffer;

class HTTPClient {
  #socket: SdkSocket | undefined;
  #host: string;
  #onError: ClientOptions["onError"];
  #state: State = "disconnected";
  #current: Pending | undefined;
  #requests: Pending[] = [];
  #reader: ResponseReader | undefined;
  #writable = 0;
  #timer: TimerType | undefined;
  /** What of the request is being sent, and from where; the SDK does not reset the position for a body's last chunk. */
  #outgoing: ArrayBuffer | undefined;
  #position = 0;
  #headers: Iterator<[string, string | string[]]> = new Map().entries();
  /** Bytes left to send; true: chunks until the end is written. */
  #body: number | true = 0;

  constructor(options: ClientOptions) {
    if (!options.host) throw new Error("host required");
    this.#host = options.host;
    this.#onError = options.onError;
    const resolver = new options.dns.io(options.dns);
    resolver.resolve({
      host: options.host,
      onResolved: (host: string, address: string) => this.#connect(options, host, address),
      onError: (error: unknown) => this.#fail(error),
    });
  }

  request(options: RequestOptions): Request {
    const request = new Request(
      (from, wanted) => this.#read(from, wanted),
      (from, data) => this.#write(from, data),
    );
    this.#requests.push({ ...options, request } as Pending);
    if (this.#state === "connected" && this.#requests.length === 1) {
      this.#next();
      this.#later(() => this.#onWritable(this.#writable));
    }
    return request;
  }

  close(): void {
    this.#socket?.close();
    this.#socket = undefined;
    Timer.clear(this.#timer);
    this.#timer = undefined;
    this.#current = undefined;
    this.#requests.length = 0;
    this.#state = "closed";
  }

  #connect(options: ClientOptions, host: string, address: string): void {
    try {
      this.#socket = new options.socket.io({
        ...options.socket,
        address,
        host,
        port: options.port ?? 80,
        onReadable: (count: number) => this.#onReadable(count),
        onWritable: (count: number) => this.#onWritable(count),
        onError: () => this.#fail(),
      }) as SdkSocket;
    } catch (error) {
      this.#fail(error);
    }
  }

  #later(action: () => void): void {
    this.#timer = Timer.set(() => {
      this.#timer = undefined;
      action();
    });
  }

  /** The next request becomes current, if there is one. */
  #next(): void {
    this.#current = this.#requests.shift();
    if (!this.#current) return;
    this.#outgoing = undefined;
    this.#state = "sendRequest";
    this.#headers = ((this.#current.headers ?? new Map()) as Headers).entries();
    this.#body = 0;
  }

  #onWritable(count: number): void {
    this.#writable = count;
    do {
      if (this.#outgoing && !this.#flush(this.#outgoing)) return;
      if (!this.#advance()) return;
    } while (this.#outgoing && this.#writable > 0);
  }

  /** Sends of the outgoing text what there is room for. True: all of it is out. */
  #flush(outgoing: ArrayBuffer): boolean {
    const use = Math.min(outgoing.byteLength - this.#position, this.#writable);
    this.#send(new Uint8Array(outgoing, this.#position, use));
    this.#position += use;
    if (this.#position !== outgoing.byteLength) return false;
    this.#outgoing = undefined;
    return true;
  }

  /** Does the next thing on the way out. False: nothing more for now. */
  #advance(): boolean {
    switch (this.#state) {
      case "disconnected":
        this.#state = "connected";
        this.#next();
        return (this.#state as State) === "sendRequest" ? this.#advance() : true;
      case "sendRequest":
        this.#say(
          `${this.#current!.method ?? "GET"} ${this.#current!.path || "/"} HTTP/1.1\r\nhost: ${this.#host}\r\n`,
        );
        this.#state = "sendRequestHeader";
        return true;
      case "sendRequestHeader":
        this.#sayHeader(this.#headers.next());
        return true;
      case "sendRequestBody":
        return this.#askForBody();
      default:
        return this.#state !== "closed";
    }
  }

  #say(line: string): void {
    this.#outgoing = text(line);
    this.#position = 0;
  }

  #sayHeader({ done, value }: IteratorResult<[string, string | string[]]>): void {
    if (done) {
      this.#say("\r\n");
      this.#state = "sendRequestBody";
      return;
    }
    const [name, content] = value as [string, string];
    const lower = name.toLowerCase();
    if (lower === "content-length") this.#body = Number.parseInt(content, 10) || 0;
    else if (lower === "transfer-encoding" && content.toLowerCase() === "chunked") this.#body = true;
    this.#say(`${name}: ${content}\r\n`);
  }

  #askForBody(): boolean {
    if (!this.#body) {
      this.#receive();
      return true;
    }
    const room = this.#body === true ? this.#writable - chunkOverheadBytes : Math.min(this.#writable, this.#body);
    if (room <= 0 && this.#body === true) return false;
    this.#current!.onWritable?.call(this.#current!.request, room);
    return true;
  }

  #receive(): void {
    this.#state = "receive";
    const current = this.#current!;
    const handler: ResponseHandler = {
      onHeaders: (status, headers, statusText) => {
        current.onHeaders?.call(current.request, status, headers, statusText);
        return this.#current !== undefined;
      },
      onBody: (count) => current.onReadable?.call(current.request, count),
      onEnd: () => this.#done(),
      onInvalid: () => this.#fail(new Error("bad response")),
    };
    this.#reader = new ResponseReader(handler);
  }

  #onReadable(count: number): void {
    // What comes before the request is out is nothing that the SDK knows how to read.
    if (!this.#reader || this.#state !== "receive") throw new Error("unexpected data");
    this.#reader.onReadable(this.#socket!, count);
  }

  #read(request: Request, wanted?: number | XsBuffer): number | ArrayBuffer | undefined {
    if (this.#current?.request !== request) throw new Error("bad state");
    const reader = this.#reader;
    if (this.#state !== "receive" || !reader?.inBody) return undefined;
    const result = reader.read(this.#socket!, wanted);
    if (reader.ended) {
      this.#state = "receivedBody";
      this.#later(() => this.#done());
    } else if (reader.betweenChunks && reader.readable > 0) {
      this.#later(() => this.#onReadable(reader.readable));
    }
    return result;
  }

  #write(request: Request, data?: XsBuffer): number {
    if (this.#current?.request !== request || this.#state !== "sendRequestBody") throw new Error("bad state");
    if (!data) {
      if (this.#body !== true) throw new Error("bad data");
      this.#outgoing = text("0\r\n\r\n");
      this.#body = 0;
      return 0;
    }
    return this.#body === true ? this.#writeChunk(data) : this.#writePart(data, this.#body);
  }

  #writeChunk(data: XsBuffer): number {
    if (data.byteLength + chunkOverheadBytes > this.#writable) throw new Error("would block");
    this.#send(text(`${data.byteLength.toString(16)}\r\n`));
    this.#send(data);
    this.#send(text("\r\n"));
    return Math.max(0, this.#writable - chunkOverheadBytes);
  }

  #writePart(data: XsBuffer, left: number): number {
    if (data.byteLength > this.#writable || data.byteLength > left) throw new Error("would block");
    this.#send(data);
    this.#body = left - data.byteLength;
    if (this.#body > 0) return Math.min(this.#writable, this.#body);
    this.#receive();
    return 0;
  }

  #send(data: XsBuffer): void {
    this.#writable = this.#socket!.write(data);
  }

  #done(): void {
    this.#timer = undefined;
    this.#reader = undefined;
    this.#state = "completing";
    const current = this.#current!;
    current.onDone?.call(current.request, null);
    this.#state = "connected";
    this.#next();
    if (this.#current) this.#onWritable(this.#writable);
  }

  /** Every request ends with an error, then the client; what these callbacks throw is dropped, as the SDK does. */
  #fail(error?: unknown): void {
    if (this.#state === "receivedBody" && this.#timer) {
      Timer.clear(this.#timer);
      this.#done();
    }
    this.#state = "error";
    try {
      const current = this.#current;
      this.#current = undefined;
      for (const one of [...(current ? [current] : []), ...this.#requests.splice(0)])
        one.onDone?.call(one.request, new Error());
      this.#onError?.(error);
    } catch {}
    this.close();
  }
}

export default HTTPClient satisfies new (
  options: ClientOptions,
) => HTTPClientType;
