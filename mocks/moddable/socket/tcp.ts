/**
 * `embedded:io/socket/tcp` as lwIP has it on the chip (modules/io/socket/lwip/tcp.c): what arrives comes in pieces,
 * each in a turn of its own; what is not read is not announced again until more arrives; a write is all or nothing;
 * an error, which the peer's close is too, comes after everything has been read.
 */
import type TCPType from "embedded:io/socket/tcp";
import type { Options } from "embedded:io/socket/tcp";
import { connect, isIPv4, Socket } from "node:net";
import { bytesOf, toArrayBuffer, type XsBuffer } from "../buffers.js";
import { checkNetwork, link } from "../link.js";
import { post } from "../machine.js";
import { Stream } from "./stream.js";

type Format = "number" | "buffer";

interface Callbacks {
  onReadable?: ((this: TCPType, bytes: number) => void) | undefined;
  onWritable?: ((this: TCPType, bytes: number) => void) | undefined;
  onError?: ((this: TCPType) => void) | undefined;
}

/** Of the signals that wait to be delivered together in one turn. */
interface Signals {
  readable: boolean;
  writable: boolean;
  error: boolean;
}

const noSignals = (): Signals => ({ readable: false, writable: false, error: false });

function callbackOf<Name extends keyof Callbacks>(options: Callbacks, name: Name): Callbacks[Name] {
  const callback = options[name];
  if (callback === undefined || callback === null) return undefined;
  if (typeof callback !== "function") throw new Error(`${name}: not a function`);
  return callback;
}

function formatOf(format: unknown): Format {
  if (format !== "number" && format !== "buffer") throw new RangeError("unimplemented");
  return format;
}

/** A router without internet says so at once, or never: then TCP gives up after some twenty seconds. */
const unreachableMs = 150;

function opened(options: { address?: string; port?: number }): Stream {
  const { address, port } = options;
  if (typeof address !== "string" || !isIPv4(address)) throw new Error("invalid address");
  if (typeof port !== "number") throw new Error("invalid");
  if (port < 0 || port > 65535) throw new RangeError("invalid port");
  checkNetwork();
  if (!link.up) throw new Error("connect error");
  Stream.claim("own");
  if (link.internet) {
    return new Stream(connect({ host: address, port: port | 0, allowHalfOpen: true }), { station: true });
  }
  const nowhere = new Socket();
  setTimeout(() => nowhere.destroy(new Error("unreachable")), unreachableMs);
  return new Stream(nowhere, { station: true, reachable: false });
}

class TCP {
  /** What the option `target` was. */
  target: unknown;
  #stream: Stream | undefined;
  #format: Format = "buffer";
  #callbacks: Callbacks = {};
  #signals = noSignals();
  #posted = false;
  #failed = false;
  /** A layer above is at work on what was read: an error comes after it. */
  #isHeld = false;
  #isErrorHeld = false;

  constructor(options?: Options) {
    if (options === undefined) return;
    if (options.format) this.#format = formatOf(options.format);
    this.#callbacks = {
      onReadable: callbackOf(options, "onReadable"),
      onWritable: callbackOf(options, "onWritable"),
      onError: callbackOf(options, "onError"),
    };
    if ("target" in options) this.target = options.target;
    if ("from" in options) this.#takeOver(options.from as unknown as TCP);
    else this.#attach(opened(options as { address?: string; port?: number }));
    if (options.nodelay) this.#stream?.socket.setNoDelay(true);
  }

  /** What a listener gives: a connection without callbacks. Not a part of the SDK's class. */
  static accepted(socket: Socket): TCP {
    const tcp = new TCP();
    tcp.#attach(new Stream(socket, { station: false }));
    return tcp;
  }

  /** Calls `onReadable` again: what a layer above met in a turn of Node's happens there. Not a part of the SDK's class. */
  static enter(tcp: unknown): void {
    const self = tcp as TCP;
    self.#callbacks.onReadable?.call(self as unknown as TCPType, self.#stream?.available ?? 0);
  }

  /** A layer above works in turns of Node's; the chip's is done when it returns. Not a part of the SDK's class. */
  static hold(tcp: unknown, isHeld: boolean): void {
    const self = tcp as TCP;
    self.#isHeld = isHeld;
    if (isHeld || !self.#isErrorHeld) return;
    self.#isErrorHeld = false;
    self.#signal("error");
  }

  get remoteAddress(): string | undefined {
    return this.#open().socket.remoteAddress;
  }

  get remotePort(): number | undefined {
    return this.#open().socket.remotePort;
  }

  get format(): Format {
    this.#open();
    return this.#format;
  }

  set format(format: Format) {
    this.#open();
    this.#format = formatOf(format);
  }

  /**
   * Format "number": the next byte. Format "buffer": that many bytes, all there are without an argument, or a given
   * buffer filled (the result is then its length). Undefined when nothing has arrived.
   * @throws "invalid" when more is asked for than has arrived, or nothing
   */
  read(byteLength?: number): number | ArrayBuffer;
  read(buffer: XsBuffer): void;
  read(wanted?: number | XsBuffer): number | ArrayBuffer | undefined {
    const stream = this.#open();
    const { available } = stream;
    if (available === 0) return undefined;
    if (this.#format === "number") return this.#take(stream, 1)[0]!;
    const into = typeof wanted === "object" ? bytesOf(wanted) : undefined;
    const count = into?.byteLength ?? (wanted === undefined ? available : Number(wanted) | 0);
    if (count <= 0 || count > available) throw new Error("invalid");
    const bytes = this.#take(stream, count);
    if (!into) return toArrayBuffer(bytes);
    into.set(bytes);
    return count;
  }

  /**
   * Sends a byte or a buffer, whole. Gives how many more bytes can be written.
   * @throws "not ready" before the connection stands and after an error, "would block" when there is no room
   */
  write(value: number | XsBuffer, _options?: unknown): number | undefined {
    const stream = this.#open();
    if (!stream.ready) throw new Error("not ready");
    if (this.#failed || stream.broken) return undefined;
    const bytes = this.#format === "number" ? Uint8Array.of(Number(value) & 255) : bytesOf(value);
    if (bytes.byteLength > stream.writable) throw new Error("would block");
    stream.write(bytes);
    return stream.writable;
  }

  close(): void {
    this.#callbacks = {};
    this.#signals = noSignals();
    this.#stream?.close();
    this.#stream = undefined;
  }

  #open(): Stream {
    if (!this.#stream) throw new SyntaxError("TCP: closed");
    return this.#stream;
  }

  #attach(stream: Stream): void {
    this.#stream = stream;
    stream.owner = {
      readable: () => this.#callbacks.onReadable && this.#signal("readable"),
      writable: () => this.#callbacks.onWritable && this.#signal("writable"),
      error: () => this.#signal("error"),
    };
  }

  /** The connection moves here with what it has received; the old object is closed. */
  #takeOver(from: TCP): void {
    const stream = from instanceof TCP ? from.#stream : undefined;
    if (!stream || stream.broken) throw new Error("invalid from");
    const signals = from.#signals;
    from.#stream = undefined;
    from.close();
    this.#attach(stream);
    if (signals.error) this.#signal("error");
    if (this.#callbacks.onWritable && stream.writable > 0) this.#signal("writable");
    if (this.#callbacks.onReadable && stream.available > 0) this.#signal("readable");
  }

  #take(stream: Stream, count: number): Uint8Array {
    const bytes = stream.take(count);
    if (stream.available === 0 && this.#failed) this.#signal("error");
    return bytes;
  }

  #signal(name: keyof Signals): void {
    this.#signals[name] = true;
    if (this.#posted) return;
    this.#posted = true;
    post(() => this.#deliver());
  }

  #deliver(): void {
    this.#posted = false;
    const { readable, writable, error } = this.#signals;
    this.#signals = noSignals();
    const stream = this.#stream;
    if (!stream) return;
    const self = this as unknown as TCPType;
    if (error) {
      this.#failed = true;
      stream.ready = false;
    }
    if (readable && stream.available > 0) this.#callbacks.onReadable?.call(self, stream.available);
    if (!this.#failed) {
      if (writable && !error && !stream.broken) this.#callbacks.onWritable?.call(self, stream.writable);
    } else if (this.#isHeld) this.#isErrorHeld = true;
    else if (stream.available === 0) this.#callbacks.onError?.call(self);
  }
}

type SdkInstance = Omit<TCP, "target">;

export default TCP satisfies new (
  options: Options,
) => SdkInstance & TCPType;
