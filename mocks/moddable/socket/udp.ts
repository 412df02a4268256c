/**
 * `embedded:io/socket/udp` (modules/io/socket/lwip/udp.c). On the host it binds 127.0.0.1 only.
 * The real one is frozen and has no `onError`; the mock calls neither.
 * A socket with a port of its own serves the phones on the access point; one without goes through the station.
 */

import type UDPType from "embedded:io/socket/udp";
import { createSocket, type Socket } from "node:dgram";
import { isIPv4 } from "node:net";
import { bytesOf, toArrayBuffer, type XsBuffer } from "../buffers.js";
import { checkNetwork, link, phones } from "../link.js";
import { post } from "../machine.js";
import { count } from "../usage.js";

type Options = ConstructorParameters<typeof UDPType>[0];
type Packet = ArrayBuffer & { address: string; port: number };

class UDP {
  target: unknown;
  #socket: Socket | undefined;
  #packets: Packet[] = [];
  #onReadable: Options["onReadable"];
  #posted = false;
  #isServer: boolean;

  /** @throws "no network" where no interface is up, "bind failed" when the port is taken */
  constructor(options: Options) {
    checkNetwork();
    const port = options.port ?? 0;
    if (port < 0 || port > 65535) throw new RangeError("invalid port");
    if (options.format && options.format !== "buffer") throw new RangeError("invalid format");
    this.#onReadable = options.onReadable;
    if ("target" in options) this.target = options.target;
    this.#isServer = port !== 0;
    this.#socket = bound(port | 0);
    count("udp", 1);
    this.#socket.on("message", (bytes, { address, port }) => this.#receive(bytes, address, port));
  }

  get format(): "buffer" {
    return "buffer";
  }

  set format(format: "buffer") {
    if (format !== "buffer") throw new RangeError("invalid format");
  }

  /** The next packet with its sender's address and port, or undefined. */
  read(): Packet {
    this.#open();
    return this.#packets.shift() as Packet;
  }

  /** @throws "invalid IP address" for anything but a dotted address: names are not resolved */
  write(buffer: XsBuffer, address: string, port: number): void {
    const socket = this.#open();
    if (!isIPv4(address)) throw new RangeError("invalid IP address");
    const bytes = bytesOf(buffer).slice();
    if (this.#isUp) socket.send(bytes, port & 0xffff, address, () => {});
  }

  close(): void {
    if (this.#socket) count("udp", -1);
    this.#socket?.close();
    this.#socket = undefined;
    this.#packets = [];
  }

  /** Else packets are lost, as UDP's are. */
  get #isUp(): boolean {
    return this.#isServer ? phones.up : link.up && link.internet;
  }

  #open(): Socket {
    if (!this.#socket) throw new SyntaxError("UDP: closed");
    return this.#socket;
  }

  #receive(bytes: Uint8Array, address: string, port: number): void {
    if (!this.#isUp) return;
    this.#packets.push(Object.assign(toArrayBuffer(bytes), { address, port }));
    if (!this.#onReadable || this.#posted) return;
    this.#posted = true;
    post(() => {
      this.#posted = false;
      if (this.#socket && this.#packets.length > 0)
        this.#onReadable?.call(this as unknown as UDPType, this.#packets.length);
    });
  }
}

/** A `lookup` that answers at once lets Node bind in the same turn. */
function bound(port: number): Socket {
  const socket = createSocket({ type: "udp4", lookup: (name, _options, found) => found(null, name, 4) });
  let taken = false;
  const refuse = () => {
    taken = true;
  };
  socket.on("error", refuse);
  socket.bind({ port, address: "127.0.0.1", exclusive: true });
  if (!taken) return socket;
  socket.close();
  throw new Error("bind failed");
}

export default UDP satisfies new (
  options: Options,
) => Omit<UDPType, "read"> & { read(): Packet };
