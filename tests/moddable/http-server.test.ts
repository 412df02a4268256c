import { request as nodeRequest } from "node:http";
import { connect, type Socket } from "node:net";
import { afterEach, describe, expect, test, vi } from "vitest";
import { host } from "../../mocks/moddable/host.js";
import MockServer from "../../mocks/moddable/http/server.js";
import Listener from "../../mocks/moddable/socket/listener.js";
import { implementations, pause, text, until } from "./support.js";

const servers = await implementations(MockServer, "examples/io/listener/httpserver/httpserver.js");

interface Connection {
  accept(handlers: object): void;
  close(): void;
  read(count?: number): ArrayBuffer | undefined;
  write(data?: Uint8Array): number;
  respond(response: Response): void;
}
interface Response {
  status: number;
  headers: Map<string, string | number>;
}

const sockets: Socket[] = [];
const open: { close(): void }[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  // The server's connections notice; a server has to be closed after them (see the last test).
  await pause(20);
  for (const one of open.splice(0)) one.close();
});

function client(port: number): Socket {
  const socket = connect(port, "127.0.0.1");
  sockets.push(socket);
  socket.setNoDelay(true).on("error", () => {});
  return socket;
}

/** Sends the pieces one by one and collects what comes until the end. */
async function raw(port: number, ...pieces: string[]): Promise<string> {
  const socket = client(port);
  let received = "";
  let ended = false;
  socket.on("data", (data) => {
    received += data;
  });
  socket.on("close", () => {
    ended = true;
  });
  for (const piece of pieces) {
    socket.write(piece);
    await pause(4);
  }
  await until(() => ended, `end of ${JSON.stringify(received)}`);
  return received;
}

describe.each(servers)("%s", (_name, HTTPServer) => {
  /** A server that answers with what it was asked, and tells what happened. */
  function echo(respond?: (this: Connection, response: Response, body: string) => void) {
    const events: string[] = [];
    const connections: Connection[] = [];
    const server = new HTTPServer({
      io: Listener as never,
      port: 0,
      onConnect(given: unknown) {
        const connection = given as Connection;
        connections.push(connection);
        let body = "";
        let unsent: Uint8Array | undefined;
        connection.accept({
          onRequest(request: { method: string; path: string; headers: Map<string, string> }) {
            body = `${request.method} ${request.path} ${request.headers.get("x-name") ?? ""} `;
          },
          onReadable(this: Connection, count: number) {
            body += text(this.read(count));
          },
          onResponse(this: Connection, response: Response) {
            if (respond) return respond.call(this, response, body);
            unsent = Uint8Array.from(Buffer.from(body));
            response.status = 201;
            response.headers.set("content-length", unsent.byteLength);
            this.respond(response);
          },
          onWritable(this: Connection, count: number) {
            if (!unsent?.length) return;
            const part = unsent.slice(0, count);
            unsent = unsent.subarray(part.length);
            this.write(part);
          },
          onDone: () => events.push("done"),
          onError: (reason?: string) => events.push(`error ${reason ?? ""}`.trim()),
        });
      },
    });
    open.push(server);
    return { server, events, connections, port: server.port };
  }

  const parts = "POST /path?q=1 HTTP/1.1\r\nX-Name:  Möwe \r\nContent-Length: 5\r\n\r\nhello";

  test("answers a client of HTTP/1.1, a large body in pieces", async () => {
    const { port, events } = echo();
    const sent = "x".repeat(30_000);
    const answer = await new Promise<{ status: number; body: string }>((done) => {
      const request = nodeRequest({ port, host: "127.0.0.1", method: "POST", path: "/here", agent: false }, (reply) => {
        let body = "";
        reply.on("data", (data) => (body += data));
        reply.on("end", () => done({ status: reply.statusCode!, body }));
      });
      request.setHeader("content-length", sent.length);
      request.end(sent);
    });
    expect(answer.status).toBe(201);
    expect(answer.body).toBe(`POST /here  ${sent}`);
    await until(() => events.length > 0);
    expect(events).toEqual(["done"]);
  });

  test("it does not matter where the packets are cut", async () => {
    const { port } = echo();
    const whole = await raw(port, parts);
    expect(whole).toMatch(/^HTTP\/1\.1 201 Created\r\ncontent-length: \d+\r\n\r\nPOST \/path\?q=1 .+ hello$/);
    for (const cut of [1, 20, 24, 25, 40, parts.length - 6, parts.length - 5, parts.length - 1])
      expect(await raw(port, parts.slice(0, cut), parts.slice(cut))).toBe(whole);
  });

  test("reads a chunked body", async () => {
    const { port } = echo();
    const head = "POST / HTTP/1.1\r\nTransfer-Encoding: Chunked\r\n\r\n";
    expect(await raw(port, `${head}3\r\nabc\r\n`, "A\r\n01234", "56789\r\n0", "\r\n\r\n")).toMatch(/abc0123456789$/);
  });

  test.each(["GET / HTTP/1.0\r\n\r\n", "GET /\r\n\r\n", "nonsense\r\n\r\n"])("%j is an error", async (request) => {
    const { port, events } = echo();
    expect(await raw(port, request)).toBe("");
    expect(events).toEqual(["error badly formed"]);
  });

  test("a client that goes away is an error", async () => {
    const { port, events } = echo();
    const socket = client(port);
    socket.write("GET / HT");
    await pause(20);
    socket.destroy();
    await until(() => events.length > 0);
    expect(events).toEqual(["error"]);
  });

  test("one request a connection: the next one is an error, or does not matter any more", async () => {
    const { port, events } = echo(() => {});
    const request = "GET / HTTP/1.1\r\n\r\n";
    expect(await raw(port, request, request)).toBe("");
    expect(events).toEqual(["error bad state"]);
  });

  test("a connection waits for its answer as long as it takes", async () => {
    const { port, connections } = echo(() => {});
    const answer = raw(port, "GET / HTTP/1.1\r\n\r\n");
    await pause(50);
    connections[0]!.respond({ status: 302, headers: new Map<string, string | number>([["content-length", 0]]) });
    expect(await answer).toBe("HTTP/1.1 302 Found\r\ncontent-length: 0\r\n\r\n");
  });

  test("Content-Length in other than lower case does not count: the answer never ends", async () => {
    const { port, events, connections } = echo(function (response) {
      response.headers.set("Content-Length", 4);
      this.respond(response);
    });
    const socket = client(port);
    let received = "";
    socket.on("data", (data) => {
      received += data;
    });
    socket.write("GET / HTTP/1.1\r\n\r\n");
    await until(() => received.endsWith("\r\n\r\n"));
    connections[0]!.write(Uint8Array.from(Buffer.from("body")));
    await until(() => received.endsWith("\r\n\r\nbody"));
    await pause(20);
    expect(events).toEqual([]);
    connections[0]!.close();
  });

  test("more than onWritable allowed is not written", async () => {
    const thrown: string[] = [];
    const server = new HTTPServer({
      io: Listener as never,
      port: 0,
      onConnect(given: unknown) {
        (given as Connection).accept({
          onResponse(this: Connection, response: Response) {
            response.headers.set("content-length", 9000);
            this.respond(response);
          },
          onWritable(this: Connection, count: number) {
            try {
              this.write(new Uint8Array(count + 1));
            } catch (error) {
              thrown.push((error as Error).message);
            }
            this.write(new Uint8Array(count));
          },
        });
      },
    });
    open.push(server);
    expect(await raw(server.port, "GET / HTTP/1.1\r\n\r\n")).toHaveLength(
      "HTTP/1.1 200 OK\r\ncontent-length: 9000\r\n\r\n".length + 9000,
    );
    expect(new Set(thrown)).toEqual(new Set(["would block"]));
  });

  test("the end of a chunked answer is garbled: its first two bytes are missing", async () => {
    let sent = false;
    const server = new HTTPServer({
      io: Listener as never,
      port: 0,
      onConnect(given: unknown) {
        (given as Connection).accept({
          onResponse(this: Connection, response: Response) {
            response.headers.set("transfer-encoding", "chunked");
            this.respond(response);
          },
          onWritable(this: Connection) {
            this.write(sent ? undefined : Uint8Array.from(Buffer.from("body")));
            sent = true;
          },
        });
      },
    });
    open.push(server);
    expect(await raw(server.port, "GET / HTTP/1.1\r\n\r\n")).toMatch(/\r\n\r\n4\r\nbody\r\n\n\r\n$/);
  });

  test("what onConnect throws costs one connection", async () => {
    const traced: string[] = [];
    host.isDebug = true;
    const trace = vi.spyOn(host, "trace").mockImplementation((line) => void traced.push(line));
    let count = 0;
    const server = new HTTPServer({
      io: Listener as never,
      port: 0,
      onConnect(given: unknown) {
        if (count++ === 0) throw new Error("no");
        (given as Connection).accept({});
      },
    });
    open.push(server);
    client(server.port);
    await until(() => traced.length > 0);
    expect(await raw(server.port, "GET / HTTP/1.1\r\n\r\n").catch(() => "no answer")).toBe("no answer");
    expect(traced).toEqual(["igoring error!"]);
    trace.mockRestore();
    host.isDebug = false;
  });

  test("a closed server leaves its connections open, and they trip when they close later", async () => {
    const { server, port, connections } = echo(() => {});
    let closed = false;
    client(port).on("close", () => {
      closed = true;
    });
    await until(() => connections.length > 0);
    const [connection] = connections;
    server.close();
    expect(() => connection!.close()).toThrow(TypeError);
    await pause(20);
    expect(closed).toBe(false);
    // The socket is still there, with callbacks that would throw when it ends: let the process end it.
    sockets.length = 0;
  });
});
