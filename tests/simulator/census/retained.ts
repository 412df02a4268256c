/** What would go if a thing went: all that can be reached through it alone (the dominators of the heap's graph). */
import type { Heap, Slot, Thing } from "./heap.js";

/** By thing, its own slots included. */
export function retainedSlots({ things }: Heap): Map<Thing, number> {
  const order = postorder(things);
  const position = new Map(order.map((thing, index) => [thing, index]));
  const dominators = findDominators(order, position);
  const retained = new Map(order.map((thing) => [thing, thing.slots.length]));
  // What is dominated comes before what dominates it.
  for (const thing of order) {
    const dominator = dominators.get(thing);
    if (dominator) retained.set(dominator, retained.get(dominator)! + retained.get(thing)!);
  }
  return retained;
}

/** Each with those that lead to it; the roots lead to what has no owner. */
function findDominators(order: readonly Thing[], position: Map<Thing, number>): Map<Thing, Thing | undefined> {
  const heads = headsOf(order);
  const leading = new Map<Thing, (Thing | undefined)[]>(order.map((thing) => [thing, thing.isRoot ? [undefined] : []]));
  for (const thing of order) for (const next of nextOf(thing, heads)) leading.get(next)!.push(thing);
  const dominators = new Map<Thing, Thing | undefined>();
  for (let changed = true; changed; ) {
    changed = false;
    for (const thing of order.toReversed()) {
      const known = leading.get(thing)!.filter((one) => !one || dominators.has(one));
      const found = known.reduce((one, other) => common(one, other, position, dominators), known[0]);
      if (dominators.has(thing) && dominators.get(thing) === found) continue;
      dominators.set(thing, found);
      changed = true;
    }
  }
  return dominators;
}

function common(
  one: Thing | undefined,
  other: Thing | undefined,
  position: Map<Thing, number>,
  dominators: Map<Thing, Thing | undefined>,
): Thing | undefined {
  while (one !== other) {
    if (!one || !other) return undefined;
    if (position.get(one)! < position.get(other)!) one = dominators.get(one);
    else other = dominators.get(other);
  }
  return one;
}

function postorder(things: readonly Thing[]): Thing[] {
  const heads = headsOf(things);
  const order: Thing[] = [];
  const seen = new Set<Thing>();
  for (const root of things.filter(({ isRoot }) => isRoot)) {
    if (seen.has(root)) continue;
    seen.add(root);
    const open = [{ thing: root, next: nextOf(root, heads) }];
    for (let last = open.at(-1); last; last = open.at(-1)) {
      const next = last.next.pop();
      if (!next) order.push(open.pop()!.thing);
      else if (!seen.has(next)) {
        seen.add(next);
        open.push({ thing: next, next: nextOf(next, heads) });
      }
    }
  }
  return order;
}

const headsOf = (things: readonly Thing[]) => new Map(things.map((thing) => [thing.slots[0]!.address, thing]));

const nextOf = ({ slots }: Thing, heads: Map<string, Thing>): Thing[] =>
  slots.flatMap(({ references }: Slot) => references.map(({ target }) => heads.get(target)).filter((one) => !!one));
