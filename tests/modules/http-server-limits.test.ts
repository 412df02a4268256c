import { describe, expect, test } from "vitest";
import { pause, until } from "../moddable/support.js";
import { get, post, reply, STEP_MS, serveEach, servers } from "./http-server-support.js";
import { faults } from "./net-support.js";

/** A connection is cut when its time is over, not long after. */
const SOON_MS = STEP_MS + 700;

describe.each(servers)("over the %s's server", (_name, createHttpServer) => {
  const served = serveEach(createHttpServer);
  const { seen, talk } = served;

  describe("ends in an answer or a cut", () => {
    test.each([
      ["HTTP/0.9", "GET /\r\n"],
      ["HTTP/2 with prior knowledge", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
      ["TLS, as a browser tries HTTPS", Uint8Array.of(0x16, 3, 1, 0, 5, 1, 0, 0, 1, 3, 13, 10)],
      ["words", "hello there you\r\n\r\n"],
      ["empty lines", "\r\n\r\n\r\n"],
      ["a header without a colon", "GET / HTTP/1.1\r\nnonsense\r\n\r\n"],
      ["lines without a carriage return", "GET / HTTP/1.1\nHost: a\n\n"],
      ["zeros", new Uint8Array(300)],
      ["zeros in the head", "GET /\0a HTTP/1.1\r\nHost: \0\r\n\0: \0\r\n\r\n"],
      ["a chunk of words", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n"],
      ["a negative chunk", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n-5\r\nabcdefgh\r\n"],
      ["a huge chunk", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffff\r\nabc\r\n"],
      ["a trailer", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: 1\r\n\r\n"],
      ["bytes of all kinds", Uint8Array.from({ length: 256 }, (_, index) => index)],
    ])("%s", async (_label, bytes) => {
      const { afterMs } = await talk(bytes).ended;
      expect(afterMs).toBeLessThan(SOON_MS);
      expect(seen.length).toBeLessThanOrEqual(1);
    });

    test.each([
      ["two requests in one", get("/one") + get("/two")],
      ["an empty line behind the body, as old clients send it", `${post("a=1")}\r\n`],
      ["more than the body", `${post("a=1")}&b=2`],
      ["more than a head may have", get() + "x".repeat(5_000)],
      ["more lines than a head may have", get() + "\r\n".repeat(500)],
      [
        "a nearly full head, chunks, and much more",
        `POST / HTTP/1.1\r\nX: ${"x".repeat(1_900)}\r\nTransfer-Encoding: chunked\r\n\r\n3\r\na=1\r\n0\r\n\r\n${"x\r\n".repeat(1_000)}`,
      ],
    ])("%s: the first is answered, the rest is of no interest", async (_label, text) => {
      const { received } = await talk(text).ended;
      expect(received).toMatch(/\r\n\r\npage$/);
      expect(seen).toHaveLength(1);
      expect(faults).toEqual([]);
    });
  });

  describe("a length in doubt is refused", () => {
    test.each([
      ["words", "Content-Length: many"],
      ["nothing", "Content-Length:"],
      ["negative", "Content-Length: -9"],
      ["with a sign", "Content-Length: +3"],
      ["hexadecimal", "Content-Length: 0x3"],
      ["a list", "Content-Length: 3, 3"],
      ["more digits than there is memory anywhere", `Content-Length: ${"9".repeat(40)}`],
      ["together with chunks", "Content-Length: 3\r\nTransfer-Encoding: chunked"],
      ["another encoding", "Transfer-Encoding: gzip"],
      ["two encodings", "Transfer-Encoding: gzip, chunked"],
    ])("%s", async (_label, header) => {
      for (const body of ["", "abc", "3\r\nabc\r\n0\r\n\r\n"]) {
        const { received, afterMs } = await talk(`POST / HTTP/1.1\r\n${header}\r\n\r\n${body}`).ended;
        expect(received).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
        expect(afterMs).toBeLessThan(150);
      }
      expect([seen, faults]).toEqual([[], []]);
    });

    test("of a repeated length the last counts, and nothing follows it", async () => {
      const { received } = await talk("POST / HTTP/1.1\r\nContent-Length: 9\r\nContent-Length: 2\r\n\r\nab").ended;
      expect(seen).toMatchObject([{ body: "ab" }]);
      expect(received).toContain("page");
    });
  });

  describe("the head", () => {
    const padded = (bytes: number) => {
      const [start, end] = ["GET / HTTP/1.1\r\nX: ", "\r\n\r\n"];
      return start + "x".repeat(bytes - start.length - end.length) + end;
    };

    test("of 2 KiB is taken, one byte more is cut", async () => {
      expect((await talk(padded(2_048)).ended).received).toContain("page");
      const { received, afterMs } = await talk(padded(2_049)).ended;
      expect([received, seen.length]).toEqual(["", 1]);
      expect(afterMs).toBeLessThan(150);
    });

    test("of 64 lines is taken, one more is cut: each would take slots of the heap", async () => {
      const lines = (count: number) => `GET / HTTP/1.1\r\n${"a:\r\n".repeat(count - 2)}\r\n`;
      expect((await talk(lines(64)).ended).received).toContain("page");
      expect((await talk(lines(65)).ended).received).toBe("");
      expect(seen).toHaveLength(1);
    });

    test.each([
      ["header", `GET / HTTP/1.1\r\nX: ${"x".repeat(9_000)}\r\n\r\n`],
      ["path", `GET /${"x".repeat(9_000)} HTTP/1.1\r\n\r\n`],
      ["endless line", "x".repeat(30_000)],
    ])("with a %s that is too long is cut at once", async (_label, bytes) => {
      const { received, afterMs } = await talk(bytes).ended;
      expect([received, seen]).toEqual(["", []]);
      expect(afterMs).toBeLessThan(150);
    });
  });

  describe("the body", () => {
    test("of 8 KiB is taken", async () => {
      await talk(post("x".repeat(8_192))).ended;
      expect(seen.map(({ body }) => body.length)).toEqual([8_192]);
    });

    test.each([8_193, 12_000, 16_384, 16_385, 1_000_000, 999_999_999])(
      "of %i bytes is told to be too large",
      async (bytes) => {
        const head = `POST / HTTP/1.1\r\nContent-Length: ${bytes}\r\n\r\n`;
        const { received, afterMs } = await talk(head, bytes > 16_384 ? "" : "x".repeat(bytes)).ended;
        expect(received).toMatch(/^HTTP\/1\.1 413 /);
        expect(afterMs).toBeLessThan(150);
        expect([seen, faults]).toEqual([[], []]);
      },
    );

    test("in chunks: 12 KiB are told, 30 KiB are cut", async () => {
      const chunked = (chunks: number) =>
        `POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n${`400\r\n${"x".repeat(1_024)}\r\n`.repeat(chunks)}0\r\n\r\n`;
      expect((await talk(chunked(12)).ended).received).toMatch(/^HTTP\/1\.1 413 /);
      const { afterMs } = await talk(chunked(30)).ended;
      expect(afterMs).toBeLessThan(150);
      expect(seen).toEqual([]);
    });

    test("two large ones at a time fit, a third has to come again", async () => {
      const large = post("x".repeat(8_192));
      const two = [0, 1].map(() => talk(large.slice(0, -1)));
      await pause(50);
      expect((await talk(large).ended).received).toMatch(/^HTTP\/1\.1 503 /);
      for (const { socket } of two) socket.write("x");
      for (const { ended } of two) expect((await ended).received).toContain("page");
      expect((await talk(large).ended).received).toContain("page");
      expect(seen).toHaveLength(3);
    });
  });

  describe("a client that is slow", () => {
    test.each([
      ["says nothing", []],
      ["stops in the request line", ["GET / HT"]],
      ["stops in the headers", ["GET / HTTP/1.1\r\nHost: "]],
      ["stops in the body", [post("abcdef").slice(0, -3)]],
    ])("%s: it is cut after its time", async (_label, pieces) => {
      const { received, afterMs } = await talk(...pieces).ended;
      expect(received).toBe("");
      expect(afterMs).toBeGreaterThan(STEP_MS - 20);
      expect(afterMs).toBeLessThan(SOON_MS);
    });

    test("sends a byte now and then: it is cut after its time", async () => {
      const { socket, ended } = talk();
      for (const byte of post("x".repeat(2_000))) {
        if (socket.destroyed) break;
        socket.write(byte);
        await pause(3);
      }
      const { received, afterMs } = await ended;
      expect(received).toBe("");
      expect(afterMs).toBeGreaterThan(STEP_MS - 20);
      expect(afterMs).toBeLessThan(SOON_MS);
    });

    test("and does not read its page is cut, too", async () => {
      served.handle = () => reply("x".repeat(20_000_000));
      const { socket, ended } = talk(get());
      socket.pause();
      await pause(4 * STEP_MS + 500); // the buffers on the way fill up first
      socket.resume();
      const { received } = await ended;
      expect(received.length).toBeLessThan(20_000_000);
    });

    test("but reads on has all the time it needs", async () => {
      served.handle = () => reply("x".repeat(8_000_000));
      const { socket, ended } = talk(get());
      socket.on("data", () => {
        socket.pause();
        setTimeout(() => socket.resume(), 5);
      });
      const { received, afterMs } = await ended;
      expect(received.length).toBeGreaterThan(8_000_000);
      expect(afterMs).toBeGreaterThan(STEP_MS);
    });
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

  test("a client that resets between its request and the reply is no fault", async () => {
    for (let turns = 0; turns < 12; turns += 1) {
      const { socket } = talk();
      await until(() => !socket.connecting);
      socket.write(get());
      for (let turn = 0; turn < turns; turn += 1) await new Promise((done) => setImmediate(done));
      socket.resetAndDestroy();
      await pause(5);
    }
    expect(faults).toEqual([]);
  });

  test("who is not admitted gets no answer, and takes no place", async () => {
    served.admits = (address) => address === "127.0.0.1";
    const others = Array.from({ length: 6 }, () => served.talkFrom("127.0.0.2", get()));
    for (const { received } of await Promise.all(others.map(({ ended }) => ended))) expect(received).toBe("");
    const waiting = Array.from({ length: 3 }, () => talk("GET / HTTP/1.1\r\n"));
    await pause(20);
    expect((await served.talkFrom("127.0.0.2", get()).ended).received).toBe("");
    for (const { socket } of waiting) socket.write("Host: a\r\n\r\n");
    for (const { ended } of waiting) expect((await ended).received).toContain("page");
  });

  describe("more than four connections", () => {
    /** Has asked for the page, all but the last byte of its body. */
    const asking = () => talk(post("abc").slice(0, -1));

    const STRANGER = "127.0.0.2";

    test("the oldest that has not said all of its request makes room", async () => {
      const four = [...Array.from({ length: 3 }, asking), served.talkFrom(STRANGER, post("abc").slice(0, -1))];
      await pause(50);
      expect((await served.talkFrom("127.0.0.3", get()).ended).received).toContain("page");
      for (const { socket } of four.slice(1)) socket.write("c");
      const received = await Promise.all(four.map(({ ended }) => ended.then((end) => end.received)));
      expect(received.map((text) => text.includes("page"))).toEqual([false, true, true, true]);
    });

    test("nobody gets all of them: a fourth of the same client takes the place of its first", async () => {
      const four = Array.from({ length: 4 }, asking);
      await pause(50);
      for (const { socket } of four.slice(1)) socket.write("c");
      const received = await Promise.all(four.map(({ ended }) => ended.then((end) => end.received)));
      expect(received.map((text) => text.includes("page"))).toEqual([false, true, true, true]);
    });

    test("a stranger that says half a request again and again keeps nobody from the page", async () => {
      const flood = setInterval(() => {
        for (let count = 0; count < 4; count++) served.talkFrom(STRANGER, "POST / HTTP/1.1\r\nHost: a\r\n");
      }, 20);
      try {
        for (let page = 0; page < 42; page++) expect((await talk(get()).ended).received).toContain("page");
      } finally {
        clearInterval(flood);
      }
    });

    test("whoever reads his page for long makes room where nobody else does, whatever addresses he has", async () => {
      served.handle = ({ path }) => reply(path === "/slow" ? "x".repeat(60_000_000) : "page");
      const slow = ["127.0.0.2", "127.0.0.2", "127.0.0.3", "127.0.0.4"].map((address) =>
        served.talkFrom(address, get("/slow")),
      );
      for (const { socket } of slow)
        socket.on("data", () => {
          socket.pause();
          setTimeout(() => socket.resume(), 20);
        });
      await pause(3 * STEP_MS);
      for (let page = 0; page < 3; page++)
        expect((await served.talkFrom("127.0.0.5", get()).ended).received).toContain("page");
    });

    test("a place is free again when one of them is gone, however it went", async () => {
      for (let round = 0; round < 3; round++) {
        const four = [...Array.from({ length: 3 }, asking), served.talkFrom(STRANGER, post("abc").slice(0, -1))];
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
});
