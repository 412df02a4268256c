/** TLS servers on loopback for the core to meet. */
import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";
import { afterEach } from "vitest";
import { type Identity, keyPem, pem } from "../../mocks/certificates.js";

const servers: Server[] = [];
const sockets = new Set<Socket>();

afterEach(() => {
  for (const socket of sockets) socket.destroy();
  for (const server of servers.splice(0)) server.close();
});

/** @returns its port */
export async function listening(server: Server): Promise<number> {
  servers.push(server);
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return (server.address() as { port: number }).port;
}

/** What the device may not take is Node's to offer here: SHA-1, RSA of 1,024 bits, TLS 1.1. */
const ANYTHING = { ciphers: "ALL:@SECLEVEL=0", minVersion: "TLSv1" } as const;

/** Sends back what it gets. */
export function tlsServer(chain: readonly { readonly der: Buffer }[], options: TlsOptions = {}): Server {
  const key = keyPem(chain[0] as Identity);
  const server = createTlsServer({ ...ANYTHING, key, cert: pem(...chain), ...options }, (socket) => {
    socket.on("error", () => {});
    socket.pipe(socket);
  });
  return server.on("tlsClientError", () => {});
}

/** @returns its port */
export const serve = (chain: readonly { readonly der: Buffer }[], options: TlsOptions = {}): Promise<number> =>
  listening(tlsServer(chain, options));

/** Does this with each connection whose first bytes have come. @returns its port */
export const onFirstBytes = (then: (socket: Socket) => void): Promise<number> =>
  listening(createServer((socket) => socket.once("data", () => then(socket))));
