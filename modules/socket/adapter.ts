/**
 * The SDK's sockets inside the guard: one for each connection. The SDK's MQTT client and HTTP server are handed these classes
 * as their IO, so that what they throw while they parse hostile bytes becomes an error of one connection.
 */
import Listener from "embedded:io/socket/listener";
import TCP, { type Options } from "embedded:io/socket/tcp";
import { reportFault } from "../base/guard.js";

/** Of an accepted connection; the SDK's HTTP server hands it on when it takes the socket over. */
export interface Limits {
  /** More bytes than this read from one connection are an error: a peer must not fill the heap. */
  readonly maxBytes?: number;
  /** Gives what the reader gets in the place of a byte that is read alone; what it throws is the connection's error. */
  mapByte?(byte: number): number;
  /** Nothing more is wanted: what still arrives is read and dropped. With bytes unread, closing would reset the connection. */
  readonly isOver?: boolean;
  /** The request has more than is taken: an error of the connection, once its reader has returned. */
  readonly isTooLarge?: boolean;
}

export type TcpOptions = Options & { readonly limits?: Limits | undefined };

/** A connection whose callbacks run inside the guard and that may have limits. */
export class GuardedTcp extends TCP {
  private limits: Limits | undefined;
  private onReadable: Options["onReadable"];
  private onWritable: Options["onWritable"];
  private onError: Options["onError"];
  private readBytes = 0;
  private isClosed = false;

  constructor(options: TcpOptions) {
    const { onReadable, onWritable, onError } = options;
    super({
      ...options,
      ...(onReadable && { onReadable: readable }),
      ...(onWritable && { onWritable: writable }),
      ...(onError && { onError: failed }),
    });
    // The SDK's HTTP server takes an accepted socket over with `new from.constructor({from, …})`: limits go along.
    this.limits = "from" in options && options.from instanceof GuardedTcp ? options.from.limits : options.limits;
    this.onReadable = onReadable;
    this.onWritable = onWritable;
    this.onError = onError;
  }

  /** The callbacks, as the engine's calls reach them: inside the guard. */
  handleReadable(count: number): void {
    const { limits } = this;
    if (!limits?.isOver) this.onReadable?.call(this, count);
    if (limits?.isTooLarge) throw new RangeError("the request is too large");
    if (limits?.isOver && !this.isClosed) super.read();
  }

  handleWritable(count: number): void {
    this.onWritable?.call(this, count);
  }

  handleError(): void {
    this.onError?.call(this);
  }

  /** As the engine would: for what a layer above reads on by itself. */
  protected readInGuard(count: number): void {
    readable.call(this, count);
  }

  /** What a callback threw. */
  handleFault(error: unknown): void {
    // The SDK's HTTP server goes on reading after its last write, and trips over the closed socket.
    if (this.isClosed) return;
    if (this.isFault(error)) reportFault("socket", error);
    failed.call(this);
  }

  /** Of the device's own, and so for its console. */
  protected isFault(_error: unknown): boolean {
    return true;
  }

  override read(byteLength?: number): number | ArrayBuffer;
  override read(buffer: Uint8Array): void;
  override read(count?: number | Uint8Array): number | ArrayBuffer | void {
    const result = count === undefined ? super.read() : super.read(count as number);
    const limits = this.limits;
    if (!limits) return result;
    const isByte = typeof result === "number" && this.format === "number";
    const bytes = typeof count === "object" ? count : result;
    this.readBytes += typeof bytes === "object" ? bytes.byteLength : 1;
    if (limits.maxBytes !== undefined && this.readBytes > limits.maxBytes) throw new RangeError("too many bytes");
    return isByte && limits.mapByte ? limits.mapByte(result) : result;
  }

  override close(): void {
    this.isClosed = true;
    super.close();
  }
}

function readable(this: TCP, count: number): void {
  const socket = this as GuardedTcp;
  try {
    socket.handleReadable(count);
  } catch (error) {
    socket.handleFault(error);
  }
}

function writable(this: TCP, count: number): void {
  const socket = this as GuardedTcp;
  try {
    socket.handleWritable(count);
  } catch (error) {
    socket.handleFault(error);
  }
}

function failed(this: TCP): void {
  try {
    (this as GuardedTcp).handleError();
  } catch (error) {
    reportFault("socket", error);
  }
}

/** Accepted sockets are guarded. */
export abstract class GuardedListener extends Listener {
  /** For the connection that is accepted. */
  protected abstract limits(from: TCP): Limits;

  override read(): TCP | undefined {
    const from = super.read();
    return from && new GuardedTcp({ from, limits: this.limits(from) });
  }
}
