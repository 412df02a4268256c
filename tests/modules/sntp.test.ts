import { createSocket, type Socket } from "node:dgram";
import { afterEach, describe, expect, test } from "vitest";
import { decodeAnswer, encodeRequest } from "../../modules/clock/sntp.js";
import { askTime } from "../../modules/clock/sntp-adapter.js";
import { fasterClock } from "./net-support.js";

const NOW_MS = Date.UTC(2026, 10, 22, 12, 0, 0, 250);

/** What a server of stratum 2 answers at that time. */
function answerTo(request: Uint8Array, nowMs = NOW_MS): Buffer {
  const answer = Buffer.alloc(48);
  answer[0] = 0x24;
  answer[1] = 2;
  answer.set(request.subarray(40, 48), 24);
  const seconds = Math.floor(nowMs / 1000) + 2_208_988_800;
  for (const position of [32, 40]) {
    answer.writeUInt32BE(seconds % 2 ** 32, position);
    answer.writeUInt32BE(Math.floor(((nowMs % 1000) / 1000) * 2 ** 32), position + 4);
  }
  return answer;
}

describe("a packet", () => {
  const request = encodeRequest(Math.random);

  test("asks as a client of version 4, with a number that repeats nothing", () => {
    expect([request.length, request[0]]).toEqual([48, 0x23]);
    expect(encodeRequest(Math.random)).not.toEqual(request);
    expect([...encodeRequest(() => 0.999_999_999).subarray(40)]).toEqual(Array(8).fill(255));
  });

  test.each([NOW_MS, Date.UTC(2036, 1, 7, 6, 28, 15), Date.UTC(2036, 1, 7, 6, 28, 17), Date.UTC(2090, 0)])(
    "tells the time %i, in the first era and in the second",
    (nowMs) => {
      expect(decodeAnswer(answerTo(request, nowMs), request)).toBe(nowMs);
    },
  );

  test.each<[string, (answer: Buffer) => Uint8Array]>([
    ["is too short", (answer) => answer.subarray(0, 47)],
    ["is empty", () => new Uint8Array()],
    ["answers another request", (answer) => answer.fill(1, 24, 25)],
    ["is a request itself", (answer) => answer.fill(0x23, 0, 1)],
    ["comes from a server without a time", (answer) => answer.fill(0xe4, 0, 1)],
    ["is a kiss of death", (answer) => answer.fill(0, 1, 2)],
    ["comes from stratum 16", (answer) => answer.fill(16, 1, 2)],
    ["has no time in it", (answer) => answer.fill(0, 40, 48)],
  ])("that %s is not taken", (_name, change) => {
    expect(decodeAnswer(change(answerTo(request)), request)).toBeUndefined();
  });
});

describe("over UDP", () => {
  const sockets: Socket[] = [];
  afterEach(() => {
    for (const socket of sockets.splice(0)) socket.close();
  });

  async function serve(replies: (request: Uint8Array) => Uint8Array[]): Promise<number> {
    const socket = createSocket("udp4");
    sockets.push(socket);
    socket.on("message", (request, { port, address }) => {
      for (const reply of replies(request)) socket.send(reply, port, address);
    });
    await new Promise<void>((done) => socket.bind(0, "127.0.0.1", done));
    return socket.address().port;
  }

  test("the first answer that is one counts", async () => {
    const port = await serve((request) => [Buffer.from("?"), answerTo(new Uint8Array(48)), answerTo(request)]);
    expect(await askTime(fasterClock(1), Math.random, "127.0.0.1", port)).toBe(NOW_MS);
  });

  test("no answer ends in time, and so do a name that is not known and a server that lies", async () => {
    const silent = await serve(() => []);
    const liar = await serve(() => [answerTo(new Uint8Array(48))]);
    const clock = fasterClock(20);
    expect(await askTime(clock, Math.random, "127.0.0.1", silent)).toBeUndefined();
    expect(await askTime(clock, Math.random, "127.0.0.1", liar)).toBeUndefined();
    expect(await askTime(fasterClock(1), Math.random, "nothing.invalid")).toBeUndefined();
  });
});
