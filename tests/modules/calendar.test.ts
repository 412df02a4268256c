import { describe, expect, test, vi } from "vitest";
import { host } from "../../mocks/moddable/host.js";
import { link } from "../../mocks/moddable/link.js";
import { Radio } from "../../mocks/moddable/radio.js";
import UDP from "../../mocks/moddable/socket/udp.js";
import type { Clock } from "../../modules/clock/clock.js";
import { timeServersOfNetwork } from "../../modules/clock/dhcp-adapter.js";
import { type CalendarParts, SetCalendar } from "../../modules/clock/set.js";
import { createCalendar } from "../../modules/clock/sntp-adapter.js";
import { until } from "../moddable/support.js";
import { fasterClock } from "./net-support.js";

const NOW_MS = Date.UTC(2026, 10, 22, 12, 0, 0, 250);

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
      prove: (nowMs: number) => calendar.prove(nowMs),
      allows: (fromMs: number, untilMs: number) => fromMs <= calendar.latestMs && calendar.earliestMs <= untilMs,
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

  test("that nobody told is evidence of what has ended before its floor, and of nothing else", async () => {
    const { ensure, allows, suggest, state, doubt } = calendar({});
    await ensure();
    const later = [FLOOR_MS + 1, FLOOR_MS + 2] as const;
    expect([allows(...later), allows(0, FLOOR_MS), allows(0, FLOOR_MS - 1)]).toEqual([true, true, false]);
    suggest(NOW_MS);
    expect(allows(...later)).toBe(true);
    state.answers = { a: NOW_MS };
    doubt();
    await ensure();
    expect([allows(...later), allows(0, NOW_MS), allows(NOW_MS, NOW_MS), allows(NOW_MS + 1, NOW_MS + 2)]).toEqual([
      ...[false, true, true, false],
    ]);
  });

  test("has a server's word for its floor once that has proven who it is; a time server may still say less", async () => {
    const { ensure, allows, prove, suggest, set, state } = calendar({});
    prove(NOW_MS);
    suggest(NOW_MS - 1);
    prove(NOW_MS - 1);
    prove(Number.NaN);
    prove(Date.UTC(2100, 0));
    expect([set, allows(0, NOW_MS - 1), allows(0, NOW_MS)]).toEqual([[NOW_MS], false, true]);
    prove(NOW_MS + 1_000);
    state.answers = { a: FLOOR_MS };
    await ensure();
    prove(NOW_MS + 2_000);
    expect(set).toEqual([NOW_MS, NOW_MS + 1_000, FLOOR_MS]);
  });

  test("is asked of the network's own servers, too, before others", async () => {
    const radio = host.radio;
    host.radio = new Radio({ networks: [{ ssid: "office", timeServers: ["192.0.2.1", "127.0.0.1"] }] });
    try {
      host.radio.mode = 1;
      host.radio.join("office", "");
      await until(() => host.radio.network !== undefined);
      expect(timeServersOfNetwork()).toEqual(["192.0.2.1", "127.0.0.1"]);
      const asked: string[] = [];
      vi.spyOn(UDP.prototype, "write").mockImplementation((_packet, address) => void asked.push(address));
      await createCalendar(fasterClock(100), Math.random, { timeServers: ["192.0.2.9"] }).ensure();
      expect(asked).toEqual(["192.0.2.1", "127.0.0.1", "192.0.2.9"]);
    } finally {
      vi.restoreAllMocks();
      host.radio = radio;
      link.up = true;
    }
  });

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
