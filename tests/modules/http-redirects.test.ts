/** Which redirects are followed, over real sockets. */
import { createServer as createHttpsServer } from "node:https";
import { afterEach, describe, expect, test } from "vitest";
import { keyPem, makeCertificate, pem } from "../../mocks/certificates.js";
import type { Result } from "../../modules/base/failure.js";
import { formatUrl, parseUrl } from "../../modules/data/url.js";
import { createHttpClient } from "../../modules/http/client-adapter.js";
import type { HttpResponse } from "../../modules/http/http.js";
import { rightCalendar } from "../calendar.js";
import { fasterClock, listening, serveHttp } from "./net-support.js";

const own = makeCertificate({ subject: "127.0.0.1", names: ["127.0.0.1"], isAuthority: true });
const trusted = () => [own.der.toString("base64")];

const seen: string[] = [];
afterEach(() => void seen.splice(0));

function post(port: number, path: string, scheme = "http"): Promise<Result<HttpResponse>> {
  const http = createHttpClient(fasterClock(1), rightCalendar, trusted, "board/1.0.0");
  const url = parseUrl(`${scheme}://127.0.0.1:${port}${path}`)!;
  return http({ method: "POST", url, body: '{"mac":"x"}', headers: { "device-id": "aa" }, timeoutMs: 5_000 });
}

/** Sends what is asked for at `/old…` to the location, and takes the rest. */
const service = (location: (port: number) => string, status = 302, isTls = false) => {
  let port = 0;
  const listener = async (
    request: import("node:http").IncomingMessage,
    response: import("node:http").ServerResponse,
  ) => {
    let body = "";
    for await (const piece of request) body += piece;
    seen.push(
      `${request.method} ${request.url} ${request.headers["device-id"]} ${request.headers["user-agent"]} ${body}`,
    );
    if (!request.url?.startsWith("/old")) response.end("here");
    else response.writeHead(status, { location: location(port) }).end("<p>moved</p>");
  };
  const server = isTls
    ? listening(createHttpsServer({ key: keyPem(own), cert: pem(own) }, listener))
    : serveHttp(listener);
  return server.then((found) => (port = found));
};

const answered = (result: Result<HttpResponse>) => (result.ok ? result.value : undefined);

describe("followed, with what was asked", () => {
  test.each([301, 302, 307, 308])("%i to a path", async (status) => {
    const port = await service(() => "/new/", status);
    const value = answered(await post(port, "/old"));
    expect(value).toMatchObject({ status: 200, body: "here" });
    expect(value?.movedTo && formatUrl(value.movedTo)).toBe(`http://127.0.0.1:${port}/new/`);
    expect(seen).toEqual(['POST /old aa board/1.0.0 {"mac":"x"}', 'POST /new/ aa board/1.0.0 {"mac":"x"}']);
  });

  test("to https, and to another port of the same host", async () => {
    const there = await service(() => "", 302, true);
    const here = await service(() => `https://127.0.0.1:${there}/new`);
    const value = answered(await post(here, "/old"));
    expect(value).toMatchObject({ status: 200, movedTo: { tls: true, port: there } });
  });

  test("an address of 2,000 characters", async () => {
    const port = await service(() => `/new?signature=${"s".repeat(2_000)}`);
    expect(answered(await post(port, "/old"))?.status).toBe(200);
  });

  test("three in a row, no more", async () => {
    let count = 0;
    const port = await service(() => `/old${++count}`);
    expect(answered(await post(port, "/old"))).toMatchObject({ status: 302, redirect: { location: "/old4" } });
    expect(seen).toHaveLength(4);
  });
});

describe("not followed, but named", () => {
  test.each([
    ["another host", "https://login.hotel.example/?mac=aa", true],
    ["the same host by another name", "http://localhost/", true],
    ["no address", "gopher://x", true],
    ["a part of it", "/%%%\u007f", false],
  ])("%s", async (_what, location, isElsewhere) => {
    const port = await service(() => location.replace("\u007f", "x"));
    const value = answered(await post(port, "/old"));
    if (isElsewhere) expect(value).toMatchObject({ status: 302, redirect: { location, isElsewhere } });
    else expect(value?.status).toBe(200);
  });

  test("from https to http", async () => {
    const port = await service((own) => `http://127.0.0.1:${own}/new`, 301, true);
    expect(answered(await post(port, "/old", "https"))).toMatchObject({
      status: 301,
      redirect: { isElsewhere: false },
    });
    expect(seen).toHaveLength(1);
  });

  test.each([303, 300, 304])("%i", async (status) => {
    const port = await service(() => "/new", status);
    expect(answered(await post(port, "/old"))?.status).toBe(status);
    expect(seen).toHaveLength(1);
  });
});
