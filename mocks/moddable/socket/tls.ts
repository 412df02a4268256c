/**
 * `embedded:io/socket/tcp/tls` (examples/io/tcp/tlssocket/tlssocket.js, modules/crypt/ssl) with Node's TLS over the TCP
 * class that the options name, so that the device's wrapper of it is at work: TLS 1.2 with the SDK's suites, record by
 * record. What goes wrong is thrown out of the TCP's `onReadable`, as the SDK does: who does not catch it there is ended.
 * Only sessions that check no certificates and resume none are known here; the device looks at certificates itself.
 */

import type { Options as TLSOptions } from "embedded:io/socket/tcp/tls";
import { constants } from "node:crypto";
import { isIP } from "node:net";
import { Duplex } from "node:stream";
import { connect, type TLSSocket as NodeTls } from "node:tls";
import Timer from "timer";
import { bytesOf, toArrayBuffer, type XsBuffer } from "../buffers.js";
import type { SdkSocket, WriteOptions } from "./sdk-socket.js";
import TCP from "./tcp.js";
import { proofOf } from "./tls-proof.js";

/** What a record costs on top of its content; the SDK's estimate. */
const overheadBytes = 96;
const maxFragmentBytes = 16_384;
const headerBytes = 5;
const alertRecord = 21;
const closeNotify = 0;
/** ssl_ciphersuites.js without DHE, in its order. */
const suites = [
  ...["AES128-SHA", "AES256-SHA", "AES128-SHA256", "AES256-SHA256"],
  ...["ECDHE-RSA-AES128-SHA256", "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256"],
];

interface Callbacks {
  onReadable?: (count: number) => void;
  onWritable?: (count: number) => void;
  onError?: () => void;
}

class TLSSocket {
  /** The SDK keeps how much there is to read in a property of the socket. */
  #socket: (SdkSocket & { readable: number }) | undefined;
  #tls: NodeTls;
  #wire: Duplex;
  #callbacks: Callbacks;
  #format: "number" | "buffer" = "buffer";
  #packet = new Uint8Array(headerBytes);
  #packetBytes = 0;
  /** The TCP's room, and how much of it is spoken for by what Node has not encrypted yet. */
  #room = 0;
  #spokenFor = 0;
  #isOpen = false;
  #secured = false;
  #isEnded = false;
  /** Of a record that the device has not read to its end; the next one waits. */
  #record: Uint8Array = new Uint8Array(0);
  /** Written, with more to come for the same record. */
  #parts: Uint8Array[] = [];
  #unsent: { bytes: Uint8Array; sent: () => void } | undefined;
  #event: (() => void) | undefined;
  /** A record is with Node; the next one waits. */
  #isDecrypting = false;
  #readOn: Timer | undefined;
  /** What goes wrong in the SDK's own timer is thrown there. */
  #readsInTimer = false;
  /** What the SDK meets where it signs. */
  #proofError: Error | undefined;

  constructor(options: TLSOptions) {
    const { host, secure, TCP } = options;
    if (secure.verify !== false || secure.cache !== false) throw new Error("unimplemented");
    const { onReadable, onWritable, onError } = options as Callbacks;
    this.#callbacks = {
      ...(onReadable && { onReadable }),
      ...(onWritable && { onWritable }),
      ...(onError && { onError }),
    };
    this.#wire = new Duplex({
      read: () => {},
      write: (bytes: Uint8Array, _encoding, sent) => {
        this.#unsent = { bytes, sent };
        this.#enter(() => this.#pump());
      },
    });
    const proof = proofOf(secure);
    this.#proofError = proof.error;
    this.#tls = connect({
      ...(!isIP(host) && { servername: host }),
      minVersion: "TLSv1.2",
      maxVersion: "TLSv1.2",
      ciphers: suites.join(":"),
      ecdhCurve: "prime256v1",
      sigalgs: "ECDSA+SHA256:RSA+SHA256",
      secureOptions: constants.SSL_OP_NO_TICKET,
      rejectUnauthorized: false,
      ...proof.node,
      // A text for each protocol; the server need not take one (ssl_handshake.js).
      ...(secure.applicationLayerProtocolNegotiation && {
        ALPNProtocols: [secure.applicationLayerProtocolNegotiation].flat() as string[],
      }),
      socket: this.#wire,
    });
    this.#tls.on("secureConnect", () => this.#enter(() => this.#secure()));
    this.#tls.on("readable", () => this.#enter(() => this.#nextRecord()));
    this.#tls.on("end", () => this.#enter(() => this.#end()));
    this.#tls.on("error", (error) => {
      const fail = () => {
        throw error;
      };
      if (this.#readsInTimer) Timer.set(fail);
      else this.#enter(fail);
    });
    this.#socket = new TCP.io({
      ...options,
      onReadable: (count: number) => this.#onReadable(count),
      onWritable: (count: number) => this.#onWritable(count),
      onError: () => this.#disconnected(),
    } as never) as SdkSocket & { readable: number };
    this.#socket.readable = 0;
  }

  get format(): "number" | "buffer" {
    return this.#format;
  }

  set format(format: "number" | "buffer") {
    if (format !== "number" && format !== "buffer") throw new RangeError("format");
    this.#format = format;
  }

  /** As TCP's, but within one record; @throws "invalid" beyond it */
  read(wanted?: number | XsBuffer): number | ArrayBuffer | undefined {
    const available = this.#record.byteLength;
    if (available === 0) return undefined;
    if (this.#format === "number") return this.#take(1)[0];
    if (typeof wanted === "object") {
      const into = bytesOf(wanted);
      const part = this.#take(Math.min(into.byteLength, available));
      into.set(part);
      return part.byteLength;
    }
    const count = wanted ?? available;
    if (count > available) throw new Error("invalid");
    return toArrayBuffer(this.#take(count));
  }

  /** Gives how much more can be written. @throws "would block", and before the handshake's end */
  write(data: XsBuffer, options?: WriteOptions): number {
    if (!this.#secured || !this.#socket) throw new Error("not ready");
    this.#parts.push(bytesOf(data).slice());
    const bytes = Buffer.concat(this.#parts);
    if (options?.more) return Math.max(0, this.#writable - bytes.byteLength);
    this.#parts = [];
    if (bytes.byteLength > maxFragmentBytes) throw new Error("too large");
    if (bytes.byteLength > this.#writable) throw new Error("would block");
    const spokenFor = bytes.byteLength + overheadBytes;
    this.#spokenFor += spokenFor;
    this.#tls.write(bytes, () => {
      this.#spokenFor -= spokenFor;
      this.#enter(() => this.#onWritable(this.#room));
    });
    return this.#writable;
  }

  close(): undefined {
    this.#callbacks = {};
    this.#socket?.close();
    this.#socket = undefined;
    Timer.clear(this.#readOn);
    this.#tls.destroy();
    this.#wire.destroy();
  }

  /** What Node tells of later, the SDK meets inside the TCP's callback: there it happens, and is thrown, here too. */
  #enter(event: () => void): void {
    if (!this.#socket) return;
    this.#event = event;
    TCP.enter(this.#socket);
  }

  #onReadable(count: number): void {
    const event = this.#event;
    this.#event = undefined;
    if (event) {
      event();
      return;
    }
    if (!this.#socket) return;
    this.#socket.readable = count;
    this.#readsInTimer = false;
    this.#readPackets();
  }

  /** After the handshake one record after the other: what is left stays in the connection. */
  #readPackets(): void {
    while (this.#socket && this.#socket.readable > 0 && !this.#isDecrypting && this.#record.byteLength === 0)
      this.#socket.readable -= this.#readPacket(this.#socket, this.#socket.readable);
  }

  /** Header first, then the body: as many bytes of the record as there are. */
  #readPacket(socket: SdkSocket, available: number): number {
    const part = this.#packet.subarray(this.#packetBytes, this.#packetBytes + available);
    socket.read(part);
    this.#packetBytes += part.byteLength;
    if (this.#packetBytes === headerBytes) {
      const packet = new Uint8Array(headerBytes + ((this.#packet[3]! << 8) | this.#packet[4]!));
      packet.set(this.#packet);
      this.#packet = packet;
    }
    if (this.#packetBytes < this.#packet.byteLength || this.#packetBytes < headerBytes) return part.byteLength;
    const packet = this.#packet;
    this.#packet = new Uint8Array(headerBytes);
    this.#packetBytes = 0;
    const [level, description] = [packet[headerBytes], packet[headerBytes + 1]];
    if (packet[0] === alertRecord && !this.#secured && description !== closeNotify)
      throw new Error(`alert: ${level}, ${description}`);
    if (this.#proofError && !this.#secured) throw this.#proofError;
    this.#wire.push(packet);
    if (this.#secured) {
      this.#isDecrypting = true;
      setImmediate(() => {
        this.#isDecrypting = false;
        if (this.#readOn) return;
        if (this.#readsInTimer) Timer.set(() => this.#readPackets());
        else this.#enter(() => this.#readPackets());
      });
    }
    return part.byteLength;
  }

  #take(count: number): Uint8Array {
    const part = this.#record.subarray(0, count);
    this.#record = this.#record.subarray(count);
    if (this.#record.byteLength > 0) return part;
    if (this.#isEnded) setImmediate(() => this.#enter(() => this.#nextRecord()));
    else if (this.#socket?.readable)
      this.#readOn ??= Timer.set(() => {
        this.#readOn = undefined;
        this.#readsInTimer = true;
        this.#readPackets();
      });
    return part;
  }

  #nextRecord(): void {
    if (this.#record.byteLength > 0 || !this.#secured) return;
    const record = this.#tls.read() as Uint8Array | null;
    if (record?.byteLength) {
      this.#record = record;
      this.#callbacks.onReadable?.(record.byteLength);
    } else if (this.#isEnded) this.#callbacks.onError?.();
  }

  get #writable(): number {
    return Math.max(0, this.#room - this.#spokenFor - overheadBytes);
  }

  #onWritable(count: number): void {
    this.#room = count;
    this.#isOpen = true;
    this.#pump();
    if (this.#secured && this.#writable > 0) this.#callbacks.onWritable?.(this.#writable);
  }

  /** Hands to the TCP what it has room for; the rest when it says that there is more. */
  #pump(): void {
    const unsent = this.#unsent;
    if (!unsent || !this.#socket || (this.#room === 0 && (this.#secured || !this.#isOpen))) return;
    // In the handshake the SDK does not look at the room (session_419.js, `doProtocol`).
    const part = this.#secured ? unsent.bytes.subarray(0, this.#room) : unsent.bytes;
    this.#room = this.#socket.write(part) ?? 0;
    unsent.bytes = unsent.bytes.subarray(part.byteLength);
    if (unsent.bytes.byteLength > 0) return;
    this.#unsent = undefined;
    unsent.sent();
  }

  #secure(): void {
    this.#secured = true;
    this.#onWritable(this.#room);
    this.#nextRecord();
  }

  /** Node may still have bytes to decrypt, which the SDK had at once: the error comes after them. */
  #disconnected(): void {
    if (this.#secured) this.#wire.push(null);
    else this.#callbacks.onError?.();
  }

  /** The peer's close_notify, or the connection's end. */
  #end(): void {
    this.#isEnded = true;
    this.#nextRecord();
  }
}

export default TLSSocket;
