/** One page of an NVS partition, on its bytes; see layout.ts. Writing only turns ones into zeros, as flash does. */
import { decodeItem, type Item } from "./item.js";
import { bitmapOffset, entriesOffset, entriesPerPage, entryBytes, nvsCrc, pageStates, version2 } from "./layout.js";

export type PageState = keyof typeof pageStates | "damaged";
export type EntryState = "empty" | "written" | "erased";

const entryStates: readonly EntryState[] = ["erased", "erased", "written", "empty"];
const headerCrcOffset = 28;

/** A loop, because every mount looks at every byte of the blank pages. */
export function isBlank(bytes: Uint8Array): boolean {
  for (let at = 0; at < bytes.length; at++) if (bytes[at] !== 0xff) return false;
  return true;
}

export class Page {
  readonly bytes: Uint8Array;
  #view: DataView;
  #next = 0;
  #used = 0;

  /** @param bytes shared, not copied */
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#count();
  }

  get state(): PageState {
    const code = this.#view.getUint32(0, true);
    if (code === pageStates.blank) return isBlank(this.bytes) ? "blank" : "damaged";
    const isWhole = this.#view.getUint32(headerCrcOffset, true) === this.#headerCrc() && this.bytes[8]! >= version2;
    if (!isWhole) return "damaged";
    const known = (["active", "full", "freeing"] as const).find((state) => pageStates[state] === code);
    return known ?? "damaged";
  }

  get sequence(): number {
    return this.#view.getUint32(4, true);
  }

  /** Entries that are written and count. */
  get used(): number {
    return this.#used;
  }

  /** Entries that can still be written. */
  get room(): number {
    return this.#view.getUint32(0, true) === pageStates.active ? entriesPerPage - this.#next : 0;
  }

  /** Of a blank page. */
  begin(sequence: number): void {
    this.#view.setUint32(4, sequence, true);
    this.bytes[8] = version2;
    this.#view.setUint32(headerCrcOffset, this.#headerCrc(), true);
    this.mark("active");
  }

  mark(state: keyof typeof pageStates): void {
    this.#view.setUint32(0, this.#view.getUint32(0, true) & pageStates[state], true);
  }

  wipe(): void {
    this.bytes.fill(0xff);
    this.#count();
  }

  entryState(index: number): EntryState {
    return entryStates[(this.bytes[bitmapOffset + (index >> 2)]! >> ((index & 3) * 2)) & 3]!;
  }

  entry(index: number, count = 1): Uint8Array {
    const start = entriesOffset + index * entryBytes;
    return this.bytes.subarray(start, start + count * entryBytes);
  }

  /** The item that begins at a written entry; undefined where it is damaged. */
  item(index: number): Item | undefined {
    const item = decodeItem(this.entry(index));
    return item && index + item.span <= entriesPerPage ? item : undefined;
  }

  /** The items that are written, in order; entries where none begins are passed over. */
  *items(): Generator<[index: number, item: Item]> {
    for (let index = 0; index < entriesPerPage; ) {
      const item = this.entryState(index) === "written" ? this.item(index) : undefined;
      if (item) yield [index, item];
      index += item?.span ?? 1;
    }
  }

  /** @param bytes an item's entries; there has to be room @returns the first one's index */
  append(bytes: Uint8Array): number {
    const index = this.#next;
    const span = bytes.length / entryBytes;
    if (span > this.room) throw new RangeError("the page is full");
    this.entry(index, span).forEach((old, at, entries) => {
      entries[at] = old & bytes[at]!;
    });
    for (let written = index; written < index + span; written++) this.#clear(written, 1);
    this.#next += span;
    this.#used += span;
    return index;
  }

  erase(index: number, span: number): void {
    for (let erased = index; erased < index + span; erased++) {
      if (this.entryState(erased) === "written") this.#used--;
      this.#clear(erased, 3);
    }
    this.#next = Math.max(this.#next, index + span);
  }

  #clear(index: number, bits: 1 | 3): void {
    this.bytes[bitmapOffset + (index >> 2)]! &= ~(bits << ((index & 3) * 2));
  }

  #headerCrc(): number {
    return nvsCrc(this.bytes.subarray(4, headerCrcOffset));
  }

  #count(): void {
    this.#next = 0;
    this.#used = 0;
    for (let index = 0; index < entriesPerPage; index++) {
      const state = this.entryState(index);
      if (state === "written") this.#used++;
      if (state !== "empty") this.#next = index + 1;
    }
  }
}
