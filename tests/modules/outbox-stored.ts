/** What every store has to make of the outbox. Abstract: outbox.test.ts plays it over each of them. */
import { describe, expect, test } from "vitest";
import { MAX_STORED, MessageStore } from "../../agent/session/outbox/message-store.js";
import { MAX_PAYLOAD_BYTES } from "../../modules/mqtt/mqtt.js";
import { checksum } from "../../modules/storage/record.js";
import type { Store } from "../../modules/storage/storage.js";
import { Bench } from "../scripted/outbox.js";

export interface Flash {
  /** The power comes back: what is in flash is there, nothing else. */
  boot(): Store;
  keys(): string[];
}

const numbers = (count: number, from = 0) => Array.from({ length: count }, (_, index) => String(from + index));
const FULL = { ok: false, failure: { reason: "outbox-full" } };

export function storedSuite(name: string, open: () => Flash): void {
  describe(`durable messages over ${name}`, () => {
    test("are in flash when they are accepted, and delivered in order after the power was gone", () => {
      const flash = open();
      const bench = new Bench(flash.boot());
      for (const n of numbers(MAX_STORED)) {
        expect(bench.add(n, true, n === "3" ? "status" : "data")).toBe(true);
        expect(flash.keys()).toHaveLength(Number(n) + 1);
      }
      bench.restart(flash.boot());
      expect(bench.outbox.stats).toEqual({ queued: MAX_STORED, stored: MAX_STORED, dropped: 0, sent: 0 });
      bench.add("reading");
      const session = bench.attach();
      bench.settle();
      expect(session.payloads).toEqual([...numbers(MAX_STORED), "reading"]);
      expect(session.sent[3]).toMatchObject({ topic: "devices/d/status", qos: 1, duplicate: false });
      expect(flash.keys()).toEqual([]);
      expect(bench.outbox.stats).toEqual({ queued: 0, stored: 0, dropped: 0, sent: MAX_STORED + 1 });
      expect(bench.notes).toEqual([]);
    });

    test("stay in order where slots are used again, over restarts", () => {
      const flash = open();
      const bench = new Bench(flash.boot());
      for (const n of numbers(4)) bench.add(n, true);
      bench.attach();
      // The slots of 0 and 2 are free, and the next messages stand in them.
      for (const id of [2, 4]) bench.session.acknowledge(id, bench.attached);
      for (const n of numbers(3, 4)) bench.add(n, true);
      bench.restart(flash.boot());
      for (const n of numbers(3, 7)) bench.add(n, true);
      bench.attach();
      bench.settle();
      expect(bench.session.payloads).toEqual(["1", "3", ...numbers(6, 4)]);
    });

    test("keep what was said, whatever it is", () => {
      const flash = open();
      const bench = new Bench(flash.boot());
      const payloads = ["", "Möwe 😀", '{"a":[1,2.5e-7,"\\u0000"]}', "a\u0000b", ":::", "x".repeat(MAX_PAYLOAD_BYTES)];
      for (const payload of payloads) expect(bench.add(payload, true, "a:1:b")).toBe(true);
      bench.restart(flash.boot());
      bench.attach({ topics: { "a:1:b": "topic" } });
      bench.settle();
      expect(bench.session.payloads).toEqual(payloads);
    });

    test("are deleted when they are acknowledged, not before", () => {
      const flash = open();
      const bench = new Bench(flash.boot());
      for (const n of numbers(3)) bench.add(n, true);
      bench.attach();
      bench.session.acknowledge(3, bench.attached);
      expect(flash.keys()).toHaveLength(2);
      bench.restart(flash.boot());
      bench.attach();
      bench.settle();
      expect(bench.session.sent.map(({ payload, duplicate }) => [payload, duplicate])).toEqual([
        ["0", false],
        ["2", false],
      ]);
    });

    test("are gone where the device is made as it came from the factory", () => {
      const flash = open();
      const store = flash.boot();
      let refuses = false;
      const { get, set } = { get: (key: string) => store.get(key), set: store.set.bind(store) };
      const bench = new Bench({
        ...{ get, set },
        delete(key) {
          if (refuses) throw new Error("nvs erase fail");
          store.delete(key);
        },
      });
      for (const n of numbers(3)) bench.add(n, true);
      bench.attach();
      refuses = true;
      bench.session.acknowledge(3, bench.attached);
      refuses = false;
      expect(flash.keys()).toHaveLength(3);
      expect(new MessageStore(store).erase()).toBe(true);
      expect(flash.keys()).toEqual([]);
      bench.restart(flash.boot());
      expect(bench.outbox.stats.queued).toBe(0);
    });

    test("are refused where all slots are in use; nothing is harmed, and there is room again later", () => {
      const flash = open();
      const bench = new Bench(flash.boot());
      for (const n of numbers(MAX_STORED)) bench.add(n, true);
      bench.add("reading");
      const more = { topic: "data", payload: "one more", durable: true };
      expect(bench.outbox.add(more)).toMatchObject(FULL);
      bench.restart(flash.boot());
      expect(bench.outbox.add(more)).toMatchObject(FULL);
      bench.attach();
      bench.session.acknowledge(2, bench.attached);
      expect(bench.outbox.add(more)).toEqual({ ok: true, value: undefined });
      expect(bench.outbox.add(more)).toMatchObject(FULL);
      bench.settle();
      expect(bench.session.payloads).toEqual([...numbers(MAX_STORED), "one more"]);
      expect(flash.keys()).toEqual([]);
    });

    test("of the largest size fit in their number, and are not kept in memory: flash gives them when they go", () => {
      const flash = open();
      const bench = new Bench(flash.boot());
      const large = numbers(MAX_STORED).map((n) => n.padEnd(MAX_PAYLOAD_BYTES, "."));
      for (const payload of large) expect(bench.add(payload, true)).toBe(true);
      const store = flash.boot();
      bench.restart(store);
      store.set("slot5", store.get("slot5")!.replace("....", "...x"));
      bench.attach();
      bench.settle();
      expect(bench.session.payloads).toEqual(large.filter((_, index) => index !== 5));
      expect(bench.notes).toEqual(["outbox: message 6 cannot be read"]);
      expect(bench.outbox.stats).toEqual({ queued: 0, stored: 0, dropped: 1, sent: MAX_STORED - 1 });
    });

    test("that cannot be read when they go are left for the next start", () => {
      const flash = open();
      const store = flash.boot();
      let fails = false;
      const bench = new Bench({
        set: (key, value) => store.set(key, value),
        delete: (key) => store.delete(key),
        get(key) {
          if (fails && key === "slot1") throw new Error("nvs get fail");
          return store.get(key);
        },
      });
      for (const n of numbers(3)) bench.add(n, true);
      fails = true;
      bench.attach();
      bench.settle();
      expect(bench.session.payloads).toEqual(["0", "2"]);
      expect(bench.notes).toEqual(["outbox: message 2 cannot be read"]);
      for (const n of numbers(MAX_STORED - 1, 3)) expect(bench.add(n, true)).toBe(true);
      expect(bench.add("one more", true)).toBe(false);
      bench.settle();
      bench.restart({ ...store, get: () => expect.unreachable() });
      expect(bench.notes.slice(1)).toEqual(numbers(MAX_STORED).map((n) => `outbox: slot ${n} cannot be read`));
      expect([bench.add("x", true), flash.keys()]).toEqual([false, ["slot1"]]);
      bench.restart(flash.boot());
      bench.attach();
      bench.settle();
      expect(bench.session.payloads).toEqual(["1"]);
    });

    const sound = (rest: string) => `${checksum(rest)}:${rest}`;
    test.each([
      ["a flipped character", (text: string) => text.replace("two", "twp")],
      ["another sequence", (text: string) => text.replace(":2:4:", ":3:4:")],
      ["another checksum", (text: string) => text.replace(/^[0-9a-f]{8}/, "00000000")],
      ["cut", (text: string) => text.slice(0, -1)],
      ["longer", (text: string) => `${text} `],
      ["empty", () => ""],
      ["of another kind", () => "hello"],
      ["sound, and no message", () => sound("hello")],
      ["sound, with a sequence that is no number", () => sound("x:4:datatwo")],
    ])("a slot that is damaged (%s) is told of and freed, and harms no other", (_label, damage) => {
      const flash = open();
      new Bench(flash.boot()).add("one", true);
      const bench = new Bench(flash.boot());
      bench.add("two", true);
      bench.add("three", true);
      const store = flash.boot();
      store.set("slot1", damage(store.get("slot1")!));
      bench.restart(flash.boot());
      expect(bench.notes).toEqual(["outbox: what slot 1 has is damaged"]);
      expect(flash.keys().toSorted()).toEqual(["slot0", "slot2"]);
      expect(bench.add("four", true)).toBe(true);
      bench.attach();
      bench.settle();
      expect(bench.session.payloads).toEqual(["one", "three", "four"]);
    });

    test("that flash refuses are a failure, and what was accepted goes on", () => {
      const flash = open();
      const store = flash.boot();
      let isWorn = false;
      const bench = new Bench({
        get: (key) => store.get(key),
        set(key, value) {
          if (isWorn) throw new Error("nvs set fail");
          store.set(key, value);
        },
        delete(key) {
          if (isWorn) throw new Error("nvs erase fail");
          store.delete(key);
        },
      });
      bench.add("0", true);
      isWorn = true;
      const failure = { ok: false, failure: { reason: "storage-full" } };
      expect(bench.outbox.add({ topic: "data", payload: "x", durable: true })).toMatchObject(failure);
      expect(bench.add("1")).toBe(true);
      bench.attach();
      bench.settle();
      bench.lose();
      bench.attach();
      // Deletion failed: it is in flash, and not sent again as long as there is power.
      expect([flash.keys(), bench.session.payloads]).toEqual([["slot0"], []]);
      expect(bench.outbox.stats).toEqual({ queued: 0, stored: 0, dropped: 0, sent: 2 });
      isWorn = false;
      expect(bench.add("2", true)).toBe(true);
      bench.restart(flash.boot());
      bench.attach();
      expect(bench.session.payloads).toEqual(["2"]);
    });
  });
}
