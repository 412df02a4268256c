/** The device's HTTP server, over the mock and, where the SDK is at hand, over its own JavaScript; and raw clients of it. */
import { connect, type Socket } from "node:net";
import { afterEach, beforeEach, expect, vi } from "vitest";
import MockServer from "../../mocks/moddable/http/server.js";
import type { HttpServer, ServerReply, ServerRequest } from "../../modules/http/http.js";
import { fairMs } from "../fair-time.js";
import { implementations, pause } from "../moddable/support.js";
import { closedPort, fasterClock } from "./net-support.js";

type CreateServer = typeof import("../../modules/http/server-adapter.js").createHttpServer;

/** Of a whole request a byte at a time. */
const MANY_PIECES = 20;
/** Three seconds of the adapter's become this. */
export const STEP_MS = 300;
const FASTER = 3_000 / STEP_MS;

/** The adapter over either of the SDK's servers. */
export const servers: [name: string, CreateServer][] = [];
for (const [name, HTTPServer] of await implementations(MockServer, "examples/io/listener/httpserver/httpserver.js")) {
  vi.resetModules();
  vi.doMock("embedded:network/http/server", () => ({ default: HTTPServer }));
  servers.push([name, (await import("../../modules/http/server-adapter.js")).createHttpServer]);
}

export const reply = (body: ServerReply["body"], headers: Record<string, string> = {}): ServerReply => ({
  status: 200,
  headers,
  body,
});

export interface Talk {
  socket: Socket;
  ended: Promise<{ received: string; afterMs: number }>;
}

export interface Served {
  port: number;
  /** What the device was asked, in order. */
  seen: ServerRequest[];
  handle: (request: ServerRequest) => ServerReply;
  admits: (address: string | undefined) => boolean;
  /** Sends the pieces one by one, and collects what comes until the server ends it. */
  talk(...pieces: (string | Uint8Array)[]): Talk;
  /** From another of the machine's own addresses, 127.0.0.0/8. */
  talkFrom(address: string, ...pieces: (string | Uint8Array)[]): Talk;
}

/** A server for each test; whatever the test did, the next phone gets its page: the device goes on. */
export function serveEach(createHttpServer: CreateServer): Served {
  let server: HttpServer;
  const sockets: Socket[] = [];
  const served: Served = {
    port: 0,
    seen: [],
    handle: () => reply("page"),
    admits: () => true,
    talk(...pieces) {
      return served.talkFrom("127.0.0.1", ...pieces);
    },
    talkFrom(address, ...pieces) {
      const talk = talkTo(served.port, pieces, address);
      sockets.push(talk.socket);
      return talk;
    },
  };
  beforeEach(async () => {
    served.seen.length = 0;
    served.handle = () => reply("page");
    served.admits = () => true;
    served.port = await closedPort();
    server = createHttpServer(fasterClock(FASTER))({
      port: served.port,
      handle(request) {
        served.seen.push(request);
        return served.handle(request);
      },
      admits: (address) => served.admits(address),
    });
  });
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    await pause(30);
    served.handle = () => reply("still here");
    const { received } = await served.talk("GET / HTTP/1.1\r\nHost: a\r\n\r\n").ended;
    expect(received).toContain("still here");
    await pause(10);
    server.close();
  });
  return served;
}

function talkTo(port: number, pieces: (string | Uint8Array)[], localAddress: string): Talk {
  const socket = connect({ port, host: "127.0.0.1", localAddress });
  const startMs = fairMs();
  const received: Buffer[] = [];
  const ended = new Promise<{ received: string; afterMs: number }>((done) => {
    socket.on("error", () => {});
    socket.on("data", (data) => received.push(data));
    socket.on("close", () => done({ received: Buffer.concat(received).toString(), afterMs: fairMs() - startMs }));
  });
  socket.setNoDelay(true);
  void (async () => {
    for (const piece of pieces) {
      socket.write(piece);
      if (pieces.length < MANY_PIECES) await pause(3);
      else await new Promise((turn) => setImmediate(turn));
    }
  })();
  return { socket, ended };
}

export const get = (path = "/"): string => `GET ${path} HTTP/1.1\r\nHost: 192.168.4.1\r\n\r\n`;
export const post = (body: string): string =>
  `POST / HTTP/1.1\r\nHost: 192.168.4.1\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
