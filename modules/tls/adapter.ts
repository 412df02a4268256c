/**
 * The SDK's TLS 1.2 socket, with the server's side of the handshake read along (handshake.ts). The SDK's own check of
 * certificates is off: it lets a chain pass whose first certificate nobody has signed (modules/crypt/ssl/ssl_cert.js).
 */
/// <reference path="../typings/tls.d.ts" />
import type TCP from "embedded:io/socket/tcp";
import type { Options } from "embedded:io/socket/tcp";
import TLSSocket from "embedded:io/socket/tcp/tls";
import type { Reason } from "../failure/failure.js";
import { GuardedTcp, type Limits } from "../socket/adapter.js";
import { anchorsFor } from "./anchors-adapter.js";
import { checkChain } from "./chain.js";
import { HandshakeWatch, Refusal } from "./handshake.js";
import { isSignature, isSignedBy } from "./signature-adapter.js";

/** Travels in `socket: {io: GuardedTls, …}` through the SDK's client to the socket. */
export interface TlsEvents {
  /** The handshake failed; nothing of the client's was sent. `onError` does not follow. */
  onRefused(reason: Reason): void;
  /** Told, more than once, that the server is who it should be. */
  onSecure(): void;
}

type TlsOptions = Options & Limits & TlsEvents & { host: string };

/** Takes the place of GuardedTcp under the SDK's clients. */
export class GuardedTls extends TLSSocket {
  constructor(options: TlsOptions) {
    const { host, onReadable, onWritable, onError, onOpen, onRefused, onSecure } = options;
    const trust = { anchorsFor, isSignedBy };
    const watch = new HandshakeWatch({
      check: (chain) => checkChain(chain, { host, nowMs: Date.now(), trust }),
      isSignature,
    });
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
      secure: { verify: false, cache: false },
      TCP: { io: WatchedTcp },
      watch,
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
        if (isOpen && !isSecure) onRefused(watch.refusal ?? "tls-failed");
        else onError?.call(this);
      },
    } as ConstructorParameters<typeof TLSSocket>[0]);
  }
}

/** The connection under the TLS socket: what the SDK's session reads, the watch sees first. */
class WatchedTcp extends GuardedTcp {
  #watch: HandshakeWatch;

  constructor(options: Options & Limits & { watch: HandshakeWatch }) {
    super(options);
    this.#watch = options.watch;
  }

  override read(byteLength?: number): number | ArrayBuffer;
  override read(buffer: Uint8Array): void;
  override read(into?: number | Uint8Array): number | ArrayBuffer | void {
    const result = super.read(into as number);
    // The SDK's session reads into its own buffers only.
    if (into instanceof Uint8Array) this.#watch.see(into);
    return result;
  }
}
