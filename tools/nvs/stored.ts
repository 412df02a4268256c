/** A value of a partition: where its items are, and which of a key's values the chip lets stand. */
import type { Item } from "./item.js";
import { typeCodes } from "./layout.js";
import type { Place } from "./pages.js";
import { dataOf } from "./repair.js";
import type { NvsValue } from "./value.js";

/** The places of a value's items; a blob's index is the last of them. */
export interface Stored {
  readonly namespace: number;
  readonly key: string;
  readonly places: Place[];
}

/** Places are of items that were found whole. */
export const itemAt = ({ page, index }: Place): Item => page.item(index)!;
export const dataAt = (place: Place): Uint8Array => dataOf(place.page, place.index, itemAt(place));
export const typeOf = ({ places }: Stored): number => itemAt(places.at(-1)!).type;
export const storedType = ({ type }: NvsValue): number => (type === "blob" ? typeCodes.blobIndex : typeCodes[type]);

/**
 * Whether the chip erases, as it mounts, what a newer item of the same key replaces: within the page that is written to by
 * the key alone, elsewhere only what has its type, or is a blob of version 1 (nvs_page.cpp, nvs_pagemanager.cpp).
 */
export function isReplaced(older: Stored, { page, index }: Place): boolean {
  const { type } = page.item(index)!;
  if (page.state === "active" && older.places.at(-1)!.page === page) return true;
  if (typeOf(older) === type) return true;
  return type === typeCodes.blobIndex && typeOf(older) === typeCodes.oldBlob;
}

export const sizeOf = (places: Place[]): number => places.reduce((sum, place) => sum + dataAt(place).length, 0);

/** Page by page, as the chip looks; a page that was copied has come behind the others. */
export function inOrder(all: readonly Stored[]): Stored[] {
  return all.toSorted((one, other) => {
    const [a, b] = [one, other].map(({ places }) => places.at(-1)!) as [Place, Place];
    return a.page.sequence - b.page.sequence || a.index - b.index;
  });
}
