/**
 * `embedded:network/mqtt/client` as the SDK's behaves (examples/io/tcp/mqttclient/mqttclient.js): MQTT 3.1.1, QoS 0 to 2,
 * no reconnection. An error comes without a reason, and ends the client; `onClose` is never called.
 * Two of its traps: `close` before the name is resolved makes the resolver's callback throw, and `close` in `onReadable`
 * throws when that returns.
 */
import type MQTTClientType from "embedded:network/mqtt/client";
import type { Options as SdkOptions } from "embedded:network/mqtt/client";
import Timer from "timer";
import { bytesOf, type XsBuffer } from "../buffers.js";
import { ticks } from "../clock.js";
import type { SdkSocket } from "../socket/sdk-socket.js";
import { connectPacket, controlPacket, operations, publishHead } from "./codec.js";
import { type Control, Parser, type Publish } from "./parser.js";
import { type KeepAlive, keepAliveDue, type Message, type Pending, type Session } from "./session.js";

/** What the SDK keeps free of the send buffer for its own packets. */
const overheadBytes = 8;
const connectTimeoutMs = 30_000;

type State = "resolving" | "connecting" | "login" | "connected" | "publishing" | "closed";

class MQTTClient {
  static readonly CONNECT = operations.CONNECT;
  static readonly CONNACK = operations.CONNACK;
  static readonly PUBLISH = operations.PUBLISH;
  static readonly PUBACK = operations.PUBACK;
  static readonly PUBREC = operations.PUBREC;
  static readonly PUBREL = operations.PUBREL;
  static readonly PUBCOMP = operations.PUBCOMP;
  static readonly SUBSCRIBE = operations.SUBSCRIBE;
  static readonly SUBACK = operations.SUBACK;
  static readonly UNSUBSCRIBE = operations.UNSUBSCRIBE;
  static readonly UNSUBACK = operations.UNSUBACK;
  static readonly PINGREQ = operations.PINGREQ;
  static readonly PINGRESP = operations.PINGRESP;
  static readonly DISCONNECT = operations.DISCONNECT;

  /** What the option `target` was; the typings leave it out. */
  target: unknown;
  #session: Session | undefined;
  #socket: SdkSocket | undefined;
  #state: State = "resolving";
  #writable = 0;
  #readable = 0;
  /** Announced to the application and not read by it. */
  #payload = 0;
  #parser: Parser;
  #parsing = false;
  #id = 1;

  constructor(options: SdkOptions) {
    this.target = (options as { target?: unknown }).target;
    if (!options.host) throw new Error("host required");
    this.#session = { options: { ...options }, pending: [], remaining: 0 };
    this.#parser = new Parser({
      onControl: (control) => this.#onControl(control),
      onPayload: (count, publish, first, last) => this.#onPayload(count, publish, first, last),
      onInvalid: (reason) => this.#fail(reason),
    });
    const resolver = new options.dns.io(options.dns);
    resolver.resolve({
      host: options.host,
      onResolved: (host: string, address: string) => this.#connect(host, address),
      onError: () => this.#fail(),
    });
  }

  close(): void {
    Timer.clear(this.#session?.pendingTimer);
    Timer.clear(this.#session?.readTimer);
    Timer.clear(this.#session?.keepAlive?.timer);
    Timer.clear(this.#session?.connecting);
    this.#state = "closed";
    this.#socket?.close();
    this.#socket = undefined;
    this.#writable = 0;
    this.#readable = 0;
    this.#payload = 0;
    this.#session = undefined;
  }

  /** The next bytes of the payload that `onReadable` announced; never more than were. */
  read(wanted: number | XsBuffer = this.#payload): ArrayBuffer {
    let into = typeof wanted === "object" ? bytesOf(wanted) : undefined;
    let count = into?.byteLength ?? (wanted as number);
    if (count > this.#payload) {
      count = this.#payload;
      if (count === 0) return undefined as unknown as ArrayBuffer;
      into = into?.subarray(0, count);
    }
    this.#readable -= count;
    this.#payload -= count;
    this.#socket!.format = "buffer";
    const result = this.#socket!.read(into ?? count);
    if (this.#payload === 0 && !this.#parsing) this.#readOnLater();
    return result as ArrayBuffer;
  }

  /**
   * Sends a packet, or with data alone the next piece of a payload whose length was announced. Gives how much more may
   * be written. @throws "overflow" when there is no room, Error before CONNACK
   */
  write(data: XsBuffer | null, message?: Message): number {
    const socket = this.#socket as SdkSocket;
    socket.format = "buffer";
    if (this.#state !== "connected") this.#writePiece(data!, message);
    else this.#writePacket(data, message as Message);
    return this.#room();
  }

  #room(): number {
    return Math.max(0, this.#writable - overheadBytes);
  }

  #connect(host: string, address: string): void {
    try {
      this.#state = "connecting";
      const { socket, port } = this.#session!.options;
      this.#socket = new socket.io({
        ...socket,
        address,
        host,
        port: port ?? 1883,
        onReadable: (count: number) => this.#onReadable(count),
        onWritable: (count: number) => this.#onWritable(count),
        onError: (reason?: string) => this.#fail(reason),
      }) as SdkSocket;
      this.#session!.connecting = Timer.set(() => this.#fail(), connectTimeoutMs);
    } catch {
      this.#fail();
    }
  }

  #login(): void {
    const session = this.#session!;
    const { id, user, password, will, clean, keepAlive } = session.options;
    Timer.clear(session.connecting);
    const keepAliveSeconds = Math.ceil((keepAlive ?? 0) / 1000);
    this.#writable = this.#socket!.write(
      connectPacket({
        id: id ?? "",
        user: user || undefined,
        password: password || undefined,
        will: will || undefined,
        clean: clean ?? true,
        keepAliveSeconds,
      }),
    );
    if (keepAliveSeconds > 0) this.#startKeepAlive(session, keepAliveSeconds);
    this.#state = "login";
  }

  #startKeepAlive(session: Session, keepAliveSeconds: number): void {
    const now = ticks();
    const timer = Timer.repeat(() => this.#checkKeepAlive(session.keepAlive!), keepAliveSeconds * 250);
    session.keepAlive = { timer, intervalMs: keepAliveSeconds * 1000, readAt: now, writtenAt: now };
  }

  #checkKeepAlive(keepAlive: KeepAlive): void {
    const due = keepAliveDue(keepAlive, ticks());
    if (due === "nothing") return;
    const unsent = this.#session!.pending.some((message) => message.keepAlive);
    if (due === "end" || unsent) this.#fail("time out");
    else this.#queue({ operation: operations.PINGREQ, byteLength: 2, keepAlive: true });
  }

  #onReadable(count: number): void {
    this.#readable = count;
    if (this.#payload > 0) return;
    const socket = this.#socket!;
    socket.format = "number";
    this.#parsing = true;
    while (this.#readable > 0 && !this.#parser.stuck) {
      if (this.#parser.inPayload) {
        this.#parser.announce(this.#readable);
        socket.format = "number";
        if (this.#payload > 0) break;
      } else {
        this.#readable -= 1;
        if (!this.#parser.step(socket)) break;
      }
    }
    this.#parsing = false;
  }

  #readOnLater(): void {
    const session = this.#session!;
    session.readTimer ??= Timer.set(() => {
      session.readTimer = undefined;
      if (this.#readable > 0) this.#onReadable(this.#readable);
    });
  }

  #onPayload(count: number, publish: Publish, first: boolean, last: boolean): void {
    this.#payload = count;
    const { topic, byteLength, QoS, id } = publish;
    if (last && QoS) this.#queue({ operation: QoS === 1 ? operations.PUBACK : operations.PUBREC, id, byteLength: 4 });
    const about = first ? { topic, byteLength, QoS, more: !last } : { more: !last };
    this.#session!.options.onReadable?.call(this, count, about);
  }

  #onControl(control: Control): boolean {
    const { operation } = control;
    if (operation === operations.PINGRESP && this.#session!.keepAlive) this.#session!.keepAlive.readAt = ticks();
    if (operation === operations.CONNACK) {
      if (control.returnCode) {
        this.#fail("connection rejected");
        return false;
      }
      this.#state = "connected";
    } else if (operation === operations.PUBREC || operation === operations.PUBREL) {
      const answer = operation === operations.PUBREC ? operations.PUBREL : operations.PUBCOMP;
      this.#queue({ operation: answer, id: control.id ?? 0, byteLength: 4 });
    }
    const { onControl, onWritable } = this.#session!.options;
    (onControl as ((control: Control) => void) | undefined)?.call(this, control);
    if (operation === operations.CONNACK && this.#writable > overheadBytes) onWritable?.call(this, this.#room());
    if (!this.#socket) return false;
    this.#socket.format = "number";
    return true;
  }

  #onWritable(count: number): void {
    this.#writable = count;
    if (this.#state === "connecting") {
      this.#login();
      return;
    }
    if (this.#state !== "connected" && this.#state !== "publishing") return;
    const { pending, options } = this.#session!;
    while (this.#state === "connected" && pending.length > 0) {
      if (this.#writable < pending[0]!.byteLength) return;
      this.write(null, pending.shift());
    }
    if (this.#writable > overheadBytes) options.onWritable?.call(this, this.#room());
  }

  #queue(message: Pending): void {
    const session = this.#session!;
    session.pending.push(message);
    session.pendingTimer ??= Timer.set(() => {
      session.pendingTimer = undefined;
      this.#onWritable(this.#writable);
    });
  }

  #writePiece(data: XsBuffer, message?: Message): void {
    const session = this.#session!;
    const { byteLength } = data;
    if (this.#state !== "publishing" || message || byteLength > session.remaining) throw new Error("bad state");
    this.#writable = this.#socket!.write(data);
    session.remaining -= byteLength;
    if (session.remaining === 0) this.#state = "connected";
  }

  #writePacket(data: XsBuffer | null, message: Message): void {
    this.#id += message.id === undefined ? 1 : 0;
    const id = message.id ?? this.#id;
    const operation = message.operation ?? operations.PUBLISH;
    if (operation === operations.PUBLISH) {
      this.#publish(bytesOf(data), id, message);
      return;
    }
    if (operation === operations.PINGREQ && this.#session!.keepAlive) this.#session!.keepAlive.writtenAt = ticks();
    this.#send(controlPacket(operation, id, message.items));
  }

  #publish(data: Uint8Array, id: number, message: Message): void {
    const byteLength = message.byteLength ?? data.byteLength;
    if (data.byteLength > byteLength) throw new Error("invalid");
    const { topic, QoS = 0, retain = false, duplicate = false } = message;
    const head = publishHead({ topic: topic as string, id, QoS, retain, duplicate, byteLength });
    this.#send(head, data);
    if (data.byteLength === byteLength) return;
    this.#state = "publishing";
    this.#session!.remaining = byteLength - data.byteLength;
  }

  #send(...parts: Uint8Array[]): void {
    if (parts.reduce((sum, part) => sum + part.byteLength, 0) > this.#writable) throw new Error("overflow");
    const byteLength = parts.reduce((sum, part) => sum + part.byteLength, 0);
    parts.forEach((part, index) => {
      const more = index < parts.length - 1;
      this.#writable = this.#socket!.write(part, more ? { more, byteLength } : undefined);
    });
  }

  #fail(reason?: string): void {
    trace("mqttClient error: ", reason ?? "unknown", "\n");
    (this.#session!.options.onError as (() => void) | undefined)?.call(this);
    this.close();
  }
}

type StaticsOf<Class> = { [Name in Exclude<keyof Class, "prototype">]: Class[Name] };

export default MQTTClient satisfies StaticsOf<typeof MQTTClientType> & (new (options: SdkOptions) => MQTTClientType);
