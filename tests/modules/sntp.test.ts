import { createSocket, type Socket } from "node:dgram";
import { afterEach, describe, expect, test } from "vitest";
import type { Clock } from "../../modules/clock/clock.js";
import { type CalendarParts, SetCalendar } from "../../modules/clock/set.js";
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

describe("the calendar", () => {
  const FLOOR_MS = Date.UTC(2026, 10, 1);
  const SILENCE_MS = 5 * 60_000;
  type Answers = Readonly<Record<string, number | undefined>>;

  function callable(parts: CalendarParts) {
    const calendar = new SetCalendar(parts);
    return {
      ensure: () => calendar.ensure(),
      doubt: () => calendar.doubt(),
      suggest: (nowMs: number) => calendar.suggest(nowMs),
    };
  }

  /** Servers that answer with what `answers` says when they are asked, or not at all. */
  function calendar(answers: Answers, nowMs = 0) {
    const asked: string[] = [];
    const set: number[] = [];
    const state = { answers, ticksMs: 0 };
    const clock: Clock = { ...fasterClock(1), nowMs: () => set.at(-1) ?? nowMs, ticksMs: () => state.ticksMs };
    const askServer = (server: string) => {
      asked.push(server);
      return Promise.resolve(state.answers[server]);
    };
    const calendar = callable({
      ...{ clock, floorMs: FLOOR_MS, servers: ["a", "b", "c"], askTime: askServer },
      set: (time: number) => set.push(time),
    });
    return { ...calendar, asked, set, state };
  }

  test("is set once, by the first server that answers, for all that wait", async () => {
    const { ensure, asked, set } = calendar({ b: NOW_MS });
    await Promise.all([ensure(), ensure()]);
    await ensure();
    expect([asked, set]).toEqual([["a", "b", "c"], [NOW_MS]]);
  });

  test("does not wait for servers that are silent", async () => {
    const set: number[] = [];
    const { ensure } = callable({
      ...{ clock: fasterClock(1), floorMs: FLOOR_MS, servers: ["silent", "b"] },
      askTime: (server) => (server === "b" ? Promise.resolve(NOW_MS) : new Promise<undefined>(() => {})),
      set: (time) => set.push(time),
    });
    await ensure();
    expect(set).toEqual([NOW_MS]);
  });

  test("that a restart has left is a guess: it is asked for, and stays where nobody answers", async () => {
    const left = calendar({}, FLOOR_MS + 1);
    await left.ensure();
    expect([left.asked, left.set]).toEqual([["a", "b", "c"], []]);
    const guessed = calendar({ c: NOW_MS }, FLOOR_MS);
    await guessed.ensure();
    expect(guessed.set).toEqual([NOW_MS]);
  });

  test("is not set before the firmware's own time", async () => {
    const { ensure, set } = calendar({ a: FLOOR_MS - 1 });
    await ensure();
    expect(set).toEqual([FLOOR_MS]);
  });

  test("that nobody tells starts at the floor; requests do not wait again for five minutes", async () => {
    const { ensure, asked, set, state } = calendar({});
    await ensure();
    state.answers = { a: NOW_MS };
    state.ticksMs = SILENCE_MS - 1;
    await ensure();
    expect([asked.length, set]).toEqual([3, [FLOOR_MS]]);
    state.ticksMs = SILENCE_MS;
    await ensure();
    expect([asked.length, set]).toEqual([6, [FLOOR_MS, NOW_MS]]);
  });

  test("in doubt is asked for at once", async () => {
    const { ensure, doubt, set, state } = calendar({});
    await ensure();
    state.answers = { a: NOW_MS };
    doubt();
    await ensure();
    expect(set).toEqual([FLOOR_MS, NOW_MS]);
  });

  test("in doubt is not asked from the server that told it", async () => {
    const wrongMs = Date.UTC(2099, 0);
    const { ensure, doubt, asked, set } = calendar({ a: wrongMs, b: NOW_MS });
    await ensure();
    doubt();
    await ensure();
    expect([asked.slice(3), set]).toEqual([
      ["b", "c"],
      [wrongMs, NOW_MS],
    ]);
  });

  test("that a service tells is asked for all the same, and stays where nobody answers", async () => {
    const { ensure, suggest, asked, set, state } = calendar({});
    suggest(NOW_MS + 1);
    await ensure();
    expect([asked, set]).toEqual([["a", "b", "c"], [NOW_MS + 1]]);
    state.answers = { a: NOW_MS };
    state.ticksMs = SILENCE_MS;
    await ensure();
    expect(set).toEqual([NOW_MS + 1, NOW_MS]);
    await ensure();
    expect(asked).toHaveLength(6);
  });

  test("that a service tells takes a guess's or another service's place, not a time server's", async () => {
    const told = calendar({ a: NOW_MS });
    await told.ensure();
    told.suggest(NOW_MS + 60_000);
    expect(told.set).toEqual([NOW_MS]);
    const suggested = calendar({});
    suggested.suggest(Date.UTC(2099, 0));
    suggested.suggest(NOW_MS + 60_000);
    expect(suggested.set).toEqual([Date.UTC(2099, 0), NOW_MS + 60_000]);
  });

  test("that a time server told and that is in doubt may be a service's", async () => {
    const { ensure, doubt, suggest, set, state } = calendar({ a: Date.UTC(2099, 0) });
    await ensure();
    doubt();
    state.answers = {};
    suggest(NOW_MS);
    await ensure();
    expect(set).toEqual([Date.UTC(2099, 0), NOW_MS]);
  });

  test("that a service tells ends what the floor was for", async () => {
    const { ensure, suggest, asked, set } = calendar({});
    await ensure();
    suggest(NOW_MS);
    await ensure();
    expect([asked.length, set]).toEqual([3, [FLOOR_MS, NOW_MS]]);
  });

  test("that a service told is asked for once it is in doubt, and a time server wins", async () => {
    const { ensure, doubt, suggest, asked, set } = calendar({ b: NOW_MS });
    suggest(Date.UTC(2099, 0));
    doubt();
    await ensure();
    suggest(Date.UTC(2099, 0));
    expect([asked, set]).toEqual([
      ["a", "b", "c"],
      [Date.UTC(2099, 0), NOW_MS],
    ]);
  });

  test.each([FLOOR_MS - 1, 0, -1, Date.UTC(2100, 0), 1e300, Number.POSITIVE_INFINITY, Number.NaN])(
    "is not %d, whoever tells it",
    async (nonsense) => {
      const { ensure, suggest, set } = calendar({ a: NOW_MS });
      suggest(nonsense);
      expect(set).toEqual([]);
      await ensure();
      expect(set).toEqual([NOW_MS]);
    },
  );

  test("of a single server can only be asked there", async () => {
    const asked: string[] = [];
    const { ensure, doubt } = callable({
      ...{ clock: fasterClock(1), floorMs: FLOOR_MS, servers: ["only"], set() {} },
      askTime: (server) => Promise.resolve(asked.push(server) && NOW_MS),
    });
    await ensure();
    doubt();
    await ensure();
    expect(asked).toEqual(["only", "only"]);
  });
});
