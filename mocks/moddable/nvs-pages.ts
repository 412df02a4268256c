/**
 * How ESP-IDF's NVS fills its flash: pages of 126 entries of 32 bytes, written one after another, never in place.
 * Erased entries come free only when a whole page is copied to the spare one. A string has to fit into one page.
 * (ESP-IDF, "NVS Library", Internals; a page has 4 KB; partitions.csv gives it 64.)
 */

const pageCount = 16;
const entriesPerPage = 126;
const entryBytes = 32;

/** One record in a page; `owner` is null once it is erased. */
export interface NvsRecord {
  owner: string | null;
  entries: number;
}

/** Bytes of a string with its NUL, or of a blob, or nothing for a number or a boolean. */
export type NvsSize = { kind: "primitive" } | { kind: "string"; bytes: number } | { kind: "blob"; bytes: number };

const entriesFor = (bytes: number): number => Math.ceil(bytes / entryBytes);
const used = (page: NvsRecord[]): number => page.reduce((sum, record) => sum + record.entries, 0);
const reclaimable = (page: NvsRecord[]): number =>
  entriesPerPage - page.reduce((sum, record) => sum + (record.owner === null ? 0 : record.entries), 0);

export class NvsPages {
  #pages: NvsRecord[][];
  #active: number;

  /** @param pages as `toJSON` gave them */
  constructor(pages: NvsRecord[][] = []) {
    this.#pages = Array.from({ length: pageCount }, (_, index) => pages[index] ?? []);
    this.#active = Math.max(
      0,
      this.#pages.findLastIndex((page) => page.length > 0 && used(page) < entriesPerPage),
    );
  }

  toJSON(): NvsRecord[][] {
    return this.#pages;
  }

  /** Writes a value's records. False: the partition is full, and nothing of it stays. */
  write(owner: string, size: NvsSize): boolean {
    const done =
      size.kind === "primitive"
        ? this.#append(owner, 1)
        : size.kind === "string"
          ? this.#append(owner, 1 + entriesFor(size.bytes))
          : this.#writeBlob(owner, size.bytes);
    if (!done) this.erase(owner);
    return done;
  }

  erase(owner: string): void {
    for (const page of this.#pages) for (const record of page) if (record.owner === owner) record.owner = null;
  }

  /** A blob is cut into chunks that fill pages up, each with a header entry, and gets an index entry. */
  #writeBlob(owner: string, bytes: number): boolean {
    let left = entriesFor(bytes);
    while (left > 0) {
      const room = entriesPerPage - used(this.#pages[this.#active]!) - 1;
      if (room < 1) {
        if (!this.#nextPage()) return false;
        continue;
      }
      const chunk = Math.min(left, room);
      if (!this.#append(owner, chunk + 1)) return false;
      left -= chunk;
    }
    return this.#append(owner, 1);
  }

  #append(owner: string, entries: number): boolean {
    if (used(this.#pages[this.#active]!) + entries > entriesPerPage) {
      if (!this.#nextPage() || used(this.#pages[this.#active]!) + entries > entriesPerPage) return false;
    }
    this.#pages[this.#active]!.push({ owner, entries });
    return true;
  }

  /** Takes a free page, or, when only the spare one is left, moves the page there that has most to give back. */
  #nextPage(): boolean {
    const free = this.#pages.flatMap((page, index) => (page.length === 0 ? [index] : []));
    const spare = free[0];
    if (spare === undefined) return false;
    if (free.length > 1) {
      this.#active = spare;
      return true;
    }
    const victim = this.#pages
      .filter((page) => page.length > 0)
      .reduce((best, page) => (reclaimable(page) > reclaimable(best) ? page : best));
    if (reclaimable(victim) === 0) return false;
    this.#pages[spare] = victim.filter((record) => record.owner !== null);
    victim.length = 0;
    this.#active = spare;
    return true;
  }
}
