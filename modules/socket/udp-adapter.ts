import UDP from "embedded:io/socket/udp";
import { reportFault } from "../base/guard.js";
import type { ServeUdp, UdpResponder } from "./udp.js";

/** The SDK's socket, as it is in its callbacks. */
type Socket = UDP & { readonly target: UdpResponder };

/** Answered in one turn. A phone asks for ten names at once, and again for what gets lost. */
const MAX_ANSWERS = 32;

export const serveUdp: ServeUdp = (port, responder) =>
  new UDP({ port, target: responder, onReadable: answerAll } as ConstructorParameters<typeof UDP>[0]) as UDP & {
    close(): void;
  };

function answerAll(this: Socket, packets: number): void {
  try {
    for (let index = 0; index < packets; index++) {
      const packet = this.read();
      if (index >= MAX_ANSWERS) continue;
      const reply = this.target.answer(new Uint8Array(packet));
      if (reply) this.write(reply, packet.address, packet.port);
    }
  } catch (error) {
    reportFault("udp", error);
  }
}
