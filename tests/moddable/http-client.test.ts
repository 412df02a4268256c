import { createServer as createHttpServer, type RequestListener } from "node:http";
import { type AddressInfo, createServer, type Server } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import MockClient from "../../mocks/moddable/http/client.js";
import TCP from "../../mocks/moddable/socket/tcp.js";
import { implementations, pause, Resolver, text, until } from "./support.js";

const clients = await implementations(MockClient, "examples/io/tcp/httpclient/httpclient.js");
const io = { dns: { io: Resolver }, socket: { io: TCP } };

const servers: Server[] = [];
const open: { close(): void }[] = [];

afterEach(() => {
  for (const one of open.splice(0)) one.close();
  for (const server of servers.splice(0)) server.close();
});

async function listening(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return (server.address() as AddressInfo).port;
}

const serve = (handler: RequestListener) => listening(createHttpServer(handler));

/** Answers the first bytes of each connection with these, and ends it when told so. */
const answer = (bytes: string, end = false) =>
  listening(
    createServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", () => (end ? socket.end(bytes) : socket.write(bytes)));
    }),
  );

interface Outcome {
  status?: number;
  headers?: Map<string, string>;
  body: string;
  /** Sizes announced. */
  counts: number[];
  done?: Error | null;
}

describe.each(clients)("%s", (_name, HTTPClient) => {
  function clientOf(port: number, host = "device.test"): InstanceType<typeof HTTPClient> {
    const client = new HTTPClient({ ...io, host, port, onError: () => {} });
    open.push(client);
    return client;
  }

  function ask(client: InstanceType<typeof HTTPClient>, path: string, options: object = {}): Outcome {
    const outcome: Outcome = { body: "", counts: [] };
    client.request({
      path,
      onHeaders(status, headers) {
        outcome.status = status;
        outcome.headers = headers as Map<string, string>;
      },
      onReadable(count) {
        outcome.counts.push(count);
        outcome.body += text(this.read(count));
      },
      onDone(error) {
        outcome.done = error;
      },
      ...options,
    });
    return outcome;
  }

  const finished = (outcome: Outcome) => until(() => outcome.done !== undefined, "onDone");

  test("a body with a length comes in pieces; headers in lower case; two requests share the connection", async () => {
    const seen: unknown[][] = [];
    const port = await serve((request, response) => {
      seen.push([request.method, request.url, request.headers.host, request.socket.remotePort]);
      response.setHeader("X-Answer", "Yes").setHeader("Content-Length", 9000).end("x".repeat(9000));
    });
    const client = clientOf(port);
    const [one, two] = [ask(client, "/one"), ask(client, "/two", { method: "DELETE" })];
    await finished(two);
    expect(one).toMatchObject({ status: 200, done: null, body: "x".repeat(9000) });
    expect(one.headers?.get("x-answer")).toBe("Yes");
    expect(Math.max(...one.counts)).toBeLessThan(9000);
    expect(seen.map((one) => one.slice(0, 3))).toEqual([
      ["GET", "/one", "device.test"],
      ["DELETE", "/two", "device.test"],
    ]);
    expect(seen[0]![3]).toBe(seen[1]![3]);
    const three = ask(client, "/three");
    await finished(three);
    expect(three.status).toBe(200);
  });

  test("chunks are joined, wherever they are cut", async () => {
    const parts = ["a", "b".repeat(3000), "c".repeat(17)];
    const port = await serve(async (_request, response) => {
      for (const part of parts) {
        response.write(part);
        await pause(3);
      }
      response.end();
    });
    const outcome = ask(clientOf(port), "/");
    await finished(outcome);
    expect(outcome).toMatchObject({ done: null, body: parts.join("") });
  });

  test("no content ends at once", async () => {
    const port = await serve((_request, response) => void response.writeHead(204).end());
    const outcome = ask(clientOf(port), "/");
    await finished(outcome);
    expect(outcome).toMatchObject({ status: 204, done: null, counts: [] });
  });

  test("a body that ends with the connection ends with an error, after it was read", async () => {
    const port = await answer("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall there is", true);
    const outcome = ask(clientOf(port), "/");
    await finished(outcome);
    expect(outcome.body).toBe("all there is");
    expect(outcome.done).toBeInstanceOf(Error);
  });

  test("a body cut short ends with an error", async () => {
    const port = await answer("HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nnot twenty", true);
    const outcome = ask(clientOf(port), "/");
    await finished(outcome);
    expect(outcome.done).toBeInstanceOf(Error);
  });

  test("refused and unknown: every request ends with an error, then the client", async () => {
    const port = await serve(() => {});
    for (const server of servers.splice(0)) server.close();
    const events: string[] = [];
    const failing = (host: string) => {
      const client = new HTTPClient({ ...io, host, port, onError: () => events.push("client") as never });
      client.request({ onDone: (error) => events.push(error ? "one" : "?") as never });
      client.request({ onDone: (error) => events.push(error ? "two" : "?") as never });
    };
    failing("device.test");
    await until(() => events.includes("client"));
    expect(events).toEqual(["one", "two", "client"]);
    events.length = 0;
    failing("nowhere.invalid");
    await until(() => events.includes("client"));
    expect(events).toEqual(["one", "two", "client"]);
  });

  test("a request body goes out as there is room, and not beyond its length", async () => {
    const port = await serve((request, response) => {
      let size = 0;
      request.on("data", (data) => (size += data.length)).on("end", () => response.end(String(size)));
    });
    let left = 20_000;
    const rooms: number[] = [];
    let tooMuch: unknown;
    const outcome = ask(clientOf(port), "/", {
      method: "POST",
      headers: new Map([["Content-Length", String(left)]]),
      onWritable(this: { write(data: Uint8Array): number }, count: number) {
        rooms.push(count);
        try {
          this.write(new Uint8Array(count + 1));
        } catch (error) {
          tooMuch = error;
        }
        this.write(new Uint8Array(count));
        left -= count;
      },
    });
    await finished(outcome);
    expect(outcome.body).toBe("20000");
    expect(left).toBe(0);
    expect(Math.max(...rooms)).toBeLessThanOrEqual(5744);
    expect((tooMuch as Error).message).toBe("would block");
  });

  test("the end of a chunked request body is garbled: its first two bytes are missing", async () => {
    let received = "";
    const port = await listening(createServer((socket) => socket.on("data", (data) => (received += data))));
    let sent = false;
    ask(clientOf(port), "/", {
      method: "POST",
      headers: new Map([["transfer-encoding", "chunked"]]),
      onWritable(this: { write(data?: Uint8Array): number }) {
        this.write(sent ? undefined : Uint8Array.from(Buffer.from("body")));
        sent = true;
      },
    });
    await until(() => received.endsWith("\r\n\r\n4\r\nbody\r\n\n\r\n"), received);
  });

  test("what is not read is not announced again, and nothing is read after the end", async () => {
    const port = await serve((_request, response) => void response.setHeader("content-length", 10).end("0123456789"));
    const counts: number[] = [];
    let request: { read(count?: number): ArrayBuffer | undefined } | undefined;
    let done = false;
    const client = clientOf(port);
    request = client.request({
      onReadable: (count) => counts.push(count) as never,
      onDone() {
        done = true;
      },
    });
    await until(() => counts.length > 0);
    await pause(30);
    expect(done).toBe(false);
    expect(text(request.read(100))).toBe("0123456789".slice(0, counts.at(-1)));
    await until(() => done);
    expect(() => request.read()).toThrow();
  });
});
