/** A partition's pages: which is written to, which come next, and how room comes back. See layout.ts. */
import { entriesPerPage, pageBytes } from "./layout.js";
import { Page } from "./page.js";
import { repair } from "./repair.js";

/** Where an item begins; kept up to date when its page is copied. */
export interface Place {
  page: Page;
  index: number;
}

export class Pages {
  readonly problems: string[] = [];
  /** In the order in which they were begun; the last one is written to. */
  #begun: Page[];
  /** In the order in which they will be begun: blank, or damaged. */
  #free: Page[];
  readonly #places = new Set<Place>();

  /** @param partition whole pages; shared, not copied */
  constructor(partition: Uint8Array) {
    const pages = Array.from(
      { length: partition.length / pageBytes },
      (_, index) => new Page(partition.subarray(index * pageBytes, (index + 1) * pageBytes)),
    );
    for (const [index, page] of pages.entries()) {
      if (page.state === "damaged") this.problems.push(`page ${index}: header damaged, or of another version of NVS`);
      else this.problems.push(...repair(page, `page ${index}`));
    }
    const isFree = ({ state }: Page) => state === "blank" || state === "damaged";
    this.#begun = pages.filter((page) => !isFree(page)).sort((a, b) => a.sequence - b.sequence);
    this.#free = pages.filter(isFree);
    this.#finishFreeing();
    if (this.#free.length === 0) this.problems.push("no page is blank: the chip does not take such a partition");
  }

  get begun(): readonly Page[] {
    return this.#begun;
  }

  get count(): number {
    return this.#begun.length + this.#free.length;
  }

  /** Entries that can be written without another page. */
  get room(): number {
    return this.#current?.room ?? 0;
  }

  /** There has to be room. */
  append(bytes: Uint8Array): Place {
    return this.remember(this.#current!, this.#current!.append(bytes));
  }

  remember(page: Page, index: number): Place {
    const place = { page, index };
    this.#places.add(place);
    return place;
  }

  erase(place: Place): void {
    place.page.erase(place.index, place.page.item(place.index)?.span ?? 1);
    this.#places.delete(place);
  }

  /** Goes on with another page: a blank one, or what is left of the emptiest in the spare one. False: the partition is full. */
  next(): boolean {
    this.#current?.mark("full");
    if (this.#free.length === 0) return false;
    if (this.#free.length > 1) {
      this.#begin();
      return true;
    }
    const used = Math.min(...this.#begun.map((page) => page.used));
    if (used >= entriesPerPage) return false;
    this.#copy(this.#begun.find((page) => page.used === used)!);
    return true;
  }

  get #current(): Page | undefined {
    return this.#begun.at(-1);
  }

  #begin(): Page {
    const page = this.#free.shift()!;
    if (page.state !== "blank") page.wipe();
    page.begin((this.#current?.sequence ?? -1) + 1);
    this.#begun.push(page);
    return page;
  }

  #copy(old: Page): void {
    old.mark("freeing");
    const fresh = this.#begin();
    const moved = new Map<number, number>();
    for (const [index, item] of old.items()) moved.set(index, fresh.append(old.entry(index, item.span)));
    for (const place of this.#places)
      if (place.page === old) Object.assign(place, { page: fresh, index: moved.get(place.index) });
    old.wipe();
    this.#begun = this.#begun.filter((page) => page !== old);
    this.#free.push(old);
  }

  /** The power went while a page was being copied: what was copied so far is wiped, and copied anew. */
  #finishFreeing(): void {
    const old = this.#begun.find(({ state }) => state === "freeing");
    if (!old) return;
    const copy = this.#current!;
    if (copy.state === "active") {
      copy.wipe();
      this.#begun.pop();
      this.#free.push(copy);
    }
    if (this.#free.length > 0) this.#copy(old);
  }
}
