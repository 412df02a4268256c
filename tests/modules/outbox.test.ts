import { describe, expect, test } from "vitest";
import { MIN_PROOF_MS, WINDOW } from "../../agent/session/outbox/delivery.js";
import { MAX_READING_BYTES, MAX_READINGS } from "../../agent/session/outbox/queue.js";
import { host } from "../../mocks/moddable/host.js";
import { Nvs } from "../../mocks/moddable/nvs.js";
import { MAX_PAYLOAD_BYTES } from "../../modules/mqtt/mqtt.js";
import { NvsStore } from "../../modules/storage/adapter.js";
import "../moddable/support.js";
import { Bench, KEEP_ALIVE_MS } from "../scripted/outbox.js";
import { ScriptedStore } from "../scripted/store.js";
import { storedSuite } from "./outbox-stored.js";

storedSuite("a store of the script", () => {
  const entries = new Map<string, string>();
  return { boot: () => new ScriptedStore(entries), keys: () => [...entries.keys()] };
});

storedSuite("the adapter of NVS", () => {
  let image: Uint8Array | undefined;
  return {
    boot() {
      host.nvs = new Nvs({
        ...(image && { image }),
        commit(written) {
          image = written.slice();
        },
      });
      return new NvsStore("outbox");
    },
    keys: () => host.nvs.keys("outbox"),
  };
});

const bench = () => new Bench(new ScriptedStore());
const numbers = (count: number, from = 0) => Array.from({ length: count }, (_, index) => String(from + index));
const idsOf = ({ session }: Bench) => session.sent.map(({ packetId }) => packetId);

describe("readings", () => {
  test("are sent in the order in which both kinds were accepted, with a session and without", () => {
    const one = bench();
    for (const n of numbers(6)) one.add(n, n === "1" || n === "4");
    one.attach();
    for (const n of numbers(6, 6)) one.add(n, n === "7");
    one.settle();
    expect(one.session.payloads).toEqual(numbers(12));
    expect(one.outbox.stats).toEqual({ queued: 0, stored: 0, dropped: 0, sent: 12 });
  });

  test("of too many the oldest falls off and is counted; what is durable never does", () => {
    const one = bench();
    for (const n of numbers(3)) one.add(n, true);
    for (const n of numbers(MAX_READINGS, 3)) one.add(n);
    expect(one.outbox.stats.dropped).toBe(0);
    for (const n of numbers(5, MAX_READINGS + 3)) expect(one.add(n)).toBe(true);
    expect(one.outbox.stats).toEqual({ queued: MAX_READINGS + 3, stored: 3, dropped: 5, sent: 0 });
    one.attach();
    one.settle();
    expect(one.session.payloads).toEqual([...numbers(3), ...numbers(MAX_READINGS, 8)]);
  });

  test("fall off before an answer to a command does, which somebody waits for, in number and in bytes", () => {
    const one = bench();
    for (const n of numbers(3)) one.add(n, false, "status");
    for (const n of numbers(MAX_READINGS + 5, 3)) one.add(n);
    expect(one.outbox.stats).toMatchObject({ queued: MAX_READINGS, dropped: 8 });
    const [large, readings] = ["x".repeat(MAX_PAYLOAD_BYTES), Math.floor(MAX_READING_BYTES / MAX_PAYLOAD_BYTES)];
    for (let count = 0; count < 2 * readings; count++) one.add(large);
    one.attach();
    one.settle();
    expect(one.session.payloads.slice(0, 3)).toEqual(numbers(3));
    expect(one.session.payloads.filter((payload) => payload === large)).toHaveLength(readings);
  });

  test("and where there are nothing but answers the oldest of these falls off", () => {
    const one = bench();
    for (const n of numbers(MAX_READINGS + 2)) one.add(n, false, "status");
    one.add("reading");
    one.add("one more");
    one.attach();
    one.settle();
    expect(one.session.payloads).toEqual([...numbers(MAX_READINGS - 1, 3), "one more"]);
  });

  test.each([
    ["ASCII", "x".repeat(MAX_PAYLOAD_BYTES)],
    ["what has two bytes a character", "é".repeat(MAX_PAYLOAD_BYTES / 2)],
  ])("are bounded in bytes: %s", (_label, payload) => {
    const one = bench();
    const fit = Math.floor(MAX_READING_BYTES / MAX_PAYLOAD_BYTES);
    for (let count = 0; count < fit; count++) one.add(payload);
    expect(one.outbox.stats).toMatchObject({ queued: fit, dropped: 0 });
    one.add("y".repeat(MAX_READING_BYTES % MAX_PAYLOAD_BYTES));
    expect(one.outbox.stats).toMatchObject({ queued: fit + 1, dropped: 0 });
    one.add("z");
    expect(one.outbox.stats).toMatchObject({ queued: fit + 1, dropped: 1 });
    one.attach();
    one.settle();
    // And the bytes of what is sent are free again.
    for (let count = 0; count < fit; count++) one.add(payload);
    expect(one.outbox.stats).toMatchObject({ dropped: 1 });
  });

  test("on their way do not fall off", () => {
    const one = bench();
    one.attach();
    const large = numbers(WINDOW).map((n) => n.padEnd(MAX_PAYLOAD_BYTES));
    for (const payload of large) one.add(payload);
    for (let count = 0; count < 100; count++) one.add("y".padEnd(MAX_PAYLOAD_BYTES));
    one.lose();
    one.attach({ present: true });
    expect(one.session.payloads).toEqual(large);
    one.settle();
    expect(one.outbox.stats).toEqual({ queued: 0, stored: 0, dropped: 98, sent: WINDOW + 2 });
  });

  test.each([["x".repeat(MAX_PAYLOAD_BYTES + 1)], ["é".repeat(MAX_PAYLOAD_BYTES / 2 + 1)], ["x".repeat(100_000)]])(
    "that no packet carries are refused, and harm nothing",
    (payload) => {
      const one = bench();
      one.add("0");
      for (const durable of [false, true])
        expect(one.outbox.add({ topic: "data", payload, durable })).toMatchObject({
          failure: { reason: "message-too-large" },
        });
      one.attach();
      one.settle();
      expect([one.session.payloads, one.outbox.stats.dropped]).toEqual([["0"], 0]);
    },
  );
});

describe("quality 1", () => {
  test("so many are in flight as the window has; an acknowledgement, in any order, lets the next one go", () => {
    const one = bench();
    one.attach();
    for (const n of numbers(20)) one.add(n);
    expect(one.session.payloads).toEqual(numbers(WINDOW));
    one.session.acknowledge(5, one.attached);
    expect(one.session.payloads).toEqual(numbers(WINDOW + 1));
    for (const unknown of [0, 5, 777]) one.attached.onAcknowledged(unknown);
    expect(one.session.payloads).toEqual(numbers(WINDOW + 1));
    one.settle();
    expect(one.session.payloads).toEqual(numbers(20));
  });

  test("the broker kept the session: what was not acknowledged comes first, in order, with DUP and its packet id", () => {
    const one = bench();
    one.attach();
    for (const n of numbers(12)) one.add(n, n === "2");
    for (const id of [2, 5]) one.session.acknowledge(id, one.attached);
    const expected = one.session.sent.filter(({ packetId }) => packetId !== 2 && packetId !== 5);
    one.lose();
    one.add("12");
    one.attach({ present: true });
    const again = one.session.sent.slice(0, WINDOW);
    expect(again.map(({ payload, packetId, duplicate }) => [payload, packetId, duplicate])).toEqual(
      expected.map(({ payload, packetId }) => [payload, packetId, true]),
    );
    one.settle();
    expect(one.session.payloads.slice(WINDOW)).toEqual(numbers(3, 10));
    expect(one.session.sent.slice(WINDOW).every(({ duplicate }) => !duplicate)).toBe(true);
    expect(one.outbox.stats).toMatchObject({ queued: 0, stored: 0, sent: 13 });
  });

  test("the broker did not: they come first, in order, as new messages", () => {
    const one = bench();
    one.attach();
    for (const n of numbers(12)) one.add(n, n === "2");
    for (const id of [2, 5]) one.session.acknowledge(id, one.attached);
    one.lose();
    one.attach();
    one.settle();
    expect(one.session.payloads).toEqual(["1", "2", ...numbers(8, 4)]);
    expect(one.session.sent.some(({ duplicate }) => duplicate)).toBe(false);
    expect(Math.min(...idsOf(one))).toBeGreaterThan(100);
  });

  test("an acknowledgement of what is not sent again yet is another message's", () => {
    const one = bench();
    one.attach();
    for (const n of numbers(3)) one.add(n, true);
    one.lose();
    one.attach({ present: true, room: 1 });
    expect(one.session.payloads).toEqual(["0"]);
    for (const id of [3, 4]) one.attached.onAcknowledged(id);
    expect(one.outbox.stats.queued).toBe(3);
    one.acknowledgeAll();
    expect(one.outbox.stats.queued).toBe(2);
    one.session.room = 10;
    one.attached.drain();
    one.clock.runDue();
    expect(one.session.payloads).toEqual(numbers(3));
  });

  test("acknowledgements count until the session is detached, also after it is over; then no more", () => {
    const one = bench();
    one.attach();
    for (const n of numbers(3)) one.add(n);
    one.session.close();
    one.session.acknowledge(2, one.attached);
    one.lose();
    one.session.acknowledge(3, one.attached);
    one.attached.drain();
    one.clock.runDue();
    one.attach({ present: true });
    expect(one.session.payloads).toEqual(["1", "2"]);
  });

  test("what finds no room waits for it", () => {
    const one = bench();
    one.attach({ room: 2 });
    for (const n of numbers(5)) one.add(n);
    expect(one.session.payloads).toEqual(numbers(2));
    one.session.room = 2;
    one.attached.drain();
    one.clock.runDue();
    expect(one.session.payloads).toEqual(numbers(4));
    one.session.room = 2;
    one.attached.drain();
    one.clock.runDue();
    expect(one.session.payloads).toEqual(numbers(5));
  });
});

describe("quality 0", () => {
  test("a reading is sent when it has left", () => {
    const one = bench();
    one.attach({ qos: 0 });
    for (const n of numbers(20)) one.add(n);
    expect(one.session.sent.map(({ qos, packetId }) => [qos, packetId])).toEqual(numbers(20).map(() => [0, 0]));
    expect(one.outbox.stats).toEqual({ queued: 0, stored: 0, dropped: 0, sent: 20 });
    one.lose();
    one.attach({ qos: 0 });
    expect(one.session.payloads).toEqual([]);
  });

  test.each([
    [KEEP_ALIVE_MS, 2.5 * KEEP_ALIVE_MS],
    [0, MIN_PROOF_MS],
  ])("what is durable goes again unless the session lasts (keep-alive %i)", (keepAliveMs, proofMs) => {
    const one = bench();
    one.add("0", true);
    one.attach({ qos: 0, keepAliveMs });
    one.pass(proofMs / 2);
    one.add("1", true);
    one.pass(proofMs / 2);
    expect(one.outbox.stats).toEqual({ queued: 1, stored: 1, dropped: 0, sent: 1 });
    one.pass(proofMs / 2 - 1);
    one.lose();
    one.add("2");
    one.attach({ qos: 0, present: true, keepAliveMs });
    expect(one.session.payloads).toEqual(["1", "2"]);
    one.pass(proofMs);
    expect(one.outbox.stats).toEqual({ queued: 0, stored: 0, dropped: 0, sent: 3 });
  });

  test("there is no window: nobody acknowledges", () => {
    const one = bench();
    one.attach({ qos: 0 });
    for (const n of numbers(WINDOW + 4)) one.add(n, true);
    expect(one.session.payloads).toEqual(numbers(WINDOW + 4));
  });

  test.each([
    [0, 1],
    [1, 0],
  ] as const)("what was sent with quality %i and not confirmed is new to a broker of quality %i", (before, after) => {
    const one = bench();
    one.attach({ qos: before });
    one.add("0", true);
    one.lose();
    one.attach({ qos: after, present: true });
    expect(one.session.sent).toMatchObject([{ payload: "0", qos: after, duplicate: false }]);
  });
});
