import UDP from "embedded:io/socket/udp";
import { guarded } from "../base/guard.js";
import type { ServeUdp } from "./udp.js";

export const serveUdp: ServeUdp = ({ port, answer }) =>
  new UDP({
    port,
    onReadable: guarded("udp", function (this: UDP, packets: number) {
      while (packets-- > 0) {
        const packet = this.read();
        const reply = answer(new Uint8Array(packet));
        if (reply) this.write(reply, packet.address, packet.port);
      }
    }),
  }) as UDP & { close(): void };
