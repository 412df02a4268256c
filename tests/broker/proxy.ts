/** A way to the broker that can be slow, silent, or cut at a packet. */
import { connect, createServer, type Socket } from "node:net";
import { parser } from "mqtt-packet";
import { listening } from "../modules/net-support.js";

export class BrokerProxy {
  port = 0;
  /** Nothing passes any more, in either direction, and nobody hears of it. */
  isSilent = false;
  delayMs = 0;
  /** The connection breaks in the place of the first packet to the device of this kind. */
  cutsAt: string | undefined;
  /** Packets of the device, as `publish 2 dup`. */
  readonly heard: string[] = [];
  #sockets: Socket[] = [];

  static async to(port: number): Promise<BrokerProxy> {
    const proxy = new BrokerProxy();
    proxy.port = await listening(createServer((device) => proxy.#pass(device, connect(port, "127.0.0.1"))));
    return proxy;
  }

  cut(): void {
    for (const socket of this.#sockets.splice(0)) socket.destroy();
  }

  #pass(device: Socket, broker: Socket): void {
    this.#sockets.push(device, broker);
    // It adds no wait of its own.
    for (const socket of [device, broker]) socket.setNoDelay(true);
    // TLS is no MQTT to them.
    const up = parser()
      .on("error", () => {})
      .on("packet", (packet) => {
        const isPublish = packet.cmd === "publish";
        this.heard.push(
          `${packet.cmd}${isPublish && packet.qos ? ` ${packet.messageId}${packet.dup ? " dup" : ""}` : ""}`,
        );
      });
    let isCut = false;
    const down = parser()
      .on("error", () => {})
      .on("packet", ({ cmd }) => {
        isCut ||= cmd === this.cutsAt;
      });
    this.#forward(device, broker, (bytes) => void up.parse(bytes));
    this.#forward(broker, device, (bytes) => {
      down.parse(bytes);
      if (isCut) this.cut();
    });
  }

  #forward(from: Socket, to: Socket, see: (bytes: Buffer) => void): void {
    from.on("error", () => {});
    from.on("close", () => this.isSilent || to.destroy());
    from.on("data", (bytes) => {
      if (this.isSilent) return;
      see(bytes);
      if (this.delayMs > 0) setTimeout(() => to.write(bytes), this.delayMs);
      else to.write(bytes);
    });
  }
}
