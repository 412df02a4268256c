import { expect, test } from "vitest";
import { readHeap } from "../simulator/census/heap.js";
import { report } from "../simulator/census/report.js";
import { retainedSlots } from "../simulator/census/retained.js";

const slot = (address: string, kind: string, name: string, next: string, references = "") =>
  ["slot", address, kind, name, next, 0, references].join("\t");
const what = (address: string, type: string, module: string, name: string, line = 0) =>
  ["what", address, type, module, name, line].join("\t");

/** An instance with a private method and a closure, which captures what stands in ROM and an object of two names. */
const dump = [
  slot("i", "instance", "", "p", " proto=romC"),
  slot("p", "private", "", "cb", " part=m check=romK"),
  slot("m", "reference", "#ask", "", " ref=romM"),
  slot("cb", "reference", "onDone", "", " ref=f"),
  slot("f", "instance", "", "c", " proto=romF"),
  slot("c", "code", "", "h", " closures=e"),
  slot("h", "home", "", "", " module=romN"),
  slot("e", "instance", "", "e0"),
  slot("e0", "undefined", "", "e1"),
  slot("e1", "closure", "helper", "e2", " cell=romX"),
  slot("e2", "closure", "options", "", " cell=v"),
  slot("v", "reference", "", "", " ref=o"),
  slot("o", "instance", "", "o1", " proto=romO"),
  slot("o1", "integer", "port", "o2"),
  slot("o2", "boolean", "tls", ""),
  slot("lost", "integer", "", ""),
  what("romC", "prototype", "rooms/one", "Client", 4),
  what("romM", "function", "rooms/one", "", 9),
  what("f", "function", "rooms/two", "onDone", 12),
  what("romO", "prototype", "", "Object"),
  "root\ti\tnative",
  "total\t16\t120",
].join("\n");

test("every slot has one owner, and what no root leads to is told", () => {
  const heap = readHeap(dump);
  const seen = heap.things.map(({ type, module, name, slots }) => `${type} ${module} ${name} ${slots.length}`);
  expect(seen).toEqual([
    "instance rooms/one Client 4",
    "function rooms/two onDone:12 3",
    "environment rooms/two onDone:12 4",
    "cell rooms/two options 1",
    "object rooms/two { port, tls } 3",
  ]);
  expect(heap.unreached.map(({ address }) => address)).toEqual(["lost"]);
});

test("what would go with a thing is what nothing else leads to", () => {
  const named = (text: string) => {
    const retained = retainedSlots(readHeap(text));
    return Object.fromEntries([...retained].map(([{ type }, slots]) => [type, slots]));
  };
  expect(named(dump)).toEqual({ instance: 15, function: 11, environment: 8, cell: 4, object: 3 });
  // Held by another root, too.
  expect(named(`${dump}\nroot\to\tnative`)).toEqual({ instance: 12, function: 8, environment: 5, cell: 1, object: 3 });
});

test("the report has the closure with its environment, private methods, and what is captured out of ROM", () => {
  const text = report(readHeap(dump));
  expect(text).toContain("16 slots, 120 bytes of chunks");
  expect(text).toMatch(/ 8 +3 +0 {2}rooms\/two onDone:12\n/);
  expect(text).toContain("rooms/two held by rooms/one");
  expect(text).toMatch(/Private methods.*: 1 slots\n.*\n.* rooms\/one Client/);
  expect(text).toMatch(/what stands in ROM anyway: 1 slots\n.*\n.* rooms\/two/);
});
