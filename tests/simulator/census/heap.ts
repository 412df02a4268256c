/** Reads what census_dump.c writes, and gives every slot of the heap an owner. */

export interface Slot {
  readonly address: string;
  readonly kind: string;
  readonly name: string;
  readonly next: string;
  readonly chunkBytes: number;
  readonly references: readonly Reference[];
}

interface Reference {
  readonly label: string;
  readonly target: string;
}

/** What is known of an instance, in the heap or in ROM. */
interface Description {
  readonly type: "function" | "native" | "prototype" | "module";
  readonly module: string;
  readonly name: string;
  readonly line: number;
}

/** Slots that live and die together: an instance with its properties, or one cell that closures share. */
export interface Thing {
  readonly type: Type;
  /** A function's or a class's name, the names of a plain object's properties. */
  readonly name: string;
  /** Its own where it has one, else its owner's. */
  readonly module: string;
  readonly slots: readonly Slot[];
  /** The thing that names it first, seen from the roots. */
  readonly owner: Thing | undefined;
  /** How its owner, or a root, names it. */
  readonly label: string;
  readonly isRoot: boolean;
}

/** From one side, before it is known what else leads to it. */
type Seen = Omit<Thing, "isRoot">;

export type Type =
  | "function"
  | "environment"
  | "cell"
  | "instance"
  | "object"
  | "array"
  | "async"
  | "promise"
  | "built-in"
  | "key"
  | "module"
  | "other";

export interface Heap {
  readonly slots: number;
  readonly chunkBytes: number;
  readonly things: readonly Thing[];
  /** Alive, and nothing that is known here leads to them. */
  readonly unreached: readonly Slot[];
  /** Undefined for what is not an instance. */
  readonly describe: (address: string) => Description | undefined;
  readonly isInRom: (address: string) => boolean;
}

interface Found {
  readonly target: string;
  /** Of the pointer itself. */
  readonly role: string;
  readonly label: string;
  readonly owner: Thing | undefined;
}

/** What is of the language and not of a module. */
const PLAIN = "Object";

export function readHeap(text: string): Heap {
  const slots = new Map<string, Slot>();
  const descriptions = new Map<string, Description>();
  const roots: Found[] = [];
  let total = { slots: 0, chunkBytes: 0 };
  for (const line of text.split("\n")) {
    const [record, address = "", ...fields] = line.split("\t");
    if (record === "slot") slots.set(address, slotOf(address, fields));
    else if (record === "what") descriptions.set(address, descriptionOf(fields));
    else if (record === "root") roots.push(rootOf(address, fields[0]!));
    else if (record === "outer")
      for (const { target } of referencesOf(fields[1])) roots.push(rootOf(target, fields[0]!));
    else if (record === "total") total = { slots: Number(address), chunkBytes: Number(fields[0]) };
  }
  return {
    ...total,
    ...walk(slots, descriptions, roots),
    describe: (address) => descriptions.get(address),
    isInRom: (address) => !slots.has(address),
  };
}

function walk(slots: Map<string, Slot>, descriptions: Map<string, Description>, roots: readonly Found[]) {
  const things: Thing[] = [];
  const rootAddresses = new Set(roots.map(({ target }) => target));
  const taken = new Set<Slot>();
  const queue = [...roots];
  for (let found = queue.shift(); found; found = queue.shift()) {
    const head = slots.get(found.target);
    if (!head || taken.has(head)) continue;
    const isRoot = rootAddresses.has(found.target);
    const thing = { ...makeThing(found, gather(head, slots, taken), descriptions), isRoot };
    things.push(thing);
    for (const slot of thing.slots)
      for (const { label, target } of slot.references)
        queue.push({ target, role: label, label: labelOf(thing, slot, label), owner: thing });
  }
  return { things, unreached: [...slots.values()].filter((slot) => !taken.has(slot)) };
}

/** What captures a cell calls it by its name. */
function labelOf(owner: Thing, slot: Slot, role: string): string {
  if (owner.type === "cell") return owner.label;
  if (owner.type === "array") return `${owner.label}[]`;
  return slot.name || role;
}

/** An instance's properties, what a list or a table of it holds; of anything else the one slot. */
function gather(head: Slot, slots: Map<string, Slot>, taken: Set<Slot>): Slot[] {
  const found: Slot[] = [];
  const chain = (address: string) => {
    for (let slot = slots.get(address); slot && !taken.has(slot); slot = slots.get(slot.next)) {
      found.push(slot);
      taken.add(slot);
      for (const { label, target } of slot.references) if (label === "part") chain(target);
    }
  };
  if (head.kind === "instance") chain(head.address);
  else {
    taken.add(head);
    found.push(head);
    for (const { label, target } of head.references) if (label === "part") chain(target);
  }
  return found;
}

function makeThing({ role, label, owner, target }: Found, slots: Slot[], descriptions: Map<string, Description>): Seen {
  const inherited = owner?.module || rootModule(label, descriptions);
  const make = (type: Type, name: string, module = inherited) => ({ type, name, module, slots, owner, label });
  const [head, first] = slots as [Slot, Slot | undefined];
  if (head.kind === "key") return make("key", head.name, "(names)");
  if (head.kind !== "instance") return role === "root" ? make("other", `the value of ${label}`) : make("cell", label);
  const own = descriptions.get(target);
  // What settles a promise, or goes on when it is settled, has its promise or the one that waits in its home.
  if (own?.type === "native") return hasHome(slots) ? make("promise", "reaction") : make("function", own.name || label);
  if (own?.type === "function") return make("function", functionName(own), own.module || inherited);
  if (own?.type === "module") return make("module", own.module, own.module);
  if (role === "closures") return make("environment", owner?.name ?? "");
  const stack = slots.find(({ kind }) => kind === "stack");
  if (stack) return makeAsync(stack, descriptions, make);
  if (first?.kind === "promise") return make("promise", "Promise");
  const prototype = descriptions.get(head.references.find((one) => one.label === "proto")?.target ?? "");
  if (first?.kind === "array") return make("array", "Array");
  if (!prototype?.name) return make(owner?.type === "promise" ? "promise" : "other", "without a prototype");
  if (prototype.name === PLAIN) return make("object", shapeOf(slots));
  return prototype.module ? make("instance", prototype.name, prototype.module) : make("built-in", prototype.name);
}

/** Its saved stack begins with the function that waits. */
function makeAsync(
  stack: Slot,
  descriptions: Map<string, Description>,
  make: (type: Type, name: string, module?: string) => Seen,
): Seen {
  for (const { target } of stack.references) {
    const running = descriptions.get(target);
    if (running?.type === "function" && running.module) return make("async", functionName(running), running.module);
  }
  return make("async", "");
}

const hasHome = (slots: readonly Slot[]) =>
  slots.some(({ kind, references }) => kind === "home" && references.some(({ label }) => label === "home"));

function rootModule(label: string, descriptions: Map<string, Description>): string {
  const address = /^alias of (\w+)$/.exec(label)?.[1];
  return (address && descriptions.get(address)?.module) || `(${label.replace(/^alias of.*/, "changed in ROM")})`;
}

const rootOf = (target: string, label: string): Found => ({ target, role: "root", label, owner: undefined });

const functionName = ({ name, line }: Description) => `${name || "(anonymous)"}${line ? `:${line}` : ""}`;

function shapeOf(slots: readonly Slot[]): string {
  const names = slots.slice(1).map(({ name, kind }) => name || `<${kind}>`);
  return `{ ${names.slice(0, 4).join(", ")}${names.length > 4 ? `, … ${names.length}` : ""} }`;
}

function slotOf(address: string, fields: readonly string[]): Slot {
  const [kind = "", name = "", next = "", chunkBytes, references] = fields;
  return { address, kind, name, next, chunkBytes: Number(chunkBytes), references: referencesOf(references) };
}

function referencesOf(text = ""): Reference[] {
  return text
    .split(" ")
    .filter((one) => one)
    .map((one) => {
      const [label, target] = one.split("=") as [string, string];
      return { label, target };
    });
}

function descriptionOf([type, module = "", name = "", line]: readonly string[]): Description {
  return { type: type as Description["type"], module, name, line: Number(line) };
}
