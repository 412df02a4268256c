/** Bodies that go into the receiver's own buffer, over real sockets. */
import { afterEach, expect, test } from "vitest";
import { parseUrl } from "../../modules/data/url.js";
import type { StreamHead, StreamRequest, StreamSink } from "../../modules/http/stream.js";
import { createHttpStream } from "../../modules/http/stream-adapter.js";
import { rightCalendar } from "../calendar.js";
import { pause } from "../moddable/support.js";
import { answering, closedPort, fasterClock, faults, onFirstBytes, serveHttp } from "./net-support.js";

const noTls = {
  ...rightCalendar,
  ensure: () => Promise.reject(new Error("the clock is not asked for without TLS")),
};

/** Room for so many bytes at a time; wants no more than `limit`. */
class Buffered implements StreamSink {
  readonly received: number[] = [];
  readonly #room: Uint8Array<ArrayBuffer>;
  readonly #limit: number;

  constructor(roomBytes = 100, limit = Number.POSITIVE_INFINITY) {
    this.#room = new Uint8Array(roomBytes);
    this.#limit = limit;
  }

  room(): Uint8Array<ArrayBuffer> {
    return this.#room;
  }

  filled(bytes: number): boolean {
    this.received.push(...this.#room.subarray(0, bytes));
    return this.received.length < this.#limit;
  }
}

interface Options extends Partial<Omit<StreamRequest, "url">> {
  sink?: Buffered;
}

async function load(port: number, { sink = new Buffered(), ...options }: Options = {}, times = 1) {
  let head: StreamHead | undefined;
  const streaming = createHttpStream(
    fasterClock(times),
    noTls,
    () => [],
    "device/1.0.0",
  )({
    url: parseUrl(`http://127.0.0.1:${port}/a?b=c`)!,
    headers: {},
    stallMs: 2_000,
    limitMs: 5_000,
    onHead(received) {
      head = received;
      return sink;
    },
    ...options,
  });
  const result = await streaming.done;
  return { result, head, received: Buffer.from(sink.received) };
}

const body = Buffer.from(Array.from({ length: 20_000 }, (_, index) => (index * 7) % 251));

/** Whatever came before, the next one works. */
afterEach(async () => {
  const port = await serveHttp((_request, response) => response.end("still here"));
  expect((await load(port)).received.toString()).toBe("still here");
});

test("asks as it is told to, and puts each byte where the sink has room", async () => {
  const seen: unknown[] = [];
  const port = await serveHttp((request, response) => {
    seen.push(request.method, request.url, request.headers);
    response.writeHead(206, { ETag: '"e"', "Content-Length": body.length }).end(body);
  });
  const { result, head, received } = await load(port, { headers: { range: "bytes=5-" } });
  expect(seen).toEqual([
    "GET",
    "/a?b=c",
    expect.objectContaining({ range: "bytes=5-", connection: "close", "accept-encoding": "identity" }),
  ]);
  expect([result.ok, head?.status, head?.field("etag"), head?.field("location")]).toEqual([
    true,
    206,
    '"e"',
    undefined,
  ]);
  expect(received.equals(body)).toBe(true);
});

test("a body in chunks of all sizes", async () => {
  const port = await serveHttp(async (_request, response) => {
    for (let at = 0, size = 1; at < body.length; at += size, size = (size * 3) % 4_001) {
      response.write(body.subarray(at, at + size));
      await pause(1);
    }
    response.end();
  });
  const { result, received } = await load(port, { sink: new Buffered(4_096) });
  expect([result.ok, received.equals(body)]).toEqual([true, true]);
});

test("a body that ends with its connection", async () => {
  const port = await answering("HTTP/1.1 200 OK\r\n\r\n", body);
  const { result, received } = await load(port);
  expect([result.ok, received.equals(body)]).toEqual([true, true]);
});

test("a body that ends before its length", async () => {
  const port = await answering(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`, body.subarray(0, 9_000));
  const { result, received } = await load(port);
  expect(result).toMatchObject({ failure: { reason: "connection-lost" } });
  expect(received.equals(body.subarray(0, 9_000))).toBe(true);
});

test("a sink that has enough ends it", async () => {
  const port = await answering(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`, body);
  const { result, received } = await load(port, { sink: new Buffered(100, 250) });
  expect([result.ok, received.length]).toEqual([true, 300]);
});

test("without a sink nothing of the body is read", async () => {
  const port = await answering("HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 9\r\n\r\nredirected");
  const { result, received, head } = await load(port, { onHead: () => undefined });
  expect([result.ok, received.length, head]).toEqual([true, 0, undefined]);
});

test.each([
  ["a server that says nothing", async () => onFirstBytes(() => {}), "timeout"],
  [
    "a body that stops",
    async () => onFirstBytes((socket) => void socket.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n12")),
    "timeout",
  ],
  ["no server", closedPort, "unreachable"],
  ["a head that never ends", async () => answering(`HTTP/1.1 200 OK\r\nX: ${"x".repeat(70_000)}`), "answer-too-large"],
  [
    "too many lines between chunks",
    async () => answering(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n${"0".repeat(70_000)}`),
    "answer-too-large",
  ],
  ["no HTTP", async () => answering("SSH-2.0-x\r\n"), "bad-answer"],
])("%s", async (_what, serve, reason) => {
  const { result } = await load(await serve(), {}, 10);
  expect(result).toMatchObject({ ok: false, failure: { reason } });
});

test("a body that goes on for longer than the limit, however steadily", async () => {
  const port = await onFirstBytes(async (socket) => {
    socket.write("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
    for (let piece = 0; piece < 100 && !socket.destroyed; piece++) {
      socket.write("0123456789");
      await pause(10);
    }
  });
  const { result, received } = await load(port, { stallMs: 3_000, limitMs: 4_000 }, 10);
  expect(result).toMatchObject({ failure: { reason: "timeout" } });
  expect(received.length).toBeGreaterThan(10);
});

test("cancelled before and while it runs", async () => {
  const port = await onFirstBytes((socket) => void socket.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n12"));
  for (const waitMs of [0, 100]) {
    const streaming = createHttpStream(
      fasterClock(1),
      noTls,
      () => [],
      "device/1.0.0",
    )({
      url: parseUrl(`http://127.0.0.1:${port}/`)!,
      headers: {},
      stallMs: 5_000,
      limitMs: 5_000,
      onHead: () => new Buffered(),
    });
    if (waitMs) await pause(waitMs);
    streaming.cancel();
    expect(await streaming.done).toMatchObject({ failure: { reason: "connection-lost" } });
  }
});

test("a sink that throws ends its exchange, and is told on the console", async () => {
  const port = await serveHttp((_request, response) => response.end(body));
  const sink = new Buffered();
  sink.filled = () => {
    throw new Error("no flash");
  };
  expect((await load(port, { sink })).result).toMatchObject({ failure: { reason: "connection-lost" } });
  expect(faults.join()).toContain("no flash");
});
