/** Partitions as power cuts and failing flash leave them: what is whole is read, the rest is told. */
import { expect, test } from "vitest";
import { Nvs } from "../../mocks/moddable/nvs.js";
import { encodeDataItem } from "../../tools/nvs/item.js";
import { bitmapOffset, entriesOffset, pageBytes, typeCodes } from "../../tools/nvs/layout.js";
import { type NvsEntry, type NvsValue, readNvs, writeNvs } from "../../tools/nvs/nvs.js";
import { Page } from "../../tools/nvs/page.js";
import { NvsPartition } from "../../tools/nvs/partition.js";

const entry = (key: string, value: NvsValue): NvsEntry => ({ namespace: "agent", key, value });
const number = (key: string, value: number): NvsEntry => entry(key, { type: "u32", value });
const text = (key: string, value: string): NvsEntry => entry(key, { type: "string", value });

/** Entries that are written and count, in all pages that are begun. */
function writtenEntries(image: Uint8Array): number {
  const pages = Array.from({ length: image.length / pageBytes }, (_, index) => pageOf(image, index));
  return pages.reduce((sum, page) => sum + page.used, 0);
}

function pageOf(image: Uint8Array, index: number): Page {
  return new Page(image.subarray(index * pageBytes, (index + 1) * pageBytes));
}

/** Entry 0 names the namespace, 1 is "one", 2 to 4 are "text", 5 is "two". */
const entries = [number("one", 1), text("text", "x".repeat(40)), number("two", 2)];
const keysOf = (image: Uint8Array) => readNvs(image).entries.map(({ key }) => key);

function damaged(change: (image: Uint8Array, view: DataView) => void): Uint8Array {
  const image = writeNvs(entries, 0x3000);
  change(image, new DataView(image.buffer));
  return image;
}

const at = (index: number) => entriesOffset + 32 * index;

test.each<[string, number, string[], string]>([
  ["a number", at(1) + 24, ["text", "two"], "page 0, entry 1: damaged"],
  ["a string's entry", at(2) + 3, ["one", "two"], "page 0, entry 2: damaged"],
  ["a string's data", at(4), ["one", "two"], "page 0, entry 2 (text): data damaged"],
  ["a page's sequence number", 4, [], "page 0: header damaged"],
  ["a page's version", 8, [], "page 0: header damaged"],
  ["the namespace's name", at(0) + 8, [], "one: its namespace 1 has no name"],
])("a bit of %s", (_what, offset, keys, problem) => {
  const image = damaged((bytes) => {
    bytes[offset]! ^= 1;
  });
  expect(keysOf(image)).toEqual(keys);
  expect(readNvs(image).problems.join("; ")).toContain(problem);
});

test("the input stays as it was", () => {
  const image = damaged((bytes) => bytes.fill(0, at(1), at(2)));
  const before = image.slice();
  readNvs(image);
  expect(Buffer.compare(image, before)).toBe(0);
});

test("a partition of noise, as an encrypted one looks: a line a page", () => {
  const image = damaged((bytes) => {
    for (let offset = at(0); offset < at(6); offset++) bytes[offset] = (offset * 167 + 13) & 0xff;
  });
  expect(readNvs(image)).toEqual({
    entries: [],
    problems: ["page 0: none of its 6 entries is whole: the page is damaged, or the partition encrypted"],
  });
});

test("a torn file: its whole pages are read", () => {
  const { entries: read, problems } = readNvs(writeNvs(entries, 0x3000).subarray(0, 0x1234));
  expect(read).toHaveLength(3);
  expect(problems).toEqual([
    "no page is blank: the chip does not take such a partition",
    "the last 564 bytes are no page",
  ]);
  expect(readNvs(new Uint8Array(100))).toEqual({
    entries: [],
    problems: ["the last 100 bytes are no page", "there is no page"],
  });
});

/** The power fails between any two of the bytes that an operation changes, in the order in which the chip writes them. */
test("cut within a write: the old value or the new one, and the next write works", () => {
  const partition = new NvsPartition(writeNvs(entries, 0x3000));
  const before = partition.bytes.slice();
  partition.set(text("more", "y".repeat(70)));
  const after = partition.bytes.slice();
  // First the entries, then the marks that they are written.
  const changed = [...after.keys()].filter((offset) => after[offset] !== before[offset]);
  const isEntry = (offset: number) => offset % pageBytes >= entriesOffset;
  const order = [...changed.filter(isEntry), ...changed.filter((offset) => !isEntry(offset))];
  const flash = before.slice();
  for (const offset of order) {
    flash[offset] = after[offset]!;
    const keys = keysOf(flash);
    expect(keys.slice(0, 3)).toEqual(["one", "text", "two"]);
    const cut = new NvsPartition(flash.slice());
    expect(cut.set(number("next", 3))).toBe(true);
    expect(readNvs(cut.bytes).entries).toContainEqual(number("next", 3));
  }
  expect(keysOf(flash)).toEqual(["one", "text", "two", "more"]);
});

test("cut between a new value and the erasure of the old one: the new one counts, and the old one is erased", () => {
  const partition = new NvsPartition(writeNvs(entries, 0x3000));
  const marks = partition.bytes.slice(bitmapOffset, entriesOffset);
  partition.set(text("text", "new"));
  partition.bytes[bitmapOffset] = marks[0]!;
  partition.bytes[bitmapOffset + 1]! |= marks[1]! & 0x03;
  const again = new NvsPartition(partition.bytes.slice());
  expect(again.get("agent", "text")).toEqual({ type: "string", value: "new" });
  expect(again.erase("agent", "text")).toBe(true);
  expect(keysOf(again.bytes)).toEqual(["one", "two"]);
});

const u8 = (value: number): NvsValue => ({ type: "u8", value });
const string = (value: string): NvsValue => ({ type: "string", value });

/** "key" is the first value of its page; its erasure, which comes last, is taken back. @param fillers behind it in the page */
function cutChange(fillers: number, old: NvsValue, change: NvsValue): NvsPartition {
  const partition = new NvsPartition(new Uint8Array(5 * pageBytes).fill(0xff));
  partition.set(entry("key", old));
  for (let index = 0; index < fillers; index++) partition.set(number(`n${index}`, index));
  const before = partition.bytes.slice(bitmapOffset, entriesOffset);
  partition.set(entry("key", change));
  for (let index = 1; index < 4; index++) {
    const bits = 3 << ((index & 3) * 2);
    partition.bytes[bitmapOffset + (index >> 2)]! |= before[index >> 2]! & bits;
  }
  return new NvsPartition(partition.bytes.slice());
}

test("cut while a key changes its type: in one page the new value counts", () => {
  for (const [old, change] of [
    [u8(1), string("one")],
    [string("one"), u8(1)],
    [u8(1), { type: "blob", value: Uint8Array.of(1) }],
    [{ type: "blob", value: Uint8Array.of(1) }, u8(1)],
  ] as [NvsValue, NvsValue][])
    expect(cutChange(3, old, change).values("agent", "key")).toEqual([change]);
});

test("cut while a key changes its type, over two pages: both values count, as on the chip", () => {
  const cut = () => cutChange(124, u8(1), string("one"));
  expect(cut().values("agent", "key")).toEqual([u8(1), string("one")]);
  expect(readNvs(cut().bytes).entries.filter(({ key }) => key === "key")).toEqual([
    entry("key", u8(1)),
    entry("key", string("one")),
  ]);
  expect(cut().get("agent", "key")).toEqual(u8(1));

  // A value replaces that of its type; one of a third type the first that is found.
  const changed = cut();
  expect(changed.set(entry("key", string("two")))).toBe(true);
  expect(changed.values("agent", "key")).toEqual([u8(1), string("two")]);
  expect(changed.set(entry("key", { type: "i32", value: 5 }))).toBe(true);
  const both = [string("two"), { type: "i32", value: 5 }];
  expect(changed.values("agent", "key")).toEqual(both);
  // The next mount looks at keys alone in the page that is written to, and at types in one that is full.
  expect(new NvsPartition(changed.bytes.slice()).values("agent", "key")).toEqual(both.slice(1));
  for (let index = 0; index < 126; index++) changed.set(number(`m${index}`, index));
  expect(new NvsPartition(changed.bytes.slice()).values("agent", "key")).toEqual(both);

  const erased = cut();
  expect(erased.erase("agent", "key")).toBe(true);
  expect(erased.values("agent", "key")).toEqual([string("one")]);
  expect(erased.erase("agent", "key")).toBe(true);
  expect(erased.erase("agent", "key")).toBe(false);
});

test("cut while a blob of version 1 is replaced, over two pages: the new one counts", () => {
  const old = Uint8Array.of(1, 2, 3);
  const image = writeNvs(entries, 5 * pageBytes);
  const page = pageOf(image, 0);
  const first = page.append(encodeDataItem({ namespace: 1, type: typeCodes.oldBlob, key: "key" }, old));
  const partition = new NvsPartition(image);
  for (let index = 0; index < 120; index++) partition.set(number(`n${index}`, index));
  const marks = partition.bytes.slice(bitmapOffset, entriesOffset);
  const blob: NvsValue = { type: "blob", value: Uint8Array.of(4) };
  partition.set(entry("key", blob));
  for (let index = first; index < first + 2; index++)
    partition.bytes[bitmapOffset + (index >> 2)]! |= marks[index >> 2]! & (3 << ((index & 3) * 2));
  expect(new NvsPartition(partition.bytes.slice()).values("agent", "key")).toEqual([blob]);
});

test("what `preference` reads of a key with two values: the first type that it asks for", () => {
  const cut = cutChange(124, string("one"), u8(0));
  expect(cut.get("agent", "key")).toEqual(string("one"));
  const nvs = new Nvs({ image: cut.bytes });
  expect(nvs.get("agent", "key")).toBe(false);
  nvs.erase("agent", "key");
  expect(nvs.get("agent", "key")).toBe(false);
  nvs.erase("agent", "key");
  expect(nvs.get("agent", "key")).toBeUndefined();
});

test("cut while a blob is replaced: without the new index the old blob counts, and the new chunks are room again", () => {
  const blob = (first: number): NvsEntry =>
    entry("blob", { type: "blob", value: Uint8Array.from({ length: 5_000 }, (_, index) => first + index) });
  const partition = new NvsPartition(writeNvs([blob(0)], 0x6000));
  const before = partition.bytes.slice();
  partition.set(blob(1));
  // All but the last item, which is the index, and the erasures.
  const flash = before.slice();
  const view = new DataView(flash.buffer);
  const chunks = [1, 2].flatMap((page) => Array.from({ length: 126 }, (_, index) => [page, index] as const));
  for (const [page, index] of chunks) {
    const offset = page * pageBytes + at(index);
    const isIndex = partition.bytes[offset + 1] === 0x48 && partition.bytes[offset + 2] === 1;
    if (isIndex || before[offset] !== 0xff) continue;
    flash.set(partition.bytes.subarray(offset, offset + 32), offset);
    const state = (partition.bytes[page * pageBytes + bitmapOffset + (index >> 2)]! >> ((index & 3) * 2)) & 3;
    if (state === 2) flash[page * pageBytes + bitmapOffset + (index >> 2)]! &= ~(1 << ((index & 3) * 2));
  }
  if (view.getUint32(2 * pageBytes, true) === 0xffffffff)
    flash.set(partition.bytes.subarray(2 * pageBytes, 2 * pageBytes + 32), 2 * pageBytes);
  expect(readNvs(flash).entries).toEqual([blob(0)]);
  const again = new NvsPartition(flash);
  expect(writtenEntries(again.bytes)).toBe(writtenEntries(before));
  for (let round = 2; round < 12; round++) expect(again.set(blob(round))).toBe(true);
  expect(readNvs(again.bytes)).toEqual({ entries: [blob(11)], problems: [] });
});

test("a chunk that is there twice: the newer one counts, and the older one is room again", () => {
  const blob = entry("blob", { type: "blob", value: Uint8Array.of(1, 2, 3) });
  const image = writeNvs([blob], 0x3000);
  const page = pageOf(image, 0);
  page.append(page.entry(1, 2));
  expect(readNvs(image)).toEqual({ entries: [blob], problems: [] });
  expect(writtenEntries(new NvsPartition(image).bytes)).toBe(4);
});

test("cut while a page is being copied: it is copied anew", () => {
  const partition = new NvsPartition(new Uint8Array(3 * pageBytes).fill(0xff));
  const all = Array.from({ length: 200 }, (_, index) => number(`n${index}`, index));
  for (const one of all) partition.set(one);
  for (let index = 0; index < 100; index++) partition.erase("agent", `n${index}`);
  // As the chip leaves it: the second page is full, the first one marked, and of its 26 items 5 are in the spare page.
  const [old, full, spare] = [0, 1, 2].map((index) => pageOf(partition.bytes, index));
  full!.mark("full");
  old!.mark("freeing");
  spare!.begin(2);
  for (const [index, item] of [...old!.items()].slice(0, 5)) spare!.append(old!.entry(index, item.span));
  const left = all.slice(100).map(({ key }) => key);
  expect(keysOf(partition.bytes).sort()).toEqual(left.sort());
  const again = new NvsPartition(partition.bytes.slice());
  expect(again.problems).toEqual([]);
  expect(again.set(number("after", 1))).toBe(true);
  expect(keysOf(again.bytes).sort()).toEqual(["after", ...left].sort());
});

test("cut while a page is being copied, and another page damaged: the unfinished copy is wiped", () => {
  const image = new Uint8Array(4 * pageBytes).fill(0xff);
  image.set(writeNvs(entries, 0x3000).subarray(0, pageBytes));
  const [old, broken, copy] = [0, 1, 2].map((index) => pageOf(image, index));
  old!.mark("full");
  old!.mark("freeing");
  broken!.bytes.fill(0, 0, 32);
  copy!.begin(1);
  copy!.append(old!.entry(0));
  const again = new NvsPartition(image);
  expect(again.problems).toEqual(["page 1: header damaged, or of another version of NVS"]);
  expect(again.entries()).toEqual(entries);
  expect(pageOf(image, 2).state).toBe("blank");
});
