/**
 * The socket under the SDK's MQTT client, TCP or TLS: messages go past the client (packets.ts says why), the other
 * packets through it, one at a time.
 */
import type { Reason } from "../base/failure.js";
import { GuardedTcp } from "../socket/adapter.js";
import { type Authorities, GuardedTls } from "../tls/adapter.js";
import type { Incoming, MqttOptions, PayloadSink } from "./mqtt.js";
import { PacketReader } from "./packets.js";

/** Travels in `socket: {io: PacketSocket, …}` through the SDK's client to the socket. */
export interface PacketEvents {
  readonly tls: boolean;
  readonly identity?: MqttOptions["identity"];
  readonly authorities: Authorities;
  /** Told, more than once, that the connection stands, and over TLS that the server is who it should be. */
  onOpen(): void;
  /** The handshake failed; nothing was said to the broker. */
  onRefused(reason: Reason): void;
  /** Something has come. */
  onHeard(): void;
  /** MQTT 3.1.1 §3.2.2; before the client knows of it. */
  onConnack(sessionPresent: boolean, returnCode: number): void;
  onMessage(message: Incoming): void;
  onStream(topic: string): PayloadSink | undefined;
  onStreamed(packetId: number | undefined): void;
  /** See PacketSink. */
  onDropped(packetId: number | undefined, why: string): void;
}

/** What the SDK's client adds. */
interface SocketOptions extends PacketEvents {
  readonly host: string;
  readonly address: string;
  readonly port: number;
  onReadable(count: number): void;
  onWritable(count: number): void;
  onError(): void;
}

type Socket = { read(count: number): ArrayBuffer; write(data: unknown, options?: object): number; close(): void };

/** As much as is read at once: what it takes of the heap is garbage a moment later. */
const READ_BYTES = 512;
/** The SDK's session counts 32 bytes for a record; with AES-CBC it has up to 85 (modules/crypt/ssl/session_419.js, `write`). */
const RECORD_BYTES = 64;
const CONNACK = 2;

export class PacketSocket {
  /** Of no meaning here: the client sets it and reads single bytes only. */
  format: "number" | "buffer" = "buffer";
  #socket: Socket;
  #marginBytes: number;
  /** What the client reads. */
  #packet = new Uint8Array(0);
  #position = 0;
  #isOpen = true;

  constructor(options: SocketOptions) {
    const { tls, identity, host, address, port, authorities, onOpen, onRefused, onError } = options;
    const reader = new PacketReader({
      control: (packet) => this.control(packet, options),
      message: (message) => this.#isOpen && options.onMessage(message),
      stream: (topic) => (this.#isOpen ? options.onStream(topic) : undefined),
      streamed: (packetId) => this.#isOpen && options.onStreamed(packetId),
      dropped: (packetId, why) => this.#isOpen && options.onDropped(packetId, why),
    });
    const callbacks = {
      onReadable: (count: number) => this.receive(count, reader, options),
      onWritable: (count: number) => options.onWritable(count),
      onError,
    };
    this.#marginBytes = tls ? RECORD_BYTES : 0;
    // Else each write waits for the acknowledgement of the one before, which the other side holds back for 40 ms.
    const target = { host, address, port, nodelay: true, ...callbacks };
    const socket = tls
      ? new GuardedTls({ ...target, identity, authorities, onRefused, onSecure: onOpen })
      : new GuardedTcp({ ...target, onOpen });
    this.#socket = socket as unknown as Socket;
  }

  /** The next byte of the packet that was announced. */
  read(): number | undefined {
    return this.#packet[this.#position++];
  }

  /** @returns how many bytes more can be written */
  write(data: unknown, options?: object): number {
    return Math.max(0, (this.#socket.write(data, options) ?? 0) - this.#marginBytes);
  }

  close(): void {
    this.#isOpen = false;
    this.#socket.close();
  }

  private receive(count: number, reader: PacketReader, { onHeard }: PacketEvents): void {
    onHeard();
    for (let left = count; left > 0 && this.#isOpen; left -= READ_BYTES)
      reader.see(new Uint8Array(this.#socket.read(Math.min(left, READ_BYTES))));
  }

  private control(packet: Uint8Array, { onConnack, onReadable }: SocketOptions): void {
    if (!this.#isOpen) return;
    if (packet[0]! >> 4 === CONNACK) onConnack((packet[2]! & 1) === 1, packet[3]!);
    this.#packet = packet as Uint8Array<ArrayBuffer>;
    this.#position = 0;
    onReadable(packet.length);
  }
}
