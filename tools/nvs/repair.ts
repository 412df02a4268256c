/** What the chip does to a page before it uses it: whatever is half-written or damaged is marked as erased. */
import { dataCrc, dataSize, hasData, type Item } from "./item.js";
import { entriesPerPage, entryBytes, nvsCrc } from "./layout.js";
import type { Page } from "./page.js";

/** @returns what was damaged, in sentences */
export function repair(page: Page, name: string): string[] {
  const problems: string[] = [];
  skipHalfWritten(page);
  let good = 0;
  for (let index = 0; index < entriesPerPage; ) {
    if (page.entryState(index) !== "written") {
      index++;
      continue;
    }
    const item = page.item(index);
    const problem = item ? dataProblem(page, index, item) : "damaged (CRC-32, span or key)";
    const span = item?.span ?? 1;
    if (problem) {
      page.erase(index, span);
      problems.push(`${name}, entry ${index}${item ? ` (${item.key})` : ""}: ${problem}`);
    } else good++;
    index += span;
  }
  if (problems.length > 1 && good === 0)
    return [
      `${name}: none of its ${problems.length} entries is whole: the page is damaged, or the partition encrypted`,
    ];
  return problems;
}

/** The power went after an entry's bytes were written, and before it was marked: no more can be written over it. */
function skipHalfWritten(page: Page): void {
  if (page.state !== "active") return;
  for (let index = entriesPerPage - 1; index >= entriesPerPage - page.room; index--) {
    if (page.entry(index).every((byte) => byte === 0xff)) continue;
    const first = entriesPerPage - page.room;
    page.erase(first, index + 1 - first);
  }
}

function dataProblem(page: Page, index: number, item: Item): string | undefined {
  for (let behind = index + 1; behind < index + item.span; behind++)
    if (page.entryState(behind) !== "written") return "half-written";
  if (hasData(item.type) && nvsCrc(dataOf(page, index, item)) !== dataCrc(item.field)) return "data damaged (CRC-32)";
  return undefined;
}

/** A string's bytes, or a chunk's. */
export function dataOf(page: Page, index: number, item: Item): Uint8Array {
  const start = entryBytes;
  return page.entry(index, item.span).subarray(start, start + dataSize(item.field));
}
