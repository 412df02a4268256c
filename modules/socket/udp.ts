export interface UdpServer {
  close(): void;
}

export interface UdpResponder {
  /** @returns the reply to the sender, or undefined for none */
  answer(packet: Uint8Array): Uint8Array | undefined;
}

/** Answers packets one by one. @throws when the port is taken */
export type ServeUdp = (port: number, responder: UdpResponder) => UdpServer;
