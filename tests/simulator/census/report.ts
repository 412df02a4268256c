/** What of the heap to look at first: by type, by module, and the longest lists of functions, instances and objects. */
import type { Heap, Thing, Type } from "./heap.js";

const TYPES: readonly Type[] = [
  "function",
  "environment",
  "cell",
  "instance",
  "object",
  "array",
  "async",
  "promise",
  "built-in",
  "key",
  "module",
  "other",
];

interface Count {
  count: number;
  slots: number;
  chunkBytes: number;
}

export function report(heap: Heap): string {
  const found = sum(heap.things);
  return [
    `${heap.slots} slots, ${heap.chunkBytes} bytes of chunks; seen here: ${found.slots} slots and ${heap.unreached.length} that no root leads to`,
    table("By type", heap.things, ({ type }) => type, 20),
    modules(heap.things),
    table("Closures (function + environment + the cells that it is the first to hold)", heap.things, closureOf, 60),
    table("Instances of classes", heap.things.filter(of("instance")), ({ module, name }) => `${module} ${name}`, 50),
    table(
      "Plain objects",
      heap.things.filter(of("object")),
      ({ module, name, label }) => `${module} .${label} ${name}`,
      50,
    ),
    table("Arrays", heap.things.filter(of("array")), ({ module, label }) => `${module} .${label}`, 20),
    table("Functions that wait", heap.things.filter(of("async")), ({ module, name }) => `${module} ${name}`, 40),
    table("The language's own objects", heap.things.filter(of("promise", "built-in", "other")), builtIn, 50),
    `Names that came at run time: ${heap.things
      .filter(of("key"))
      .map(({ name }) => name)
      .join(" ")}`,
  ].join("\n\n");
}

const of =
  (...types: Type[]) =>
  ({ type }: Thing) =>
    types.includes(type);

const builtIn = ({ module, type, name, label }: Thing) => `${module} ${type === "other" ? "?" : name} .${label}`;

function closureOf(thing: Thing): string | undefined {
  if (thing.type === "function") return `${thing.module} ${thing.name}`;
  return ["environment", "cell"].includes(thing.type) && thing.owner ? closureOf(thing.owner) : undefined;
}

function sum(things: readonly Thing[]): Count {
  const all = things.flatMap(({ slots }) => slots);
  const chunkBytes = all.reduce((bytes, slot) => bytes + slot.chunkBytes, 0);
  return { count: things.length, slots: all.length, chunkBytes };
}

function table(title: string, things: readonly Thing[], keyOf: (thing: Thing) => string | undefined, most: number) {
  const groups = groupBy(things, keyOf);
  const rows = [...groups].map(([key, members]) => ({ key, ...sum(members) }));
  rows.sort((one, other) => other.slots - one.slots);
  const counted = rows.reduce((slots, row) => slots + row.slots, 0);
  const lines = rows.slice(0, most).map((row) => `${numbers(row.slots, row.count, row.chunkBytes)}  ${row.key}`);
  const rest = rows.length > most ? [`  … ${rows.length - most} more`] : [];
  return [`## ${title}: ${counted} slots`, " slots  count  bytes", ...lines, ...rest].join("\n");
}

function modules(things: readonly Thing[]): string {
  const rows = [...groupBy(things, ({ module }) => module)].map(([module, members]) => ({ module, members }));
  const sizes = new Map(rows.map((row) => [row, sum(row.members)]));
  rows.sort((one, other) => sizes.get(other)!.slots - sizes.get(one)!.slots);
  const lines = rows.map((row) => {
    const { slots, count, chunkBytes } = sizes.get(row)!;
    const parts = TYPES.map((type) => ({ type, ...sum(row.members.filter(of(type))) }))
      .filter((part) => part.count)
      .map((part) => `${part.type} ${part.slots}/${part.count}`);
    return `${numbers(slots, count, chunkBytes)}  ${row.module}: ${parts.join(", ")}`;
  });
  return ["## By module (type slots/count)", " slots  count  bytes", ...lines].join("\n");
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string | undefined): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    if (key === undefined) continue;
    const members = groups.get(key);
    if (members) members.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

const numbers = (...values: number[]) => values.map((value) => String(value).padStart(6)).join(" ");
