import UDP from "embedded:io/socket/udp";
import { reportFault } from "../base/guard.js";
import type { ServeUdp } from "./udp.js";

type Answer = Parameters<ServeUdp>[0]["answer"];

export const serveUdp: ServeUdp = ({ port, answer }) =>
  new UDP({ port, target: answer, onReadable: answerAll }) as UDP & { close(): void };

function answerAll(this: UDP, packets: number): void {
  const { target: answer } = this as UDP & { target: Answer };
  try {
    while (packets-- > 0) {
      const packet = this.read();
      const reply = answer(new Uint8Array(packet));
      if (reply) this.write(reply, packet.address, packet.port);
    }
  } catch (error) {
    reportFault("udp", error);
  }
}
