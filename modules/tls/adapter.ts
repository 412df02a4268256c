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
import { GuardedTcp, type TcpOptions } from "../socket/adapter.js";
import { anchorsFor } from "./anchors-adapter.js";
import type { Certificate, PublicKey } from "./certificate.js";
import { checkChain, type Trust } from "./chain.js";
import type { ClientIdentity } from "./client-identity.js";
import { HandshakeWatch, type Judge, Refusal } from "./handshake.js";
import { dropProof, type Proof, proofOf } from "./proof.js";
import { isSignature, isSignedBy } from "./signature-adapter.js";

/** Certificates that are trusted beside the build's, DER in base64; asked for in each handshake, and not kept. */
export type Authorities = () => readonly string[];

/** Who opens a connection; travels in `socket: {io: GuardedTls, tls, …}` through the SDK's client to the socket. */
export interface TlsEvents {
  /** Certificates that are trusted beside the build's, DER in base64; asked for in each handshake, and not kept. */
  authorities(): readonly string[];
  identity?(): ClientIdentity | undefined;
  /** Whether a certificate with these dates counts now. */
  allows(notBeforeMs: number, notAfterMs: number): boolean;
  /** The handshake failed; nothing of the client's was sent. `onError` does not follow. */
  onRefused(reason: Reason): void;
  /** Told, once or more, before anything is written or read: the server is who it should be. */
  onOpen(): void;
}

const RECORD_HEADER_BYTES = 5;
/** Of a record behind its header (RFC 5246 §6.2.3). The SDK's session makes room for what a header announces, up to 32 kB. */
const MAX_RECORD_BYTES = 16_384 + 2_048;

type TlsOptions = TcpOptions & { readonly host: string; readonly port?: number; readonly tls: TlsEvents };

/** Takes the place of GuardedTcp under the SDK's clients. */
export class GuardedTls extends TLSSocket {
  private tcp: WatchedTcp;
  private tls: TlsEvents;
  /** Until the handshake is done. */
  private proof: Proof | undefined;
  private onReadable: Options["onReadable"];
  private onWritable: Options["onWritable"];
  private onError: Options["onError"];
  readonly target: unknown;

  constructor(options: TlsOptions) {
    const { host, port, tls } = options;
    // The SDK makes its connection inside `super` and keeps it to itself.
    const made: { tcp?: WatchedTcp } = {};
    const proof = proofOf(tls.identity?.(), port);
    super({
      ...options,
      secure: { verify: false, cache: false, ...proof },
      TCP: { io: WatchedTcp },
      watch: new HandshakeWatch(new ServerCheck(host, tls)),
      made,
      onReadable: (count: number) => this.handleReadable(count),
      onWritable: (count: number) => this.handleWritable(count),
      onError: () => this.handleError(),
    } as ConstructorParameters<typeof TLSSocket>[0]);
    this.tcp = made.tcp!;
    this.tls = tls;
    this.proof = proof;
    this.onReadable = options.onReadable;
    this.onWritable = options.onWritable;
    this.onError = options.onError;
    this.target = options.target;
  }

  private handleReadable(count: number): void {
    this.secure();
    this.onReadable?.call(this as unknown as TCP, count);
  }

  private handleWritable(count: number): void {
    this.secure();
    this.onWritable?.call(this as unknown as TCP, count);
  }

  private handleError(): void {
    const { isSecure, isOpen, refusal } = this.tcp;
    if (isSecure || !isOpen) {
      this.onError?.call(this as unknown as TCP);
      return;
    }
    // Here and now: the session would go on with what follows, past what it has refused itself.
    this.tcp.close();
    this.tls.onRefused(refusal ?? "tls-failed");
  }

  private secure(): void {
    if (this.tcp.isSecure) return;
    this.tcp.secure();
    if (this.proof) dropProof(this.proof);
    this.proof = undefined;
    this.tls.onOpen();
  }

  override read(count?: number | ArrayBufferLike): undefined | number | ArrayBufferLike {
    const tcp = this.tcp;
    tcp.hold();
    try {
      return super.read(count);
    } finally {
      tcp.release();
    }
  }
}

/** What the handshake's watch asks about the server. */
class ServerCheck implements Judge {
  private host: string;
  private tls: TlsEvents;

  constructor(host: string, tls: TlsEvents) {
    this.host = host;
    this.tls = tls;
  }

  check(chain: readonly Certificate[]): Reason | undefined {
    const given = this.tls.authorities();
    const trust: Trust = {
      anchorsFor: (certificate) => anchorsFor(certificate, given),
      isSignedBy,
      isValid: ({ notBeforeMs, notAfterMs }) => this.tls.allows(notBeforeMs, notAfterMs),
    };
    return checkChain(chain, { host: this.host, trust });
  }

  isSignature(signature: Uint8Array, key: PublicKey): boolean {
    return isSignature(signature, key);
  }
}

/** The connection under the TLS socket: what the SDK's session reads, the watch sees first. */
class WatchedTcp extends GuardedTcp {
  /** Until the server has shown all that it has to. */
  private watch: HandshakeWatch | undefined;
  private _readable = 0;
  private isHeld = false;
  private _readOn: Timer | undefined;
  private roomBytes = 0;
  /** Of the handshake. */
  private unsent: Uint8Array[] | undefined;
  isOpen = false;

  constructor(options: TcpOptions & { watch: HandshakeWatch; made: { tcp?: WatchedTcp } }) {
    super(options);
    this.watch = options.watch;
    options.made.tcp = this;
  }

  get isSecure(): boolean {
    return this.watch === undefined;
  }

  get refusal(): Reason | undefined {
    return this.watch?.refusal;
  }

  /** @throws Refusal: the SDK's session is "ready" after some failures, too: without keys */
  secure(): void {
    if (!this.watch?.isDone) throw new Refusal("tls-failed", "no keys");
    this.watch = undefined;
  }

  /** Where the SDK's TLS socket keeps how much there is to read. */
  get readable(): number {
    return this.isHeld ? 0 : this._readable;
  }

  set readable(count: number) {
    this._readable = count;
  }

  /** While held, nothing more seems to have come: the SDK would read on in a timer, where nobody catches its exceptions. */
  hold(): void {
    this.isHeld = true;
  }

  /** Reads on in a timer instead of it, inside the connection's guard. */
  release(): void {
    this.isHeld = false;
    if (this._readable === 0 || this._readOn) return;
    this._readOn = Timer.set(readOn);
    (this._readOn as Timer & { target: WatchedTcp }).target = this;
  }

  readOn(): void {
    this._readOn = undefined;
    this.readInGuard(this._readable);
  }

  override handleWritable(count: number): void {
    this.isOpen = true;
    this.roomBytes = count;
    if (this.flush()) super.handleWritable(this.roomBytes);
  }

  protected override isFault(error: unknown): boolean {
    return !(error instanceof Refusal);
  }

  override read(byteLength?: number): number | ArrayBuffer;
  override read(buffer: Uint8Array): void;
  override read(into?: number | Uint8Array): number | ArrayBuffer | void {
    const result = super.read(into as number);
    // The SDK's session reads into its own buffers only, and a header into one of its own.
    if (into instanceof Uint8Array) {
      if (into.buffer.byteLength === RECORD_HEADER_BYTES) refuseLong(new Uint8Array(into.buffer));
      this.watch?.see(into);
    }
    return result;
  }

  /**
   * In a handshake the SDK writes whatever room there is (session_419.js, `doProtocol`): a chain of certificates may
   * have to wait.
   */
  override write(data: ArrayBuffer | Uint8Array): number {
    if (!this.watch || this.watch.isDone) return this.writeNow(data);
    this.unsent ??= [];
    this.unsent.push(new Uint8Array(data as ArrayBuffer));
    this.flush();
    return this.roomBytes;
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
    for (let unsent = this.unsent; unsent && this.roomBytes > 0; unsent = this.unsent) {
      const bytes = unsent[0]!;
      const part = bytes.slice(0, this.roomBytes);
      this.roomBytes = this.writeNow(part);
      if (part.length < bytes.length) unsent[0] = bytes.subarray(part.length);
      else if (unsent.length > 1) unsent.shift();
      else this.unsent = undefined;
    }
    return this.roomBytes > 0;
  }

  override close(): void {
    this.unsent = undefined;
    Timer.clear(this._readOn);
    this._readOn = undefined;
    super.close();
  }
}

/** @param header of a record; what has not come yet is zero */
function refuseLong(header: Uint8Array): void {
  if (((header[3]! << 8) | header[4]!) > MAX_RECORD_BYTES) throw new Refusal("tls-failed", "long record");
}

function readOn(timer: Timer): void {
  (timer as Timer & { target: WatchedTcp }).target.readOn();
}
