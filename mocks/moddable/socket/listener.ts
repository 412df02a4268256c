/**
 * `embedded:io/socket/listener` (modules/io/socket/lwip/tcp.c). On the host it binds 127.0.0.1 only, and whoever connects
 * is a phone on the access point.
 */
import type ListenerType from "embedded:io/socket/listener";
import type TCPType from "embedded:io/socket/tcp";
import { createServer, type Server, type Socket } from "node:net";
import { checkNetwork, phones } from "../link.js";
import { post } from "../machine.js";
import { count } from "../usage.js";
import { Stream } from "./stream.js";
import TCP from "./tcp.js";
import { bindLoopback } from "./tcp-handle.js";

/** To be accepted, as the agent's own sockets have it (modules/socket/esp32/agent_tcp_listener.c). */
const maxWaiting = 8;

type Options = ConstructorParameters<typeof ListenerType>[0];

class Listener {
  target: unknown;
  #server: Server | undefined;
  #port: number;
  #pending: Socket[] = [];
  #onReadable: Options["onReadable"];
  #posted = false;

  /** @throws "no network" where no interface is up, "socket bind" when the port is taken */
  constructor(options: Options) {
    checkNetwork();
    const port = options.port ?? 0;
    if (port < 0 || port > 65535) throw new RangeError("invalid port");
    if (options.format && options.format !== "socket/tcp") throw new RangeError("unimplemented");
    this.#onReadable = options.onReadable;
    if ("target" in options) this.target = options.target;
    this.#server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => this.#accept(socket));
    this.#port = bindLoopback(this.#server, port | 0);
    count("listeners", 1);
  }

  get port(): number {
    this.#open();
    return this.#port;
  }

  get format(): "socket/tcp" {
    return "socket/tcp";
  }

  set format(format: "socket/tcp") {
    if (format !== "socket/tcp") throw new RangeError("unimplemented");
  }

  /** The next connection that came, or undefined. It has no callbacks: hand it to a TCP's option `from`. */
  read(): TCPType | undefined {
    this.#open();
    const socket = this.#pending.shift();
    if (!socket) return undefined;
    socket.removeAllListeners("error");
    return TCP.accepted(socket) as unknown as TCPType;
  }

  close(): void {
    if (this.#server) count("listeners", -1);
    this.#server?.close();
    this.#server = undefined;
    for (const socket of this.#pending) socket.destroy();
  }

  /** Before anybody has taken it. */
  #ended(socket: Socket): void {
    if (!this.#pending.includes(socket)) return;
    this.#pending = this.#pending.filter((waiting) => waiting !== socket);
    count("accepted", -1);
  }

  #open(): void {
    if (!this.#server) throw new SyntaxError("Listener: closed");
  }

  #accept(socket: Socket): void {
    try {
      if (!phones.up) throw new Error("no phone gets here");
      this.#pending = this.#pending.filter((waiting) => !waiting.destroyed);
      if (this.#pending.length >= maxWaiting) throw new Error("too many wait");
      Stream.claim("accepted");
    } catch {
      socket.resetAndDestroy();
      return;
    }
    socket.on("error", () => {});
    socket.on("close", () => this.#ended(socket));
    this.#pending.push(socket);
    if (!this.#onReadable || this.#posted) return;
    this.#posted = true;
    post(() => {
      this.#posted = false;
      if (this.#server && this.#pending.length > 0)
        this.#onReadable?.call(this as unknown as ListenerType, this.#pending.length);
    });
  }
}

export default Listener satisfies new (
  options: Options,
) => Omit<ListenerType, "read"> & { read(): TCPType | undefined };
