/** TLS over the guarded TCP, in its place under the HTTP and MQTT clients. */

import Resource from "Resource";
import { TlsSession } from "modules/tls/session-adapter";
import Timer from "timer";
import { type Failure, failed } from "../base/failure.js";
import { fromBase64 } from "../data/base64.js";
import { GuardedTcp, type TcpOptions } from "../socket/adapter.js";
import type { ClientIdentity } from "./client-identity.js";
import { failureOf, OPEN } from "./ends.js";

/** Certificates that are trusted beside the build's, DER in base64; asked for in each handshake, and not kept. */
export type Authorities = () => readonly string[];

/** The time as far as it is known: certificates have dates. */
export interface KnownTime {
  readonly earliestMs: number;
  readonly latestMs: number;
}

/** Who opens a connection; travels in `socket: {io: GuardedTls, tls, …}` through the SDK's client to the socket. */
export interface TlsEvents {
  /** Certificates that are trusted beside the build's, DER in base64; asked for in each handshake, and not kept. */
  authorities(): readonly string[];
  identity?(): ClientIdentity | undefined;
  readonly time: KnownTime;
  /** The handshake failed; nothing of the client's was sent. `onError` does not follow. */
  onRefused(failure: Failure): void;
  /** Told, once or more, before anything is written or read: the server is who it should be. */
  onOpen(): void;
}

/** The public authorities (tools/roots.ts). */
const ROOTS = "roots.dat";
/** A build's own, one after the other in DER. */
const PRIVATE = "private-ca.der";
/** AWS IoT's port for HTTPS is MQTT's, too, for who asks for it so and proves who it is in the handshake. */
const SHARED_PORT = 443;
/** What a record takes on top of its content, at most: its header, a nonce and a tag. */
const RECORD_BYTES = 32;
/** As much as is read at once: what it takes of the heap is garbage a moment later. */
const READ_BYTES = 512;
const NOTHING = new Uint8Array(0);

type TlsOptions = TcpOptions & { readonly host: string; readonly port?: number; readonly tls: TlsEvents };

/** `format` is the TCP's: while its client reads single bytes, nothing is read from there. */
export class GuardedTls extends GuardedTcp {
  private host: string;
  private port: number;
  private tls: TlsEvents;
  private session: TlsSession | undefined;
  /** Of the TCP. */
  private roomBytes = 0;
  private unreadBytes = 0;
  /** Read, and not taken yet. */
  private piece = NOTHING;
  private isOpen = false;
  private isAdvancing = false;
  private readOn: Timer | undefined;

  constructor(options: TlsOptions) {
    super(options);
    this.host = options.host;
    this.port = options.port ?? 0;
    this.tls = options.tls;
  }

  override handleWritable(count: number): void {
    this.roomBytes = count;
    if (this.isOpen) this.tellOfRoom();
    else if (!this.session) this.begin();
    else this.flush();
  }

  override handleReadable(count: number): void {
    this.unreadBytes = count;
    this.advance();
  }

  override handleError(): void {
    // Before it stands, it is the TCP's own error; in the middle of a handshake somebody has ended it.
    if (this.session && !this.isOpen) this.refuse(failed("tls-failed", "closed").failure);
    else super.handleError();
  }

  private begin(): void {
    const { host, port, tls } = this;
    const { earliestMs, latestMs } = tls.time;
    const session = new TlsSession(host, port, earliestMs, latestMs, this);
    this.session = session;
    if (session.state === 0) {
      session.roots(resource(ROOTS));
      session.trust(resource(PRIVATE));
      for (const base64 of tls.authorities()) session.trust(fromBase64(base64));
      const identity = tls.identity?.();
      if (identity) prove(session, identity, port);
      session.begin();
    }
    this.advance();
  }

  private advance(): void {
    this.isAdvancing = true;
    try {
      while (this.session && this.step(this.session));
    } finally {
      this.isAdvancing = false;
    }
  }

  /** @returns whether there may be more to do */
  private step(session: TlsSession): boolean {
    this.flush();
    const { state, available } = session;
    if (available > 0) {
      super.handleReadable(available);
      // Who has not read all of it reads on when there is room.
      return this.session?.available === 0;
    }
    if (state < 0) return this.end(failureOf(state));
    if (state !== OPEN || this.isOpen) return this.feed(session);
    this.isOpen = true;
    this.tls.onOpen();
    this.tellOfRoom();
    return true;
  }

  private feed(session: TlsSession): boolean {
    if (this.piece.length === 0) {
      const bytes = Math.min(this.unreadBytes, READ_BYTES);
      if (bytes === 0) return false;
      this.unreadBytes -= bytes;
      this.piece = new Uint8Array(super.read(bytes) as ArrayBuffer);
    }
    const taken = session.receive(this.piece);
    this.piece = taken < this.piece.length ? this.piece.subarray(taken) : NOTHING;
    return taken > 0 || session.state < 0;
  }

  /** The session has ended by itself. */
  private end(failure: Failure): boolean {
    if (this.isOpen) {
      this.free();
      super.handleError();
    } else this.refuse(failure);
    return false;
  }

  private refuse(failure: Failure): void {
    // Here and now: nothing that follows is looked at.
    this.close();
    this.tls.onRefused(failure);
  }

  private tellOfRoom(): void {
    this.flush();
    if (this.session && this.room > 0) super.handleWritable(this.room);
  }

  /** For content. */
  private get room(): number {
    return Math.max(0, this.roomBytes - (this.session?.unsent ?? 0) - RECORD_BYTES);
  }

  private flush(): void {
    const session = this.session;
    while (session && session.unsent > 0 && this.roomBytes > 0)
      this.roomBytes = this.send(session.take(Math.min(session.unsent, this.roomBytes)));
  }

  /** @returns how many bytes more there is room for: the typings have nothing */
  private send(bytes: ArrayBuffer): number {
    return (super.write(bytes) as unknown as number | undefined) ?? 0;
  }

  /** As the TCP's, within one record: undefined, where it is read to its end. */
  override read(byteLength?: number): number | ArrayBuffer;
  override read(buffer: Uint8Array): void;
  override read(into?: number | Uint8Array): number | ArrayBuffer | undefined {
    const session = this.session;
    const available = session?.available ?? 0;
    if (!session || available === 0) return undefined;
    const result = this.format === "number" ? session.readByte() : session.read(into ?? available);
    if (session.available === 0 && !this.isAdvancing) this.readOnSoon();
    return result;
  }

  /** In a turn of its own, inside the guard. */
  private readOnSoon(): void {
    if (this.readOn) return;
    this.readOn = Timer.set(readOn);
    (this.readOn as Timer & { target: GuardedTls }).target = this;
  }

  goOn(): void {
    this.readOn = undefined;
    this.readInGuard(this.unreadBytes);
  }

  /** @returns how many bytes more there is room for. @throws Error where the session is over */
  override write(bytes: ArrayBuffer | Uint8Array): number {
    const session = this.session;
    session?.write(bytes);
    if (!session || session.state < 0) throw new Error("TLS is over");
    this.flush();
    return this.room;
  }

  override close(): void {
    this.session?.end();
    this.flush();
    this.free();
    Timer.clear(this.readOn);
    this.readOn = undefined;
    super.close();
  }

  private free(): void {
    const session = this.session;
    this.session = undefined;
    this.piece = NOTHING;
    session?.close();
  }
}

function prove(session: TlsSession, { chain, key }: ClientIdentity, port: number): void {
  for (const certificate of chain) session.ownCertificate(certificate);
  session.ownKey(key);
  if (port === SHARED_PORT) session.mqttProtocol();
}

/** The bytes where they lie in flash; none where the build has no such resource. */
function resource(name: string): ArrayBuffer {
  return Resource.exists(name) ? (new Resource(name) as unknown as ArrayBuffer) : new ArrayBuffer(0);
}

function readOn(timer: Timer): void {
  (timer as Timer & { target: GuardedTls }).target.goOn();
}
