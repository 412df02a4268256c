/**
 * The SDK's sockets inside the guard. The SDK's HTTP and MQTT clients are handed these classes as their IO, so that
 * what they throw while they parse hostile bytes becomes an error of one connection.
 */
import Listener from "embedded:io/socket/listener";
import TCP, { type Options } from "embedded:io/socket/tcp";
import { guarded } from "../base/guard.js";

/** Travels in `socket: {io: GuardedTcp, …}` through the SDK's client to the socket. */
export interface Limits {
  /** More bytes than this read from one connection are an error: a peer must not fill the heap. */
  readonly maxBytes?: number;
  /** Told, more than once, that the connection stands. */
  readonly onOpen?: () => void;
  /** Gives what the reader gets in the place of a byte that is read alone; what it throws is the connection's error. */
  readonly mapByte?: (byte: number) => number;
}

/** A connection whose callbacks run inside the guard and that has a limit. */
export class GuardedTcp extends TCP {
  readonly limits: Limits;
  /** As the engine calls it: inside the guard. */
  protected readonly readableGuarded: ((this: TCP, count: number) => void) | undefined;
  #readBytes = 0;
  #closed = false;

  constructor(options: Options & Limits) {
    const { onReadable, onWritable, onError, onOpen } = options;
    const opened = function (this: TCP, count: number) {
      onOpen?.();
      onWritable?.call(this, count);
    };
    const readable = function (this: TCP, count: number) {
      try {
        onReadable?.call(this, count);
      } catch (error) {
        // The SDK's HTTP server goes on with what a client sends behind its request, and trips over the closed socket.
        if (!(this as GuardedTcp).#closed) throw error;
      }
    };
    const readableGuarded = onReadable && guarded("socket", readable, onError);
    super({
      ...options,
      ...(readableGuarded && { onReadable: readableGuarded }),
      ...(onWritable && { onWritable: guarded("socket", opened, onError) }),
      ...(onError && { onError: guarded("socket", onError) }),
    });
    this.readableGuarded = readableGuarded;
    // The SDK's HTTP server takes an accepted socket over with `new from.constructor({from, …})`: limits go along.
    this.limits = "from" in options && options.from instanceof GuardedTcp ? options.from.limits : options;
  }

  override read(byteLength?: number): number | ArrayBuffer;
  override read(buffer: Uint8Array): void;
  override read(count?: number | Uint8Array): number | ArrayBuffer | void {
    const { maxBytes, mapByte } = this.limits;
    const result = count === undefined ? super.read() : super.read(count as number);
    const isByte = typeof result === "number" && this.format === "number";
    const bytes = typeof count === "object" ? count : result;
    this.#readBytes += typeof bytes === "object" ? bytes.byteLength : 1;
    if (maxBytes !== undefined && this.#readBytes > maxBytes) throw new RangeError("too many bytes");
    return isByte && mapByte ? mapByte(result) : result;
  }

  override close(): void {
    this.#closed = true;
    super.close();
  }
}

/** Accepted sockets are guarded. */
export class GuardedListener extends Listener {
  #limits: () => Limits;

  /** @param options limits: called for each accepted connection */
  constructor(options: ConstructorParameters<typeof Listener>[0] & { limits: () => Limits }) {
    super(options);
    this.#limits = options.limits;
  }

  override read(): TCP | undefined {
    const from = super.read();
    return from && new GuardedTcp({ from, ...this.#limits() });
  }
}
