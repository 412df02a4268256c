import { expect, test } from "vitest";
import "../moddable/support.js";
import { Bench, TOPICS } from "../scripted/outbox.js";
import { ScriptedStore } from "../scripted/store.js";

const bench = () => new Bench(new ScriptedStore());
const numbers = (count: number, from = 0) => Array.from({ length: count }, (_, index) => String(from + index));

test("topics are those of the credentials when a message is sent", () => {
  const one = bench();
  one.add("0");
  one.attach({ topics: { data: "moved/data" } });
  expect(one.session.sent).toMatchObject([{ topic: "moved/data" }]);
});

test.each(["event", "constructor", "__proto__"])(
  "%s is missing: readings are dropped, what is durable waits, nobody is held up",
  (name) => {
    const one = bench();
    for (const n of numbers(2)) one.add(n, false, name);
    for (const n of numbers(2, 2)) one.add(n, true, name);
    one.add("4");
    one.attach();
    one.add("5", false, name);
    one.add("6", true);
    one.settle();
    expect(one.session.payloads).toEqual(["4", "6"]);
    expect(one.outbox.stats).toEqual({ queued: 2, stored: 2, dropped: 3, sent: 2 });
    expect(one.notes).toEqual([`outbox: the credentials have no topic "${name}": readings for it are dropped`]);
    one.lose();
    one.attach({ topics: Object.fromEntries([...Object.entries(TOPICS), [name, "events"]]) });
    expect(one.session.sent.map(({ topic, payload }) => `${topic} ${payload}`)).toEqual(["events 2", "events 3"]);
    one.lose();
    // On their way, and the topic is gone again.
    one.attach({ present: true });
    one.settle();
    expect([one.session.payloads, one.outbox.stats.queued]).toEqual([[], 2]);
  },
);

test("topics come with new credentials: what has waited for one is older than what was sent meanwhile", () => {
  const one = bench();
  for (const n of numbers(3)) one.add(n, true, n === "0" ? "event" : "data");
  one.attach();
  one.lose();
  one.attach({ topics: { ...TOPICS, event: "events" } });
  expect(one.session.payloads).toEqual(numbers(3));
});

test("a topic too long for a packet: the message is dropped, told of, and its slot is free", () => {
  const store = new ScriptedStore();
  const one = new Bench(store);
  one.add("0", true);
  one.add("1");
  one.add("2", false, "status");
  one.attach({ topics: { ...TOPICS, data: "t".repeat(1_400) } });
  expect(one.session.payloads).toEqual(["2"]);
  expect(one.outbox.stats).toMatchObject({ stored: 0, dropped: 2 });
  expect(one.notes[0]).toBe("outbox: message 1 for data is too large for a packet");
  expect(store.entries.size).toBe(0);
});

test("a topic that is too long when a message is sent again: the message is dropped, the others go", () => {
  const one = bench();
  one.attach();
  for (const n of numbers(4)) one.add(n, n === "0", n === "3" ? "status" : "data");
  one.lose();
  one.attach({ present: true, topics: { ...TOPICS, data: "t".repeat(1_400) } });
  expect(one.session.payloads).toEqual(["3"]);
  one.acknowledgeAll();
  expect(one.outbox.stats).toEqual({ queued: 0, stored: 0, dropped: 3, sent: 1 });
});
