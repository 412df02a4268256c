/** Binding a server in the same turn: Node's `listen` with an address reports a taken port only later. */
import type { AddressInfo, Server } from "node:net";

interface TcpHandle {
  /** Gives a negative error number, or 0. */
  bind(address: string, port: number): number;
  close(): void;
}

interface TcpBinding {
  TCP: new (type: number) => TcpHandle;
  constants: { SERVER: number };
}

function binding(): TcpBinding {
  return (process as unknown as { binding(name: "tcp_wrap"): TcpBinding }).binding("tcp_wrap");
}

/**
 * Makes the server listen on 127.0.0.1 and gives its port.
 * @param port 0: any that is free
 * @throws "socket bind" when the port is taken
 */
export function bindLoopback(server: Server, port: number): number {
  const { TCP, constants } = binding();
  const handle = new TCP(constants.SERVER);
  if (handle.bind("127.0.0.1", port) !== 0) {
    handle.close();
    throw new Error("socket bind");
  }
  // Linux tells of a taken port only at listen; Node then emits an error, in a later turn.
  server.on("error", () => {});
  server.listen(handle);
  const address = server.address() as AddressInfo | null;
  if (!server.listening || !address) throw new Error("socket bind");
  return address.port;
}
