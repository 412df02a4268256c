/** Where serial numbers, MAC addresses and keys were seen: 16 bytes for each, so that a line's whole year fits into memory. */
import { createHash } from "node:crypto";
import { recordToJson } from "./formats.js";
import type { FactoryRecord } from "./record.js";

/** A power of two; it doubles when half of it is full. */
const FIRST_SLOTS = 1 << 12;
const ROWS = 2 ** 32;

export class Taken {
  /** Open addressing: a fingerprint of 64 bits stands at its own place or behind it; 0: free. */
  #marks = new BigUint64Array(FIRST_SLOTS);
  /** Of the fingerprint at the same index: the batch's index, and its row in the lower 32 bits. */
  #places = new Float64Array(FIRST_SLOTS);
  #count = 0;
  readonly #batches: string[] = [];

  /** @param row in the batch, from 1 */
  add(batch: string, row: number, record: FactoryRecord): void {
    const place = this.#batchIndex(batch) * ROWS + row;
    for (const [, mark] of marksOf(record)) this.#set(mark, place);
    this.#set(formOf(batch, row, record), place);
  }

  /** Whether a record's serial number and MAC address, where it has one, were seen in this place. */
  holds(batch: string, row: number, record: FactoryRecord): boolean {
    const place = placeOf(batch, row);
    return marksOf(record).every(([what, mark]) => what === "key" || this.#find(mark) === place);
  }

  /** Whether the record that was seen there says the same, but for a key and a password, which are made anew. */
  holdsForm(batch: string, row: number, record: FactoryRecord): boolean {
    return this.#find(formOf(batch, row, record)) !== undefined;
  }

  /** What of a record is there already, and where. */
  find(record: FactoryRecord): { what: string; place: string } | undefined {
    for (const [what, mark] of marksOf(record)) {
      const place = this.#find(mark);
      if (place !== undefined) return { what, place };
    }
    return undefined;
  }

  /** Of memory. */
  get bytes(): number {
    return this.#marks.byteLength + this.#places.byteLength;
  }

  #batchIndex(batch: string): number {
    const index = this.#batches.lastIndexOf(batch);
    return index < 0 ? this.#batches.push(batch) - 1 : index;
  }

  #find(mark: bigint): string | undefined {
    const slot = this.#slotOf(mark);
    if (this.#marks[slot] === 0n) return undefined;
    const place = this.#places[slot]!;
    return placeOf(this.#batches[Math.floor(place / ROWS)]!, place % ROWS);
  }

  /** Of the mark, or the free one where it belongs. */
  #slotOf(mark: bigint): number {
    const last = this.#marks.length - 1;
    let slot = Number(mark & BigInt(last));
    while (this.#marks[slot] !== 0n && this.#marks[slot] !== mark) slot = (slot + 1) & last;
    return slot;
  }

  #set(mark: bigint, place: number): void {
    const slot = this.#slotOf(mark);
    if (this.#marks[slot] === 0n) this.#count++;
    this.#marks[slot] = mark;
    this.#places[slot] = place;
    if (this.#count * 2 > this.#marks.length) this.#grow();
  }

  #grow(): void {
    const [marks, places] = [this.#marks, this.#places];
    this.#marks = new BigUint64Array(marks.length * 2);
    this.#places = new Float64Array(marks.length * 2);
    for (const [index, mark] of marks.entries()) {
      if (mark === 0n) continue;
      const slot = this.#slotOf(mark);
      this.#marks[slot] = mark;
      this.#places[slot] = places[index]!;
    }
  }
}

const placeOf = (batch: string, row: number): string => `batch ${batch}, row ${row}`;

const fingerprint = (text: string): bigint => createHash("sha256").update(text).digest().readBigUInt64LE() || 1n;

function formOf(batch: string, row: number, record: FactoryRecord): bigint {
  const { accessPointPassword } = record;
  const made = { hmacKey: "", accessPointPassword: accessPointPassword === undefined ? "none" : "one" };
  return fingerprint(`form of ${placeOf(batch, row)}: ${JSON.stringify({ ...recordToJson(record), ...made })}`);
}

function marksOf({ serial, mac, hmacKey }: FactoryRecord): [what: string, mark: bigint][] {
  return [
    // It names files, and some file systems take no notice of the letters' case.
    [`serial number ${serial}`, fingerprint(`serial ${serial.toLowerCase()}`)],
    ...(mac ? [[`MAC address ${mac}`, fingerprint(`mac ${mac}`)] as [string, bigint]] : []),
    ["key", fingerprint(`key ${hmacKey}`)],
  ];
}
