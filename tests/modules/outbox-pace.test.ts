import { describe, expect, test } from "vitest";
import { BACKLOG_BURST, BACKLOG_INTERVAL_MS, WINDOW } from "../../agent/session/outbox/delivery.js";
import "../moddable/support.js";
import { Bench } from "../scripted/outbox.js";
import { ScriptedStore } from "../scripted/store.js";

const bench = () => new Bench(new ScriptedStore());
const numbers = (count: number, from = 0) => Array.from({ length: count }, (_, index) => String(from + index));
/** When each went, from the start of the session. */
const times = ({ session: { sent } }: Bench, startMs: number) => sent.map(({ atMs }) => atMs - startMs);
const paced = (count: number) =>
  Array.from({ length: count }, (_, index) => Math.max(0, index - BACKLOG_BURST + 1) * BACKLOG_INTERVAL_MS);

describe("the rate after an outage", () => {
  test.each([0, 1] as const)(
    "quality %i: so many at once, then one after the other; what is new stays behind",
    (qos) => {
      const one = bench();
      for (const n of numbers(30)) one.add(n, n === "20");
      one.pass(100_000);
      const startMs = one.clock.ticksMs();
      one.attach({ qos });
      for (const n of numbers(5, 30)) one.add(n);
      expect(one.session.payloads).toEqual(numbers(BACKLOG_BURST));
      one.settle();
      expect(one.session.payloads).toEqual(numbers(35));
      expect(times(one, startMs)).toEqual([...paced(30), ...numbers(5).map(() => paced(30).at(-1))]);
    },
  );

  test("holds for what is sent again, too", () => {
    const one = bench();
    one.attach();
    for (const n of numbers(WINDOW + 12)) one.add(n);
    one.lose();
    const startMs = one.clock.ticksMs();
    one.attach({ present: true });
    one.settle();
    expect(times(one, startMs)).toEqual(paced(WINDOW + 12));
  });

  test("the burst fills up while nobody sends, and no further", () => {
    const one = bench();
    for (const n of numbers(40)) one.add(n);
    one.attach({ room: 4 });
    one.pass(1_000_000);
    const startMs = one.clock.ticksMs();
    one.session.room = 100;
    one.attached.drain();
    one.clock.runDue();
    one.settle();
    expect(one.session.payloads).toEqual(numbers(40));
    expect(times(one, startMs).slice(4)).toEqual(paced(36));
  });

  test("delays nothing that is new while the session lasts", () => {
    const one = bench();
    one.attach();
    for (const n of numbers(100)) {
      one.add(n);
      one.acknowledgeAll();
    }
    expect(one.session.payloads).toEqual(numbers(100));
    expect(one.clock.ticksMs()).toBe(0);
  });
});

describe("timers", () => {
  const isQuiet = ({ clock }: Bench) => !clock.step();

  test.each([0, 1] as const)("quality %i: none is left after the session, whatever waited", (qos) => {
    const one = bench();
    for (const n of numbers(30)) one.add(n, n === "2");
    one.attach({ qos });
    one.lose();
    expect(isQuiet(one)).toBe(true);
    expect(one.session.payloads).toHaveLength(BACKLOG_BURST);
    for (const call of [() => one.attached.drain(), () => one.attached.onAcknowledged(2)]) call();
    one.clock.runDue();
    expect([isQuiet(one), one.session.payloads.length]).toEqual([true, BACKLOG_BURST]);
  });

  test("one at a time, however often there is something to do; none where nothing waits", () => {
    const one = bench();
    const pending = new Set<object>();
    let most = 0;
    const { clock } = one;
    const after = clock.after.bind(clock);
    const cancel = clock.cancel.bind(clock);
    clock.after = <T>(delayMs: number, task: (target: T) => void, target?: T) => {
      const timer = after(delayMs, () => {
        pending.delete(timer);
        task(target as T);
      });
      pending.add(timer);
      most = Math.max(most, pending.size);
      return timer;
    };
    clock.cancel = (timer) => {
      pending.delete(timer!);
      cancel(timer);
    };
    for (const n of numbers(30)) one.add(n);
    one.attach();
    for (const n of numbers(20, 30)) one.add(n, n > "40");
    for (let count = 0; count < 20; count++) one.attached.drain();
    one.acknowledgeAll();
    expect([most, pending.size]).toEqual([1, 1]);
    while (one.clock.step()) one.acknowledgeAll();
    expect([most, one.outbox.stats.queued]).toEqual([1, 0]);
  });

  test("an attachment ends the one before it", () => {
    const one = bench();
    for (const n of numbers(30)) one.add(n);
    const before = one.attach();
    const { attached } = one;
    one.attach();
    const count = before.sent.length;
    attached.onAcknowledged(2);
    one.settle();
    one.add("30");
    expect(before.sent).toHaveLength(count);
    expect(one.session.payloads).toEqual(numbers(31));
  });

  test("notes may themselves be published", () => {
    const clock = bench().clock;
    const one = new Bench(new ScriptedStore());
    const { outbox } = one;
    one.notes.push = (...texts) => {
      for (const text of texts) outbox.add({ topic: "status", payload: text, durable: false });
      return 0;
    };
    for (const n of numbers(3)) one.add(n, false, "missing");
    one.add("3");
    one.attach();
    expect(one.session.payloads).toEqual(["3", expect.stringContaining("missing")]);
    one.acknowledgeAll();
    expect([clock.step(), isQuiet(one), one.outbox.stats.queued]).toEqual([false, true, 0]);
  });
});
