import { describe, expect, test } from "vitest";
import { get, post, reply, serveEach, servers } from "./http-server-support.js";
import { faults } from "./net-support.js";

describe.each(servers)("over the %s's server", (_name, createHttpServer) => {
  const served = serveEach(createHttpServer);
  const { seen, talk } = served;

  describe("a request", () => {
    test("is handed over, and its reply sent with a length on a connection that ends", async () => {
      served.handle = () => reply("Möwe", { "content-type": "text/html", "x-other": "1" });
      const { received } = await talk(get("/a?b=c")).ended;
      const headers = new Map([["host", "192.168.4.1"]]);
      expect(seen).toEqual([{ method: "GET", path: "/a?b=c", host: "192.168.4.1", headers, body: "" }]);
      expect(received).toMatch(/^HTTP\/1\.1 200 /);
      expect(received.toLowerCase()).toContain("content-length: 5\r\n");
      expect(received.toLowerCase()).toContain("connection: close\r\n");
      expect(received).toContain("x-other: 1\r\n");
      expect(received.split("\r\n\r\n")[1]).toBe("Möwe");
    });

    test("byte by byte", async () => {
      const { received } = await talk(...post("a=1")).ended;
      expect(seen).toMatchObject([{ method: "POST", body: "a=1" }]);
      expect(received).toContain("page");
    });

    test.each([2, 3, 7, 100])("with a body in pieces of %i", async (size) => {
      const body = "0123456789".repeat(size < 7 ? 3 : 60);
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
      await talk(withBody(...Buffer.from("ssid=Möwe\0"))).ended;
      expect(seen).toMatchObject([{ body: "ssid=Möwe\0" }]);
    });

    test("with a body that is no UTF-8 is refused, not handled", async () => {
      const { received } = await talk(withBody(0x61, 0xff, 0)).ended;
      expect(received).toMatch(/^HTTP\/1\.1 400 /);
      expect(seen).toEqual([]);
    });
  });

  describe("as the systems' probes spell it", () => {
    test.each([
      ["HTTP/1.0", "GET /hotspot-detect.html HTTP/1.0\r\nHost: captive.apple.com\r\nConnection: close\r\n\r\n"],
      ["small letters", "GET /hotspot-detect.html HTTP/1.1\r\nhost: captive.apple.com\r\n\r\n"],
      ["capitals", "GET /hotspot-detect.html HTTP/1.1\r\nHOST:captive.apple.com\r\n\r\n"],
      ["spaces around", "GET /hotspot-detect.html HTTP/1.1\r\nHost:   captive.apple.com  \r\n\r\n"],
      ["a proxy's form", "GET http://captive.apple.com/hotspot-detect.html HTTP/1.1\r\nHost: proxy\r\n\r\n"],
      ["a proxy's form in HTTP/1.0", "GET HTTP://captive.apple.com/hotspot-detect.html HTTP/1.0\r\n\r\n"],
      ["an empty line before", "\r\nGET /hotspot-detect.html HTTP/1.0\r\nHost: captive.apple.com\r\n\r\n"],
    ])("%s", async (_label, text) => {
      for (const pieces of [[text], [...text]]) {
        seen.length = 0;
        const { received } = await talk(...pieces).ended;
        expect(seen).toMatchObject([{ method: "GET", path: "/hotspot-detect.html", host: "captive.apple.com" }]);
        expect(received).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
        expect(received).toMatch(/\r\n\r\npage$/);
      }
      expect(faults).toEqual([]);
    });

    test("without a Host", async () => {
      await talk("GET / HTTP/1.0\r\n\r\n").ended;
      expect(seen).toMatchObject([{ host: "", path: "/" }]);
    });

    test("a path that speaks of HTTP/1.0 stays as it is", async () => {
      await talk("GET /HTTP/1.0 HTTP/1.1\r\nX: HTTP/1.0\r\n\r\n").ended;
      expect(seen).toMatchObject([{ path: "/HTTP/1.0" }]);
      expect(seen[0]!.headers.get("x")).toBe("HTTP/1.0");
    });
  });

  describe("a reply", () => {
    test.each([0, 1, 5_000, 40_000])("of %i bytes gets out whole", async (bytes) => {
      served.handle = () => reply("x".repeat(bytes));
      const { received } = await talk(get()).ended;
      expect(received.split("\r\n\r\n")[1]).toHaveLength(bytes);
      expect(received).toContain(`content-length: ${bytes}\r\n`);
    });

    test.each([
      ["none", []],
      ["empty ones", [0, 0]],
      ["one", [3_000]],
      ["many, some of them empty", [1, 0, 5_744, 2, 0, 30_000, 1, 0]],
      ["some with two hundred bytes", new Array(40).fill(200)],
    ])("in parts: %s", async (_label, sizes) => {
      const parts = sizes.map((size, index) => new Uint8Array(size).fill(97 + (index % 26)));
      served.handle = () => reply(parts);
      const { received, afterMs } = await talk(get()).ended;
      expect(received.split("\r\n\r\n")[1]).toBe(Buffer.concat(parts).toString());
      expect(afterMs).toBeLessThan(500);
      expect(faults).toEqual([]);
    });

    test("in parts that are views of something larger, which stay as they are", async () => {
      const page = new TextEncoder().encode("0123456789");
      served.handle = () => reply([page.subarray(2, 4), page.subarray(8)]);
      const { received } = await talk(get()).ended;
      expect(received).toMatch(/content-length: 4\r\n(.+\r\n)*\r\n2389$/);
      expect(new TextDecoder().decode(page)).toBe("0123456789");
    });

    test("to HEAD is its head alone, with the length that GET has", async () => {
      served.handle = () => reply("x".repeat(700), { "x-other": "1" });
      const { received } = await talk(get().replace("GET", "HEAD")).ended;
      expect(received).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
      expect(received).toMatch(/\r\ncontent-length: 700\r\n\r\n$/i);
      expect(received).toContain("x-other: 1\r\n");
      expect(faults).toEqual([]);
    });

    test("without content has no length", async () => {
      served.handle = () => ({ status: 204, headers: { "x-other": "1" }, body: "" });
      for (const text of [get(), get().replace("GET", "HEAD"), get().replace("/1.1", "/1.0")]) {
        const { received } = await talk(text).ended;
        expect(received).toBe("HTTP/1.1 204 No Content\r\nx-other: 1\r\nconnection: close\r\n\r\n");
      }
      expect(faults).toEqual([]);
    });
  });

  test("an exception in the handler ends that connection only", async () => {
    served.handle = () => {
      throw new Error("handler");
    };
    const { received } = await talk(get()).ended;
    expect(received).toBe("");
    await expect.poll(() => faults.join("")).toContain("handler");
  });
});
