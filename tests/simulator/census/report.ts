/** What of the heap to look at first: by type, by module, by what would go, and the longest lists of each type. */
import type { Heap, Slot, Thing, Type } from "./heap.js";
import { retainedSlots } from "./retained.js";

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

type KeyOf = (thing: Thing) => string | undefined;

/** Says nothing to a reader in a path. */
const BETWEEN: readonly Type[] = ["environment", "cell", "promise", "key"];

const HEAD = " slots  count  bytes";

export function report(heap: Heap): string {
  const { things, unreached } = heap;
  const list = (title: string, types: readonly Type[], keyOf: KeyOf, most = 50) =>
    table(title, things.filter(isOf(...types)), keyOf, most);
  const promises = things.filter(({ name }) => name === "Promise").length;
  const names = things.filter(isOf("key")).map(({ name }) => name);
  return [
    `${heap.slots} slots, ${heap.chunkBytes} bytes of chunks`,
    ...(unreached.length
      ? [`No root leads to ${unreached.map(({ kind, name }) => `${kind} ${name}`).join(", ")}`]
      : []),
    table("By type", things, ({ type }) => type, 20),
    modules(things),
    holders(heap),
    list("Closures: function, environment, the cells that it is the first to hold", TYPES, closureOf, 80),
    list("… of a module, which another one holds", TYPES, holderOf, 40),
    list("Instances of classes", ["instance"], ({ module, name }) => `${module} ${name}`),
    list("Plain objects", ["object"], ({ module, name, label }) => `${module} .${label} ${name}`),
    list("Arrays", ["array"], ({ module, label }) => `${module} .${label}`, 20),
    list("Functions that wait", ["async"], ({ module, name }) => `${module} ${name}`),
    list(`${promises} promises and what hangs on them`, ["promise"], ({ module }) => module),
    list("Others", ["built-in", "other"], ({ module, name, label }) => `${module} ${name} .${label}`),
    table(
      "Private methods: a slot for each and instance",
      methods(heap),
      ({ module, name }) => `${module} ${name}`,
      20,
    ),
    table("Slots of environments for what stands in ROM anyway", romCaptures(heap), ({ module }) => module, 30),
    `## Names that came at run time: ${names.length}\n${names.join(" ")}`,
  ].join("\n\n");
}

const isOf =
  (...types: readonly Type[]) =>
  ({ type }: Thing) =>
    types.includes(type);

function functionOf(thing: Thing): Thing | undefined {
  if (isOf("environment", "cell")(thing)) return thing.owner && functionOf(thing.owner);
  return thing.type === "function" ? thing : undefined;
}

function closureOf(thing: Thing): string | undefined {
  const closure = functionOf(thing);
  return closure && `${closure.module} ${closure.name}`;
}

/** Who pays for a helper's closures. */
function holderOf(thing: Thing): string | undefined {
  const closure = functionOf(thing);
  const holder = closure?.owner?.module;
  return closure && holder !== closure.module ? `${closure.module} held by ${holder}` : undefined;
}

function methods(heap: Heap): Thing[] {
  const isMethod = ({ name, references }: Slot) =>
    name.startsWith("#") &&
    references.some(({ target }) => heap.isInRom(target) && heap.describe(target)?.type === "function");
  return heap.things
    .map((thing) => ({ ...thing, slots: thing.slots.filter(isMethod) }))
    .filter(({ slots }) => slots.length);
}

function romCaptures(heap: Heap): Thing[] {
  const isCapture = ({ references }: Slot) =>
    references.some(({ label, target }) => label === "cell" && heap.isInRom(target));
  return heap.things
    .filter(isOf("environment"))
    .map((thing) => ({ ...thing, slots: thing.slots.filter(isCapture) }))
    .filter(({ slots }) => slots.length);
}

function sum(things: readonly Thing[]): Count {
  const all = things.flatMap(({ slots }) => slots);
  const chunkBytes = all.reduce((bytes, slot) => bytes + slot.chunkBytes, 0);
  return { count: things.length, slots: all.length, chunkBytes };
}

function table(title: string, things: readonly Thing[], keyOf: KeyOf, most: number): string {
  const rows = [...groupBy(things, keyOf)].map(([key, members]) => ({ key, ...sum(members) }));
  rows.sort((one, other) => other.slots - one.slots);
  const counted = rows.reduce((slots, row) => slots + row.slots, 0);
  const lines = rows.slice(0, most).map((row) => `${numbers(row.slots, row.count, row.chunkBytes)}  ${row.key}`);
  const rest = rows.length > most ? [`  … ${rows.length - most} more`] : [];
  return [`## ${title}: ${counted} slots`, HEAD, ...lines, ...rest].join("\n");
}

function modules(things: readonly Thing[]): string {
  const rows = [...groupBy(things, ({ module }) => module)].map(([module, members]) => {
    const parts = TYPES.map((type) => ({ type, ...sum(members.filter(isOf(type))) })).filter(({ count }) => count);
    return { ...sum(members), text: `${module}: ${parts.map(typeCount).join(", ")}` };
  });
  rows.sort((one, other) => other.slots - one.slots);
  const lines = rows.map(({ slots, count, chunkBytes, text }) => `${numbers(slots, count, chunkBytes)}  ${text}`);
  return ["## By module (type slots/count)", HEAD, ...lines].join("\n");
}

const typeCount = ({ type, slots, count }: { type: Type; slots: number; count: number }) => `${type} ${slots}/${count}`;

function holders(heap: Heap): string {
  const retained = retainedSlots(heap);
  const rows = [...retained]
    .filter(([thing, slots]) => slots >= 20 && !isOf(...BETWEEN)(thing))
    .sort(([, one], [, other]) => other - one)
    .slice(0, 60);
  const lines = rows.map(
    ([thing, slots]) =>
      `${numbers(slots, thing.slots.length)}  ${thing.module} ${thing.type} ${thing.name}  ${pathOf(thing)}`,
  );
  return ["## What would go with a thing (nothing else leads to it)", " slots    own", ...lines].join("\n");
}

/** The last of the names that lead to it. */
function pathOf(thing: Thing): string {
  const labels: string[] = [];
  for (let one: Thing | undefined = thing; one && labels.length < 5; one = one.owner)
    if (!isOf(...BETWEEN)(one)) labels.unshift(one.label);
  return labels.join(" > ");
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
