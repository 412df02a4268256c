/**
 * The socket under the SDK's MQTT client, TCP or TLS: messages go past the client (packets.ts says why), the other
 * packets through it, one at a time.
 */
import type TCP from "embedded:io/socket/tcp";
import { GuardedTcp } from "../socket/adapter.js";
import { GuardedTls, type TlsEvents } from "../tls/adapter.js";
import type { EventQueue } from "./event-queue.js";
import type { Incoming, PayloadSink } from "./mqtt.js";
import { CONNACK_BYTES, PACKET, PacketReader, type PacketSink } from "./packets.js";

/** Travels in `socket: {io: PacketSocket, events}` through the SDK's client to the socket. */
export interface PacketEvents extends TlsEvents {
  readonly isTls: boolean;
  /** The connection has not ended. */
  readonly isWanted: boolean;
  /** Where messages wait: when it is full the socket is not read. */
  readonly queue: Pick<EventQueue, "isFull" | "pause">;
  /** What the device or its broker did wrong, outside the socket's guard. */
  fault(error: unknown): void;
  /** Something has come, or what had come before is read. */
  onHeard(): void;
  /** What follows CONNECT does not wait for its answer (MQTT 3.1.1 §3.1.4). */
  readonly isEager: boolean;
  /** MQTT 3.1.1 §3.2.2; before the client knows of it. */
  onConnack(sessionPresent: boolean, returnCode: number): void;
  /** CONNACK is one of MQTT 5: whatever it says, it is about no credentials. @param code its reason */
  onOtherVersion(code: number): void;
  onMessage(message: Incoming): void;
  /** As PacketSink has them. */
  onStream(topic: string): PayloadSink | undefined;
  onDropped(packetId: number | undefined, why: string): void;
  /** The application has had the message. */
  acknowledge(packetId: number | undefined): void;
}

/** What the SDK's client adds. */
interface SocketOptions {
  readonly events: PacketEvents;
  readonly host: string;
  readonly address: string;
  readonly port: number;
  onReadable(count: number): void;
  onWritable(count: number): void;
  onError(): void;
}

type Socket = { read(count: number): ArrayBuffer; write(data: unknown, options?: object): number; close(): void };
type Under = TCP & { target: PacketSocket };

/** As much as is read at once: what it takes of the heap is garbage a moment later. */
const READ_BYTES = 512;
const NOTHING = new Uint8Array(0);
const ACCEPTED = Object.freeze([PACKET.connack << 4, CONNACK_BYTES, 0, 0] as const);

export class PacketSocket implements PacketSink {
  private _events: PacketEvents;
  private reader: PacketReader;
  /** Read, and not seen yet. */
  private piece = NOTHING;
  /** What the socket has told of, and is not read: it does not tell again. */
  private unreadBytes = 0;
  /** Until `close`. */
  private socket: Socket | undefined;
  /** The client's. */
  private _onReadable: (count: number) => void;
  private _onWritable: (count: number) => void;
  /** The client takes its CONNECT for accepted; undefined: it is not out yet. */
  private isAhead: boolean | undefined;
  /** What the client reads. */
  private packet: Uint8Array = NOTHING;
  private position = 0;

  constructor({ events, host, address, port, onReadable, onWritable, onError }: SocketOptions) {
    this._events = events;
    this.reader = new PacketReader(this);
    this._onReadable = onReadable;
    this._onWritable = onWritable;
    const options = {
      ...{ host, address, port, target: this, onError },
      onReadable: receive,
      onWritable: tellOfRoom,
      // Else each write waits for the acknowledgement of the one before, which the other side holds back for 40 ms.
      nodelay: true,
    };
    const socket = events.isTls ? new GuardedTls({ ...options, tls: events }) : new GuardedTcp(options);
    this.socket = socket as unknown as Socket;
  }

  /** Of no meaning here: the client sets it and reads single bytes only. */
  get format(): "number" | "buffer" {
    return "buffer";
  }
  set format(_format) {}

  /** The next byte of the packet that was announced. */
  read(): number | undefined {
    return this.packet[this.position++];
  }

  /** @returns how many bytes more can be written */
  write(data: unknown, options?: object): number {
    return this.socket!.write(data, options) ?? 0;
  }

  close(): void {
    const socket = this.socket;
    this.socket = undefined;
    socket?.close();
  }

  get hasRoom(): boolean {
    return this.socket !== undefined && this._events.isWanted && !this._events.queue.isFull;
  }

  /** @param count of all that is unread: of TLS in the record that has come */
  handleReadable(count: number): void {
    const events = this._events;
    this.unreadBytes = count;
    while (this.hasRoom) {
      if (this.piece.length === 0) {
        const bytes = Math.min(this.unreadBytes, READ_BYTES);
        if (bytes === 0) return;
        this.unreadBytes -= bytes;
        this.piece = new Uint8Array(this.socket!.read(bytes));
      }
      events.onHeard();
      const seen = this.reader.see(this.piece);
      this.piece = seen < this.piece.length ? this.piece.subarray(seen) : NOTHING;
    }
    events.queue.pause(this);
  }

  /** Outside the socket's guard. */
  readOn(): void {
    try {
      this.handleReadable(this.unreadBytes);
    } catch (error) {
      this._events.fault(error);
    }
  }

  handleWritable(count: number): void {
    this._events.onOpen();
    this._onWritable(count);
    if (this.isAhead !== undefined) return;
    // The client sends nothing before it knows of a CONNACK: the broker's own is for the connection alone.
    this.isAhead = this._events.isEager;
    if (this.isAhead) this.give(Uint8Array.from(ACCEPTED));
  }

  control(packet: Uint8Array): void {
    if (!this.socket) return;
    if (packet[0]! >> 4 === PACKET.connack) {
      const code = packet[3]!;
      if (packet.length > 2 + CONNACK_BYTES) {
        this._events.onOtherVersion(code);
        return;
      }
      if (code === 0 && !this.isAhead) this.give(packet);
      this._events.onConnack((packet[2]! & 1) === 1, code);
    } else this.give(packet);
  }

  private give(packet: Uint8Array): void {
    this.packet = packet;
    this.position = 0;
    this._onReadable(packet.length);
    this.packet = NOTHING;
  }

  message(message: Incoming): void {
    if (this.socket) this._events.onMessage(message);
  }

  stream(topic: string): PayloadSink | undefined {
    return this.socket && this._events.onStream(topic);
  }

  streamed(packetId: number | undefined): void {
    if (this.socket) this._events.acknowledge(packetId);
  }

  dropped(packetId: number | undefined, why: string): void {
    if (this.socket) this._events.onDropped(packetId, why);
  }
}

function receive(this: TCP, count: number): void {
  (this as Under).target.handleReadable(count);
}

function tellOfRoom(this: TCP, count: number): void {
  (this as Under).target.handleWritable(count);
}
