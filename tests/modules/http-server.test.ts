import { connect, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { HttpServer, ServerReply, ServerRequest } from "../../modules/http/http.js";
import { createHttpServer } from "../../modules/http/server-adapter.js";
import { pause, until } from "../moddable/support.js";
import { closedPort, fasterClock, faults } from "./net-support.js";

/** Ten seconds of the adapter's become half a second. */
const FASTER = 20;

let port: number;
let server: HttpServer;
let handle: (request: ServerRequest) => ServerReply;
const seen: ServerRequest[] = [];
const sockets: Socket[] = [];

const reply = (body: string, headers: Record<string, string> = {}): ServerReply => ({ status: 200, headers, body });

beforeEach(async () => {
  seen.length = 0;
  handle = () => reply("page");
  port = await closedPort();
  server = createHttpServer(fasterClock(FASTER))({
    port,
    handle(request) {
      seen.push(request);
      return handle(request);
    },
  });
});

/** Whatever came before, the next phone gets its page: the device goes on. */
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await pause(30);
  handle = () => reply("still here");
  const { received } = await talk("GET / HTTP/1.1\r\nHost: a\r\n\r\n").ended;
  expect(received).toContain("still here");
  await pause(10);
  server.close();
});

interface Talk {
  socket: Socket;
  ended: Promise<{ received: string; afterMs: number }>;
}

/** Sends the pieces one by one, and collects what comes until the server ends it. */
function talk(...pieces: (string | Uint8Array)[]): Talk {
  const socket = connect(port, "127.0.0.1");
  sockets.push(socket);
  const startMs = Date.now();
  const received: Buffer[] = [];
  const ended = new Promise<{ received: string; afterMs: number }>((done) => {
    socket.on("error", () => {});
    socket.on("data", (data) => received.push(data));
    socket.on("close", () => done({ received: Buffer.concat(received).toString(), afterMs: Date.now() - startMs }));
  });
  void (async () => {
    for (const piece of pieces) {
      socket.write(piece);
      await pause(3);
    }
  })();
  return { socket, ended };
}

const get = (path = "/") => `GET ${path} HTTP/1.1\r\nHost: 192.168.4.1\r\n\r\n`;
const post = (body: string) => `POST / HTTP/1.1\r\nHost: 192.168.4.1\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

describe("a request", () => {
  test("is handed over, and its reply sent with a length on a connection that ends", async () => {
    handle = () => reply("Möwe", { "content-type": "text/html", "x-other": "1" });
    const { received } = await talk(get("/a?b=c")).ended;
    expect(seen).toEqual([{ method: "GET", path: "/a?b=c", host: "192.168.4.1", body: "" }]);
    expect(received).toMatch(/^HTTP\/1\.1 200 /);
    expect(received.toLowerCase()).toContain("content-length: 5\r\n");
    expect(received.toLowerCase()).toContain("connection: close\r\n");
    expect(received).toContain("x-other: 1\r\n");
    expect(received.split("\r\n\r\n")[1]).toBe("Möwe");
  });

  test("byte by byte", async () => {
    const { received } = await talk(...post("a=1&b=2")).ended;
    expect(seen).toMatchObject([{ method: "POST", body: "a=1&b=2" }]);
    expect(received).toContain("page");
  });

  test.each([1, 2, 3, 7, 100])("with a body in pieces of %i", async (size) => {
    const body = "0123456789".repeat(size < 7 ? 5 : 60);
    const text = post(body);
    const pieces = Array.from({ length: Math.ceil(text.length / size) }, (_, index) =>
      text.slice(index * size, (index + 1) * size),
    );
    await talk(...pieces).ended;
    expect(seen.map((request) => request.body)).toEqual([body]);
  });

  test("in chunks", async () => {
    const head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    await talk(head, "3\r\na=1\r\n", "2\r\n&b\r\n", "0\r\n\r\n").ended;
    expect(seen).toMatchObject([{ body: "a=1&b" }]);
  });

  const withBody = (...bytes: number[]) =>
    Buffer.concat([
      Buffer.from(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${bytes.length}\r\n\r\n`),
      Buffer.of(...bytes),
    ]);

  test("with a body in UTF-8", async () => {
    await talk(withBody(...Buffer.from("ssid=Möwe"))).ended;
    expect(seen).toMatchObject([{ body: "ssid=Möwe" }]);
  });

  test("with a body that is no UTF-8 is refused, not handled", async () => {
    const { received } = await talk(withBody(0x61, 0xff, 0)).ended;
    expect(received).toMatch(/^HTTP\/1\.1 400 /);
    expect(seen).toEqual([]);
  });

  test.each([0, 1, 5_000, 40_000])("gets a page of %i bytes whole", async (bytes) => {
    handle = () => reply("x".repeat(bytes));
    const { received } = await talk(get()).ended;
    expect(received.split("\r\n\r\n")[1]).toHaveLength(bytes);
  });
});

describe("not fatal, and not in the way of others", () => {
  test.each([
    ["HTTP/1.0", "GET / HTTP/1.0\r\n\r\n"],
    ["HTTP/0.9", "GET /\r\n"],
    ["HTTP/2 with prior knowledge", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
    ["TLS, as a browser tries HTTPS", Uint8Array.of(0x16, 3, 1, 0, 5, 1, 0, 0, 1, 3, 13, 10)],
    ["words", "hello there you\r\n\r\n"],
    ["an empty line", "\r\n\r\n\r\n"],
    ["a header without a colon", "GET / HTTP/1.1\r\nnonsense\r\n\r\n"],
    ["a length of words", "POST / HTTP/1.1\r\nContent-Length: many\r\n\r\nabc"],
    ["a negative length", "POST / HTTP/1.1\r\nContent-Length: -9\r\n\r\nabc"],
    ["a chunk of words", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n"],
    ["a trailer", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: 1\r\n\r\n"],
    ["two requests in one", get("/one") + get("/two")],
    ["bytes of all kinds", Uint8Array.from({ length: 256 }, (_, index) => index)],
  ])("%s", async (_label, bytes) => {
    const { afterMs } = await talk(bytes).ended;
    expect(afterMs).toBeLessThan(1_500);
    expect(seen.length).toBeLessThanOrEqual(1);
  });

  test.each([
    ["body", `POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9000\r\n\r\n${"x".repeat(9_000)}`],
    ["header", `GET / HTTP/1.1\r\nX: ${"x".repeat(9_000)}\r\n\r\n`],
    ["path", `GET /${"x".repeat(9_000)} HTTP/1.1\r\n\r\n`],
    ["number of headers", `GET / HTTP/1.1\r\n${"X: 1\r\n".repeat(2_000)}\r\n`],
    [
      "chunked body",
      `POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n${`400\r\n${"x".repeat(1_024)}\r\n`.repeat(9)}0\r\n\r\n`,
    ],
  ])("a %s of more than 8 KiB: the connection ends, nothing is handled", async (_label, bytes) => {
    const { afterMs } = await talk(bytes).ended;
    expect(seen).toEqual([]);
    expect(afterMs).toBeLessThan(450);
  });

  test("a body of 2 KiB is taken, one byte more is told to be too large", async () => {
    await talk(post("x".repeat(2_048))).ended;
    expect(seen.map(({ body }) => body.length)).toEqual([2_048]);
    for (const bytes of [2_049, 7_000]) {
      const { received } = await talk(post("x".repeat(bytes))).ended;
      expect(received).toMatch(/^HTTP\/1\.1 413 /);
    }
    expect(seen).toHaveLength(1);
  });

  test.each([
    ["says nothing", []],
    ["stops in the request line", ["GET / HT"]],
    ["stops in the headers", ["GET / HTTP/1.1\r\nHost: "]],
    ["stops in the body", [post("abcdef").slice(0, -3)]],
  ])("a client that %s is cut after its time", async (_label, pieces) => {
    const { received, afterMs } = await talk(...pieces).ended;
    expect(received).toBe("");
    expect(afterMs).toBeGreaterThan(9_000 / FASTER);
    expect(afterMs).toBeLessThan(1_500);
  });

  test("a client that does not read its page is cut, too", async () => {
    handle = () => reply("x".repeat(20_000_000));
    const { socket, ended } = talk(get());
    socket.pause();
    await pause(10_000 / FASTER + 200);
    socket.resume();
    const { received } = await ended;
    expect(received.length).toBeLessThan(20_000_000);
  });

  test("a client that leaves at once, in the middle, or with a reset", async () => {
    for (const pieces of [[], ["GET / HT"], [get()]])
      for (const leave of ["end", "destroy", "resetAndDestroy"] as const) {
        const { socket } = talk(...pieces);
        await until(() => !socket.connecting);
        socket[leave]();
        await pause(5);
      }
    await pause(20);
    expect(faults).toEqual([]);
  });

  test("an exception in the handler ends that connection only", async () => {
    handle = () => {
      throw new Error("handler");
    };
    const { received } = await talk(get()).ended;
    expect(received).toBe("");
    expect(faults.join("")).toContain("handler");
  });
});

describe("more than four connections", () => {
  /** Has asked for the page, all but the last byte of its body. */
  const asking = () => talk(post("abc").slice(0, -1));

  test("where four have asked for something, the fifth is closed at once and the four are served", async () => {
    const four = Array.from({ length: 4 }, asking);
    await pause(150);
    const fifth = await talk(get()).ended;
    expect([fifth.received, seen.length]).toEqual(["", 0]);
    expect(fifth.afterMs).toBeLessThan(300);
    for (const { socket } of four) socket.write("c");
    for (const { ended } of four) expect((await ended).received).toContain("page");
  });

  test("where one of them has asked for nothing yet, it makes room", async () => {
    const three = Array.from({ length: 3 }, asking);
    await pause(50);
    const silent = talk();
    await pause(100);
    expect((await talk(get()).ended).received).toContain("page");
    expect((await silent.ended).afterMs).toBeLessThan(450);
    for (const { socket } of three) socket.write("c");
    for (const { ended } of three) expect((await ended).received).toContain("page");
  });

  test("a place is free again when one of them is gone, however it went", async () => {
    for (let round = 0; round < 3; round++) {
      const four = Array.from({ length: 4 }, asking);
      await pause(30);
      for (const [index, { socket }] of four.entries()) index % 2 ? socket.destroy() : socket.resetAndDestroy();
      await pause(30);
      expect((await talk(get()).ended).received).toContain("page");
    }
  });

  test("thirty requests in a row, more than the chip has sockets", async () => {
    for (let count = 0; count < 30; count++) expect((await talk(get()).ended).received).toContain("page");
    expect(faults).toEqual([]);
  });
});
