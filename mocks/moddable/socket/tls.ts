/**
 * `embedded:io/socket/tcp/tls` (examples/io/tcp/tlssocket/tlssocket.js) with Node's TLS over the TCP class that the
 * options name, so that the device's wrapper of it is at work: TLS 1.2, certificates checked against the given anchors
 * (or Node's) and against the device's own calendar.
 * Kinder than the real one in this: it reports a bad certificate by `onError`, where the SDK throws out of the TCP's
 * `onReadable`.
 */

import type { Options as TCPOptions } from "embedded:io/socket/tcp";
import { createPrivateKey } from "node:crypto";
import { isIP } from "node:net";
import { Duplex } from "node:stream";
import { type ConnectionOptions, connect, type TLSSocket as NodeTls } from "node:tls";
import { bytesOf, toArrayBuffer, type XsBuffer } from "../buffers.js";
import type { SdkSocket } from "./sdk-socket.js";

/** What a record costs on top of its content; the SDK's estimate. */
const overheadBytes = 96;

interface Secure {
  serverName?: string;
  /** DER: the anchors to trust instead of Node's. */
  certificate?: ArrayBuffer | ArrayBuffer[];
  /** DER, the device's own first. */
  clientCertificates?: ArrayBuffer[];
  /** PKCS#8 in DER; RSA. */
  clientKey?: ArrayBuffer;
  [other: string]: unknown;
}

type Options = TCPOptions & { host: string; secure: Secure; TCP?: { io: new (options: object) => SdkSocket } };

interface Callbacks {
  onReadable?: (count: number) => void;
  onWritable?: (count: number) => void;
  onError?: () => void;
}

function pem(der: ArrayBuffer): string {
  const lines =
    Buffer.from(der)
      .toString("base64")
      .match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

function tlsOptions({ host, secure }: Options): ConnectionOptions {
  const { certificate, clientCertificates, clientKey, serverName = host } = secure;
  const key = clientKey && createPrivateKey({ key: Buffer.from(clientKey), format: "der", type: "pkcs8" });
  return {
    host: serverName,
    ...(!isIP(serverName) && { servername: serverName }),
    minVersion: "TLSv1.2",
    maxVersion: "TLSv1.2",
    rejectUnauthorized: true,
    ...(certificate && { ca: [certificate].flat().map(pem) }),
    ...(clientCertificates && { cert: clientCertificates.map(pem).join("") }),
    ...(key && { key: key.export({ format: "pem", type: "pkcs8" }) }),
  };
}

class TLSSocket {
  #socket: SdkSocket | undefined;
  #tls: NodeTls;
  #wire: Duplex;
  #callbacks: Callbacks;
  #format: "number" | "buffer" = "buffer";
  #writable = 0;
  #secured = false;
  /** Of a record that the device has not read to its end; the next one waits. */
  #record: Uint8Array = new Uint8Array(0);
  #unsent: { bytes: Uint8Array; sent: () => void } | undefined;

  constructor(options: Options) {
    if (!options.TCP) throw new TypeError("TLSSocket: TCP required");
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
        this.#pump();
      },
    });
    this.#tls = connect({ ...tlsOptions(options), socket: this.#wire });
    this.#tls.on("secureConnect", () => this.#secure());
    this.#tls.on("readable", () => this.#nextRecord());
    this.#tls.on("error", () => this.#fail());
    this.#socket = new options.TCP.io({
      ...options,
      onReadable: () => this.#wire.push(bytesOf(this.#socket!.read())),
      onWritable: (count: number) => this.#room(count),
      onError: () => this.#fail(),
    });
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

  /** Gives how much more can be written. @throws "would block" */
  write(data: XsBuffer, _options?: unknown): number {
    if (!this.#secured || !this.#socket) throw new Error("not ready");
    const bytes = bytesOf(data);
    if (bytes.byteLength + overheadBytes > this.#writable) throw new Error("would block");
    this.#writable -= bytes.byteLength + overheadBytes;
    this.#tls.write(bytes.slice());
    return Math.max(0, this.#writable - overheadBytes);
  }

  close(): undefined {
    this.#callbacks = {};
    this.#socket?.close();
    this.#socket = undefined;
    this.#tls.destroy();
    this.#wire.destroy();
  }

  #take(count: number): Uint8Array {
    const part = this.#record.subarray(0, count);
    this.#record = this.#record.subarray(count);
    if (this.#record.byteLength === 0) setImmediate(() => this.#nextRecord());
    return part;
  }

  #nextRecord(): void {
    if (this.#record.byteLength > 0 || !this.#secured) return;
    const record = this.#tls.read() as Uint8Array | null;
    if (!record?.byteLength) return;
    this.#record = record;
    this.#callbacks.onReadable?.(record.byteLength);
  }

  #room(count: number): void {
    this.#writable = count;
    this.#pump();
    if (this.#secured && this.#writable > overheadBytes) this.#callbacks.onWritable?.(this.#writable - overheadBytes);
  }

  /** Hands to the TCP what it has room for; the rest when it says that there is more. */
  #pump(): void {
    const unsent = this.#unsent;
    if (!unsent || !this.#socket || this.#writable === 0) return;
    const part = unsent.bytes.subarray(0, this.#writable);
    this.#writable = this.#socket.write(part) ?? 0;
    unsent.bytes = unsent.bytes.subarray(part.byteLength);
    if (unsent.bytes.byteLength > 0) return;
    this.#unsent = undefined;
    unsent.sent();
  }

  /** OpenSSL asked the host's clock; the chip asks its own. */
  #secure(): void {
    const { valid_from: from, valid_to: to } = this.#tls.getPeerCertificate();
    if (Date.now() < Date.parse(from) || Date.now() > Date.parse(to)) {
      this.#fail();
      return;
    }
    this.#secured = true;
    this.#room(this.#writable);
    this.#nextRecord();
  }

  #fail(): void {
    const { onError } = this.#callbacks;
    this.close();
    onError?.();
  }
}

export default TLSSocket;
