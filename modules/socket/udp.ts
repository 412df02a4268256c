export interface UdpServer {
  close(): void;
}

/** Answers packets one by one. @throws when the port is taken */
export type ServeUdp = (options: {
  port: number;
  /** @returns the reply to the sender, or undefined for none */
  answer(packet: Uint8Array): Uint8Array | undefined;
}) => UdpServer;
