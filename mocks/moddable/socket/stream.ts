/**
 * A connection as lwIP keeps it, over a socket of Node: a receive window that closes while nothing is read, segments
 * that come one at a time, a send buffer of fixed size.
 * Numbers: build/devices/esp32/xsProj-esp32s3/sdkconfig.defaults, and MAX_ACTIVE_TCP of the project's own: lwIP itself takes
 * as many as the heap has (MEMP_MEM_MALLOC).
 */
import type { Socket } from "node:net";
import { link, phones } from "../link.js";
import { count, inUse, type Kind } from "../usage.js";

const windowBytes = 5744;
const sendBufferBytes = 5744;
const segmentBytes = 1024;
const maxConnections = 14;
/** Node has read by then. */
const unreadMs = 20;
/** Shorter pieces are delivered as they come. */
const splitFromBytes = 24;

/** What a connection tells whoever holds it. */
export interface StreamOwner {
  readable(): void;
  writable(): void;
  error(): void;
}

const nobody: StreamOwner = { readable: () => {}, writable: () => {}, error: () => {} };

/** What had come before a reset stays to be read, as lwIP keeps it. Node forgets it where a write meets the reset first. */
function keepUnread(socket: Socket): void {
  const destroy = socket.destroy.bind(socket);
  socket.destroy = (error?: NodeJS.ErrnoException) => {
    if (error?.syscall !== "write") return destroy(error);
    setTimeout(() => destroy(error), unreadMs);
    return socket;
  };
}

export class Stream {
  owner: StreamOwner = nobody;
  /** Connected, and no error delivered yet. */
  ready = false;
  /** The connection is gone, by a reset or a refusal. */
  broken = false;
  readonly socket: Socket;
  #received: Uint8Array[] = [];
  #receivedBytes = 0;
  /** What has come from the network but was not handed over yet; null is the peer's end. */
  #arriving: (Uint8Array | null)[] = [];
  #arrivingBytes = 0;
  #stepping = false;
  #unsentBytes = 0;
  /** While the link is down: nothing goes or comes, and what is written waits here. */
  #stalled = false;
  #held: Uint8Array[] = [];
  #closed = false;
  #kind: Kind;
  /** The phone is gone, and its end of the connection with it; this end does not know. */
  #severed = false;
  #unwatch: () => void = () => {};

  /**
   * @param options station: whether the connection goes through the station's link, and stalls with it; if not, it comes
   * from a phone. reachable: false where nobody will ever answer; whoever made the socket ends it
   */
  constructor(socket: Socket, options: { station: boolean; reachable?: boolean }) {
    this.socket = socket;
    this.#kind = options.station ? "own" : "accepted";
    keepUnread(socket);
    this.ready = !socket.connecting && options.reachable !== false;
    socket.on("connect", () => {
      this.ready = true;
      this.owner.writable();
    });
    socket.on("data", (data) => this.#arrive(data));
    socket.on("end", () => this.#arriveEnd());
    socket.on("error", () => this.#break());
    socket.on("close", () => {
      if (!this.#severed) count(this.#kind, -1);
      this.#unwatch();
    });
    if (options.station) this.#unwatch = link.watch((up) => this.#linkChanged(up));
    else this.#unwatch = phones.watch((up) => !up && this.#sever());
    socket.resume();
  }

  /** Connections that are counted now. */
  static get open(): number {
    return inUse("own") + inUse("accepted");
  }

  /** Counts a connection that is about to open. @throws "no socket" when the chip has no more */
  static claim(kind: "own" | "accepted"): void {
    if (Stream.open >= maxConnections) throw new RangeError("no socket");
    count(kind, 1);
  }

  get available(): number {
    return this.#receivedBytes;
  }

  get writable(): number {
    return sendBufferBytes - this.#unsentBytes;
  }

  /** Removes `count` bytes, of which there must be so many. */
  take(count: number): Uint8Array {
    const bytes = new Uint8Array(count);
    let position = 0;
    while (position < count) {
      const first = this.#received[0]!;
      const use = Math.min(first.byteLength, count - position);
      bytes.set(first.subarray(0, use), position);
      position += use;
      if (use === first.byteLength) this.#received.shift();
      else this.#received[0] = first.subarray(use);
    }
    this.#receivedBytes -= count;
    this.#flow();
    return bytes;
  }

  /** Sends a copy of the bytes, for which there must be room. */
  write(bytes: Uint8Array): void {
    this.#unsentBytes += bytes.byteLength;
    const copy = bytes.slice();
    if (this.#severed) return;
    if (this.#stalled) this.#held.push(copy);
    else this.#send(copy);
  }

  /** What was written still goes out. */
  close(): void {
    if (this.#severed && !this.#closed) count(this.#kind, -1);
    this.owner = nobody;
    this.#closed = true;
    this.#arriving = [];
    if (this.#stalled) this.socket.destroy();
    else this.socket.destroySoon();
  }

  #send(bytes: Uint8Array): void {
    this.socket.write(bytes, (error) => {
      if (error) return;
      this.#unsentBytes -= bytes.byteLength;
      this.owner.writable();
    });
  }

  #arrive(data: Uint8Array): void {
    if (this.#closed) return;
    const piece =
      data.byteLength < splitFromBytes ? data.byteLength : Math.min(segmentBytes, Math.ceil(data.byteLength / 3));
    for (let start = 0; start < data.byteLength; start += piece) {
      const segment = data.subarray(start, start + piece);
      this.#arriving.push(segment);
      this.#arrivingBytes += segment.byteLength;
    }
    this.#flow();
    this.#step();
  }

  #arriveEnd(): void {
    if (this.#closed) return;
    this.#arriving.push(null);
    this.#step();
  }

  /** Hands over one segment a turn, as long as the window is open. */
  #step(): void {
    if (this.#stepping || this.#arriving.length === 0 || this.#closed) return;
    if (this.#arriving[0] !== null && this.#receivedBytes >= windowBytes) return;
    this.#stepping = true;
    setImmediate(() => {
      this.#stepping = false;
      if (this.#stalled || this.#closed) return;
      const segment = this.#arriving.shift();
      if (segment) {
        this.#arrivingBytes -= segment.byteLength;
        this.#received.push(segment);
        this.#receivedBytes += segment.byteLength;
        this.owner.readable();
      } else if (segment === null) this.owner.error();
      this.#step();
    });
  }

  /** The window closes while more than it holds lies unread. */
  #flow(): void {
    if (this.#closed || this.socket.destroyed) return;
    if (this.#stalled || this.#receivedBytes + this.#arrivingBytes >= windowBytes) this.socket.pause();
    else this.socket.resume();
    this.#step();
  }

  /** What had come before it is read first. */
  #break(): void {
    this.broken = true;
    if (this.#arriving.length > 0 && !this.#stalled) this.#arriveEnd();
    else this.owner.error();
  }

  /** Nobody tells this end: what it sends is not acknowledged, and it keeps its place until the device closes it. */
  #sever(): void {
    if (this.#closed || this.socket.destroyed) return;
    this.#severed = true;
    this.#arriving = [];
    this.#unwatch();
    this.socket.resetAndDestroy();
  }

  #linkChanged(up: boolean): void {
    this.#stalled = !up;
    this.#flow();
    if (!up) return;
    for (const bytes of this.#held.splice(0)) this.#send(bytes);
  }
}
