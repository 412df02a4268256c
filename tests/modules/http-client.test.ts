import { afterEach, describe, expect, test } from "vitest";
import { host } from "../../mocks/moddable/host.js";
import type { Reason, Result } from "../../modules/base/failure.js";
import { parseUrl } from "../../modules/data/url.js";
import { createHttpClient } from "../../modules/http/client-adapter.js";
import { type HttpRequest, type HttpResponse, MAX_ANSWER_BYTES } from "../../modules/http/http.js";
import { rightCalendar } from "../calendar.js";
import { fairMs } from "../fair-time.js";
import { pause } from "../moddable/support.js";
import { answering, closedPort, fasterClock, faults, onFirstBytes, serveHttp } from "./net-support.js";

type Options = Partial<Omit<HttpRequest, "url">>;

const noTls = {
  ...rightCalendar,
  ensure: () => Promise.reject(new Error("the clock is not asked for without TLS")),
};

const noAuthorities = () => {
  throw new Error("nobody is trusted without TLS");
};

function ask(url: string, options: Options = {}, clock = fasterClock(1)): Promise<Result<HttpResponse>> {
  const http = createHttpClient(clock, noTls, noAuthorities, "device/1.0.0");
  return http({ method: "POST", url: parseUrl(url)!, body: "{}", timeoutMs: 2_000, ...options });
}
const at = (port: number, path = "/") => `http://127.0.0.1:${port}${path}`;
const reasonOf = (result: Result<unknown>): Reason | undefined => (result.ok ? undefined : result.failure.reason);

/** Whatever came before, the next exchange works: the device goes on. */
afterEach(async () => {
  const port = await serveHttp((_request, response) => response.end("still here"));
  expect(await ask(at(port))).toMatchObject({ ok: true, value: { status: 200, body: "still here" } });
});

describe("an exchange", () => {
  test("with a server of the own network, by its name in `.local`", async () => {
    const port = await serveHttp((_request, response) => response.end("hub"));
    Object.assign(host.radio, { names: { "hub.local": "127.0.0.1" } });
    expect(await ask(`http://Hub.local:${port}/`)).toMatchObject({ ok: true, value: { body: "hub" } });
    expect(reasonOf(await ask(`http://other.local:${port}/`))).toBe("name-unknown");
  });

  test("sends what it was given", async () => {
    const seen: unknown[] = [];
    const port = await serveHttp(async (request, response) => {
      let body = "";
      for await (const piece of request) body += piece;
      seen.push(request.method, request.url, request.headers, body);
      response.end();
    });
    const body = JSON.stringify({ text: "Möwe ☕".repeat(400) });
    await ask(at(port, "/a/b?c=d"), { headers: { "device-id": "aa:bb" }, body });
    expect(seen.slice(0, 2)).toEqual(["POST", "/a/b?c=d"]);
    expect(seen[2]).toMatchObject({
      ...{ "device-id": "aa:bb", connection: "close", "content-length": String(Buffer.byteLength(body)) },
    });
    expect(seen[3]).toBe(body);
  });

  test.each([200, 202, 301, 400, 404, 429, 500, 599])("gives status %i and the body", async (status) => {
    const port = await serveHttp((_request, response) => response.writeHead(status).end(`body of ${status}`));
    expect(await ask(at(port))).toEqual({
      ok: true,
      value: { status, body: `body of ${status}`, retryAfterMs: undefined, dateMs: expect.any(Number) },
    });
  });

  test("GET without a body", async () => {
    const port = await serveHttp((request, response) => response.end(request.method));
    const http = createHttpClient(fasterClock(1), noTls, noAuthorities, "device/1.0.0");
    expect(await http({ method: "GET", url: parseUrl(at(port))!, timeoutMs: 2_000 })).toMatchObject({
      value: { body: "GET" },
    });
  });

  test.each([
    ["in chunks", ["one, ", "two, ", "é".repeat(2_000)]],
    ["in one piece", ["all"]],
    ["of nothing", []],
  ])("a body %s", async (_label, pieces) => {
    const port = await serveHttp(async (_request, response) => {
      for (const piece of pieces) {
        response.write(piece);
        await pause(3);
      }
      response.end();
    });
    expect(await ask(at(port))).toMatchObject({ ok: true, value: { status: 200, body: pieces.join("") } });
  });

  test("a body that ends with its connection", async () => {
    const port = await answering("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall there is");
    expect(await ask(at(port))).toMatchObject({ ok: true, value: { body: "all there is" } });
  });

  test("a character that is cut between two pieces of the network", async () => {
    const bytes = Buffer.from("文字列".repeat(500));
    const port = await onFirstBytes(async (socket) => {
      socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${bytes.length}\r\n\r\n`);
      for (let start = 0; start < bytes.length; start += 700) {
        socket.write(bytes.subarray(start, start + 700));
        await pause(2);
      }
    });
    expect(await ask(at(port))).toMatchObject({ value: { body: bytes.toString() } });
  });

  test("status 204", async () => {
    const port = await serveHttp((_request, response) => response.writeHead(204).end());
    expect(await ask(at(port))).toMatchObject({ ok: true, value: { status: 204, body: "" } });
  });
});

describe("fails with the reason", () => {
  test("unreachable, where nobody listens", async () => {
    expect(reasonOf(await ask(at(await closedPort())))).toBe("unreachable");
  });

  test("name-unknown", async () => {
    expect(reasonOf(await ask("http://nothing.invalid/", { timeoutMs: 10_000 }))).toBe("name-unknown");
  });

  test.each([
    ["that says nothing", () => {}],
    ["that stops in the headers", (socket: import("node:net").Socket) => socket.write("HTTP/1.1 200 OK\r\nX: ")],
    [
      "that stops in the body",
      (socket: import("node:net").Socket) => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"),
    ],
  ])("timeout, for a server %s", async (_label, then) => {
    const port = await onFirstBytes(then as (socket: import("node:net").Socket) => void);
    const startMs = fairMs();
    expect(reasonOf(await ask(at(port), { timeoutMs: 150 }))).toBe("timeout");
    expect(fairMs() - startMs).toBeLessThan(1_000);
  });

  test("timeout for the whole exchange, however often a byte comes", async () => {
    const port = await onFirstBytes((socket) => {
      socket.write("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
      const drip = setInterval(() => socket.write("x"), 20);
      socket.on("close", () => clearInterval(drip));
    });
    expect(reasonOf(await ask(at(port), { timeoutMs: 200 }))).toBe("timeout");
  });

  test.each([
    ["after the request", []],
    ["in the status line", ["HTTP/1.1 20"]],
    ["in the headers", ["HTTP/1.1 200 OK\r\nContent-Le"]],
    ["in the body", ["HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc"]],
    ["in a chunk", ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\nabc"]],
    ["between chunks", ["HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"]],
  ])("connection-lost, cut %s", async (_label, pieces) => {
    expect(reasonOf(await ask(at(await answering(...pieces))))).toBe("connection-lost");
  });

  test("connection-lost, reset", async () => {
    const port = await onFirstBytes((socket) => socket.resetAndDestroy());
    expect(reasonOf(await ask(at(port)))).toBe("connection-lost");
  });

  test.each([
    ["a length of its own", (size: number) => ({ "content-length": String(size) })],
    ["chunks", () => ({})],
  ])("answer-too-large, with %s", async (_label, headers) => {
    const port = await serveHttp((_request, response) =>
      response.writeHead(200, headers(MAX_ANSWER_BYTES + 1)).end("x".repeat(MAX_ANSWER_BYTES + 1)),
    );
    expect(reasonOf(await ask(at(port)))).toBe("answer-too-large");
  });

  test("answer-too-large for a body without end, long before it ends", async () => {
    let sent = 0;
    const port = await serveHttp((_request, response) => {
      const more = () => {
        sent += 1_000;
        if (!response.destroyed && sent < 5_000_000) response.write("x".repeat(1_000), () => setImmediate(more));
      };
      more();
    });
    expect(reasonOf(await ask(at(port)))).toBe("answer-too-large");
    await pause(50);
    expect(sent).toBeLessThan(5_000_000);
  });

  test("a body as large as allowed is none of these", async () => {
    const port = await serveHttp((_request, response) => response.end("x".repeat(MAX_ANSWER_BYTES)));
    expect(await ask(at(port))).toMatchObject({ ok: true, value: { status: 200 } });
  });

  test.each([
    ["one header without end", "X: "],
    ["headers without end", "X: 1\r\n"],
  ])("some reason, before the time is up: %s", async (_label, piece) => {
    const port = await onFirstBytes((socket) => {
      socket.write("HTTP/1.1 200 OK\r\n");
      const flood = setInterval(() => socket.write(piece.repeat(1_000)), 1);
      socket.on("close", () => clearInterval(flood));
    });
    const startMs = fairMs();
    expect(["answer-too-large", "bad-answer", "connection-lost"]).toContain(
      reasonOf(await ask(at(port), { timeoutMs: 5_000 })),
    );
    expect(fairMs() - startMs).toBeLessThan(4_000);
  });

  test("bad-answer, for bytes that are not UTF-8", async () => {
    const port = await answering("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", Uint8Array.of(0x61, 0xff, 0x62));
    expect(reasonOf(await ask(at(port)))).toBe("bad-answer");
  });
});

test.each([
  ["not HTTP at all", "SSH-2.0-OpenSSH_9.6\r\n"],
  ["a status of words", "HTTP/1.1 OK fine\r\n\r\n"],
  ["a length of words", "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\nabc"],
  ["a negative length", "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nabc"],
  ["a chunk of words", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n"],
  ["a negative chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nabc\r\n"],
  ["binary", Uint8Array.from({ length: 600 }, (_, index) => index & 255)],
  ["TLS", Uint8Array.of(0x15, 3, 3, 0, 2, 2, 40)],
])("%s ends with a failure, within the time", async (_label, bytes) => {
  const port = await answering(bytes);
  expect((await ask(at(port), { timeoutMs: 500 })).ok).toBe(false);
});

test("more than was announced does not spoil the answer", async () => {
  const port = await answering("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", "HTTP/1.1 500 again\r\n\r\n");
  const result = await ask(at(port));
  expect(result.ok ? result.value.body : "").toBe("abc");
});

test("twenty exchanges after each other leave no connection behind (the chip has 16)", async () => {
  const port = await serveHttp((_request, response) => response.end("x"));
  for (let count = 0; count < 20; count++) expect((await ask(at(port))).ok).toBe(true);
  expect(faults).toEqual([]);
});

describe("Retry-After", () => {
  const retryAfter = async (headers: Record<string, string>) => {
    const port = await serveHttp((_request, response) => {
      response.sendDate = false;
      response.writeHead(429, headers).end();
    });
    const result = await ask(at(port));
    return result.ok ? result.value.retryAfterMs : Number.NaN;
  };
  const date = "Sun, 06 Nov 1994 08:49:37 GMT";

  test("in seconds", async () => {
    expect(await retryAfter({ "retry-after": "120" })).toBe(120_000);
  });

  test("as a date, by the server's own Date: the device's clock says 1970", async () => {
    expect(await retryAfter({ "retry-after": "Sun, 06 Nov 1994 08:50:07 GMT", date })).toBe(30_000);
  });

  test("is unknown without the header, and for a date without the server's", async () => {
    expect(await retryAfter({ date })).toBeUndefined();
    expect(await retryAfter({ "retry-after": date })).toBeUndefined();
  });
});
