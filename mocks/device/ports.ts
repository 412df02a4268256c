/** Ports of 127.0.0.1. */
import { createSocket } from "node:dgram";
import { createServer } from "node:net";

export type PortKind = "tcp" | "udp";

const defaultPort = { tcp: 8080, udp: 5353 } as const;

/** Binds the port for a moment; gives its number, or undefined when it is taken. 0: any port. */
export function tryPort(kind: PortKind, port: number): Promise<number | undefined> {
  return new Promise((done) => {
    if (kind === "udp") {
      const socket = createSocket("udp4");
      socket.once("error", () => done(undefined));
      socket.bind({ port, address: "127.0.0.1", exclusive: true }, () => {
        const bound = socket.address().port;
        socket.close(() => done(bound));
      });
      return;
    }
    const server = createServer();
    server.once("error", () => done(undefined));
    server.listen({ port, host: "127.0.0.1" }, () => {
      const address = server.address();
      server.close(() => done(typeof address === "object" ? address?.port : undefined));
    });
  });
}

/** Below those that Linux, macOS and Windows give away by themselves, to servers that ask for any and to clients. */
const QUIET_PORTS = { first: 20_000, count: 12_000 } as const;
const MAX_TRIES = 50;

/** A port that is free, and that the system gives to nobody between now and its use. */
export async function freePort(kind: PortKind): Promise<number> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const port = await tryPort(kind, QUIET_PORTS.first + Math.floor(Math.random() * QUIET_PORTS.count));
    if (port !== undefined) return port;
  }
  throw new Error(`no free ${kind} port`);
}

/** The asked port must be free; instead of the default one any other will do. */
export async function choosePort(kind: PortKind, asked: number | undefined): Promise<number> {
  if (asked === undefined) return (await tryPort(kind, defaultPort[kind])) ?? freePort(kind);
  if ((await tryPort(kind, asked)) === undefined) throw new Error(`${kind} port ${asked} of 127.0.0.1 is taken`);
  return asked;
}
