/**
 * The SDK's TLS 1.2 socket, with the server's side of the handshake read along (handshake.ts). The SDK's own check of
 * certificates is off: it lets a chain pass whose first certificate nobody has signed (modules/crypt/ssl/ssl_cert.js).
 */
/// <reference path="../typings/tls.d.ts" />
import type TCP from "embedded:io/socket/tcp";
import type { Options } from "embedded:io/socket/tcp";
import TLSSocket from "embedded:io/socket/tcp/tls";
import Timer from "timer";
import type { Reason } from "../base/failure.js";
import { GuardedTcp, type Limits } from "../socket/adapter.js";
import { anchorsFor } from "./anchors-adapter.js";
import { checkChain, type Trust } from "./chain.js";
import type { ClientIdentity } from "./client-identity.js";
import { HandshakeWatch, Refusal } from "./handshake.js";
import { proofOf } from "./proof.js";
import { isSignature, isSignedBy } from "./signature-adapter.js";

/** Certificates that are trusted beside the build's, DER in base64; asked for in each handshake, and not kept. */
export type Authorities = () => readonly string[];

/** Travels in `socket: {io: GuardedTls, …}` through the SDK's client to the socket. */
export interface TlsEvents {
  readonly authorities: Authorities;
  readonly identity?: (() => ClientIdentity | undefined) | undefined;
  /** The handshake failed; nothing of the client's was sent. `onError` does not follow. */
  onRefused(reason: Reason): void;
  /** Told, more than once, that the server is who it should be. */
  onSecure(): void;
}

/** The connection under a TLS socket, once there is one. */
interface Wire {
  tcp?: WatchedTcp;
}

type TlsOptions = Options & Limits & TlsEvents & { host: string; port?: number };

function trustIn(authorities: readonly string[]): Trust {
  return { anchorsFor: (certificate) => anchorsFor(certificate, authorities), isSignedBy };
}

/** Takes the place of GuardedTcp under the SDK's clients. */
export class GuardedTls extends TLSSocket {
  #wire: Wire;
  #mapByte: Limits["mapByte"];

  constructor(options: TlsOptions) {
    const { host, port, authorities, identity, onReadable, onWritable, onError, onOpen, onRefused, onSecure } = options;
    const watch = new HandshakeWatch({
      check: (chain) => checkChain(chain, { host, nowMs: Date.now(), trust: trustIn(authorities()) }),
      isSignature,
    });
    const wire: Wire = {};
    let isOpen = false;
    let isSecure = false;
    /** The SDK's session is "ready" after some failures, too: without keys. */
    const secured = () => {
      if (!watch.isDone) throw new Refusal("tls-failed", "no keys");
      isSecure = true;
      onSecure();
    };
    super({
      ...options,
      secure: { verify: false, cache: false, ...proofOf(identity?.(), port) },
      TCP: { io: WatchedTcp },
      watch,
      wire,
      onOpen() {
        isOpen = true;
        onOpen?.();
      },
      onWritable(this: TCP, count: number) {
        secured();
        onWritable?.call(this, count);
      },
      onReadable(this: TCP, count: number) {
        secured();
        onReadable?.call(this, count);
      },
      onError(this: TCP) {
        if (isSecure || !isOpen) {
          onError?.call(this);
          return;
        }
        // Here and now: the session would go on with what follows, past what it has refused itself.
        wire.tcp?.close();
        onRefused(watch.refusal ?? "tls-failed");
      },
    } as ConstructorParameters<typeof TLSSocket>[0]);
    this.#wire = wire;
    this.#mapByte = options.mapByte;
  }

  override read(count?: number | ArrayBufferLike): undefined | number | ArrayBufferLike {
    const { tcp } = this.#wire;
    tcp?.hold();
    try {
      const result = super.read(count);
      return this.#mapByte && count === undefined && typeof result === "number" ? this.#mapByte(result) : result;
    } finally {
      tcp?.release();
    }
  }
}

/** The connection under the TLS socket: what the SDK's session reads, the watch sees first. */
class WatchedTcp extends GuardedTcp {
  #watch: HandshakeWatch;
  #readable = 0;
  #isHeld = false;
  #readOn: Timer | undefined;
  #roomBytes = 0;
  #unsent: Uint8Array[] = [];

  constructor(options: Options & Limits & { watch: HandshakeWatch; wire: Wire }) {
    const { watch, wire, onReadable, onWritable, onError } = options;
    super({
      ...options,
      onWritable(this: TCP, count: number) {
        const self = this as WatchedTcp;
        self.#roomBytes = count;
        if (self.flush()) onWritable?.call(this, self.#roomBytes);
      },
      onReadable(count: number) {
        try {
          onReadable?.call(this, count);
        } catch (error) {
          // No fault of the device's: nothing for its console.
          if (!(error instanceof Refusal)) throw error;
          onError?.call(this);
        }
      },
    } as Options & Limits);
    this.#watch = watch;
    wire.tcp = this;
  }

  /** Where the SDK's TLS socket keeps how much there is to read. */
  get readable(): number {
    return this.#isHeld ? 0 : this.#readable;
  }

  set readable(count: number) {
    this.#readable = count;
  }

  /** While held, nothing more seems to have come: the SDK would read on in a timer, where nobody catches its exceptions. */
  hold(): void {
    this.#isHeld = true;
  }

  /** Reads on in a timer instead of it, inside the connection's guard. */
  release(): void {
    this.#isHeld = false;
    if (this.#readable === 0) return;
    this.#readOn ??= Timer.set(() => {
      this.#readOn = undefined;
      this.readableGuarded?.call(this, this.#readable);
    });
  }

  override read(byteLength?: number): number | ArrayBuffer;
  override read(buffer: Uint8Array): void;
  override read(into?: number | Uint8Array): number | ArrayBuffer | void {
    const result = super.read(into as number);
    // The SDK's session reads into its own buffers only.
    if (into instanceof Uint8Array) this.#watch.see(into);
    return result;
  }

  /**
   * In a handshake the SDK writes whatever room there is (session_419.js, `doProtocol`): a chain of certificates may
   * have to wait.
   */
  override write(data: ArrayBuffer | Uint8Array): number {
    if (this.#watch.isDone) return this.writeNow(data);
    this.#unsent.push(new Uint8Array(data as ArrayBuffer));
    this.flush();
    return this.#roomBytes;
  }

  /**
   * Not private: XS has no `super` there.
   * @returns how many bytes more there is room for: the typings have nothing
   */
  protected writeNow(bytes: ArrayBuffer | Uint8Array): number {
    return (super.write(bytes) as unknown as number | undefined) ?? 0;
  }

  /** @returns whether there is room left */
  private flush(): boolean {
    for (;;) {
      const [bytes] = this.#unsent;
      if (!bytes || this.#roomBytes === 0) return this.#roomBytes > 0;
      const part = bytes.slice(0, this.#roomBytes);
      this.#roomBytes = this.writeNow(part);
      if (part.length === bytes.length) this.#unsent.shift();
      else this.#unsent[0] = bytes.subarray(part.length);
    }
  }

  override close(): void {
    this.#unsent = [];
    Timer.clear(this.#readOn);
    this.#readOn = undefined;
    super.close();
  }
}
