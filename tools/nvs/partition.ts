/** An NVS partition as the chip uses it: mounted, read, and changed in place. See layout.ts. */
import {
  type BlobIndex,
  decodeBlobIndex,
  encodeBlobIndex,
  encodeDataItem,
  encodeItem,
  type Item,
  type ItemHead,
} from "./item.js";
import { chunkStarts, entryBytes, maxDataBytes, noChunk, pageBytes, typeCodes } from "./layout.js";
import type { Page } from "./page.js";
import { Pages, type Place } from "./pages.js";
import { dataOf } from "./repair.js";
import { dataAt, inOrder, isReplaced, itemAt, type Stored, sizeOf, storedType, typeOf } from "./stored.js";
import {
  checkEntry,
  decodeNumber,
  decodeString,
  encodeNumber,
  encodeString,
  isSameValue,
  type NvsEntry,
  type NvsValue,
  numberTypes,
} from "./value.js";

/** The namespace of the namespaces' names. */
const names = 0;
const maxNamespaces = 254;
/** The chip begins a blob on a new page rather than with a chunk that is smaller. */
const smallChunkBytes = maxDataBytes / 10;
/** A blob's chunks are numbered with seven bits. */
const maxChunks = 127;

export class NvsPartition {
  /** As they are in flash after each call. */
  readonly bytes: Uint8Array;
  /** What was found damaged and left out, in sentences. */
  readonly problems: string[];
  readonly #pages: Pages;
  readonly #namespaces = new Map<string, number>();
  /** Of a key, one for each type at most; mostly one. */
  readonly #values = new Map<string, Stored[]>();

  /**
   * Mounts what is in flash, as the chip does: what is half-written or damaged is given up.
   * @param bytes whole pages; changed in place
   * @throws RangeError for another length
   */
  constructor(bytes: Uint8Array) {
    if (bytes.length === 0 || bytes.length % pageBytes !== 0)
      throw new RangeError(`an NVS partition has a multiple of ${pageBytes} bytes, not ${bytes.length}`);
    this.bytes = bytes;
    this.#pages = new Pages(bytes);
    this.problems = this.#pages.problems;
    this.#index();
  }

  entries(): NvsEntry[] {
    const namespaces = new Map([...this.#namespaces].map(([name, index]) => [index, name]));
    return [...this.#values.values()].flat().flatMap((stored) => {
      const namespace = namespaces.get(stored.namespace);
      return namespace === undefined ? [] : [{ namespace, key: stored.key, value: this.#read(stored) }];
    });
  }

  keys(namespace: string): string[] {
    const index = this.#namespaces.get(namespace);
    const all = [...this.#values.values()].flat();
    return all.filter((stored) => stored.namespace === index).map(({ key }) => key);
  }

  /** What `nvs_find_key` finds. */
  get(namespace: string, key: string): NvsValue | undefined {
    return this.values(namespace, key)[0];
  }

  /**
   * Of one key, in the order in which the chip finds them. They are of different types: where the power went between a
   * value of another type and the erasure of the old one, and they are in different pages, the chip keeps both.
   */
  values(namespace: string, key: string): NvsValue[] {
    return this.#find(nameOf(this.#namespaces.get(namespace), key)).map((stored) => this.#read(stored));
  }

  /**
   * Writes a value, and erases the one it replaces; where that is the same, nothing is written. False: there is no room,
   * and the old value stays.
   * @throws RangeError for what fits into no partition
   */
  set(entry: NvsEntry): boolean {
    checkEntry(entry);
    const namespace = this.#open(entry.namespace);
    if (namespace === undefined) return false;
    const { key, value } = entry;
    const name = nameOf(namespace, key);
    const found = this.#find(name);
    const old = found.find((stored) => typeOf(stored) === storedType(value)) ?? found[0];
    if (old && this.#isSame(old, value)) return true;
    const places = this.#write({ namespace, key }, value, old);
    if (!places) return false;
    if (old) this.#drop(name, old);
    this.#add(name, { namespace, key, places });
    return true;
  }

  /** Of a key with several values the first one. False: there is no such key. */
  erase(namespace: string, key: string): boolean {
    const name = nameOf(this.#namespaces.get(namespace), key);
    const first = this.#find(name)[0];
    if (first) this.#drop(name, first);
    return first !== undefined;
  }

  #find(name: string): Stored[] {
    return inOrder(this.#values.get(name) ?? []);
  }

  #add(name: string, stored: Stored): void {
    this.#values.set(name, [...(this.#values.get(name) ?? []), stored]);
  }

  #drop(name: string, stored: Stored): void {
    for (const place of stored.places.toReversed()) this.#pages.erase(place);
    const left = this.#values.get(name)?.filter((one) => one !== stored) ?? [];
    if (left.length > 0) this.#values.set(name, left);
    else this.#values.delete(name);
  }

  /** A namespace's index; its name takes an entry, for ever. Undefined: no room. */
  #open(name: string): number | undefined {
    const known = this.#namespaces.get(name);
    if (known !== undefined) return known;
    const taken = new Set(this.#namespaces.values());
    const index = Array.from({ length: maxNamespaces }, (_, at) => at + 1).find((one) => !taken.has(one));
    if (index === undefined) return undefined;
    const field = encodeNumber({ type: "u8", value: index });
    if (!this.#append(encodeItem({ namespace: names, type: typeCodes.u8, key: name }, field))) return undefined;
    this.#namespaces.set(name, index);
    return index;
  }

  /** A blob of version 1 is another kind of item, and is replaced (nvs_storage.cpp, `Storage::writeItem`). */
  #isSame(old: Stored, value: NvsValue): boolean {
    return typeOf(old) !== typeCodes.oldBlob && isSameValue(this.#read(old), value);
  }

  #write(owner: Pick<ItemHead, "namespace" | "key">, value: NvsValue, old?: Stored): Place[] | undefined {
    if (value.type === "blob") return this.#writeBlob(owner, value.value, this.#nextStart(old));
    const head = { ...owner, type: typeCodes[value.type] };
    const place = this.#append(
      value.type === "string" ? encodeDataItem(head, encodeString(value.value)) : encodeItem(head, encodeNumber(value)),
    );
    return place && [place];
  }

  #append(bytes: Uint8Array): Place | undefined {
    const span = bytes.length / entryBytes;
    if (this.#pages.room < span && (!this.#pages.next() || this.#pages.room < span)) return undefined;
    return this.#pages.append(bytes);
  }

  #nextStart(old: Stored | undefined): number {
    const item = old && itemAt(old.places.at(-1)!);
    const former = item?.type === typeCodes.blobIndex ? decodeBlobIndex(item.field).firstChunk : chunkStarts[1];
    return former === chunkStarts[0] ? chunkStarts[1] : chunkStarts[0];
  }

  #writeBlob(owner: Pick<ItemHead, "namespace" | "key">, data: Uint8Array, firstChunk: number): Place[] | undefined {
    if (data.length > Math.min(this.#pages.count - 1, maxChunks) * maxDataBytes || !this.#roomForChunk(data.length))
      return undefined;
    const places: Place[] = [];
    const giveUp = (): undefined => {
      for (const place of places) this.#pages.erase(place);
    };
    let written = 0;
    do {
      const roomBytes = this.#chunkRoom;
      if (roomBytes === 0) return giveUp();
      const chunk = data.subarray(written, written + roomBytes);
      const head = { ...owner, type: typeCodes.blobData, chunk: firstChunk + places.length };
      places.push(this.#pages.append(encodeDataItem(head, chunk)));
      written += chunk.length;
      const isPageFull = roomBytes - chunk.length < entryBytes;
      if ((written < data.length || isPageFull) && !this.#pages.next()) return giveUp();
    } while (written < data.length);
    const index = encodeBlobIndex({ sizeBytes: data.length, chunks: places.length, firstChunk });
    const place = this.#append(encodeItem({ ...owner, type: typeCodes.blobIndex }, index));
    return place ? [...places, place] : giveUp();
  }

  /** Bytes of a blob that the page still takes. */
  get #chunkRoom(): number {
    return Math.max(0, this.#pages.room - 1) * entryBytes;
  }

  /** False: no page has any, as far as the chip looks. */
  #roomForChunk(sizeBytes: number): boolean {
    for (;;) {
      const roomBytes = this.#chunkRoom;
      if (roomBytes >= Math.max(sizeBytes, 1) || roomBytes >= smallChunkBytes) return true;
      if (!this.#pages.next() || this.#chunkRoom <= roomBytes) return false;
    }
  }

  /** Finds the values among the items; what a power cut left beside its successor goes. */
  #index(): void {
    const chunks = new Map<string, Place>();
    for (const page of this.#pages.begun)
      for (const [index, item] of page.items()) this.#indexItem(page, index, item, chunks);
    for (const [name, all] of this.#values) for (const stored of all) this.#indexBlob(name, stored, chunks);
    for (const place of chunks.values()) this.#pages.erase(place);
    const known = new Set(this.#namespaces.values());
    for (const { namespace, key } of [...this.#values.values()].flat())
      if (!known.has(namespace)) this.problems.push(`${key}: its namespace ${namespace} has no name`);
  }

  #indexItem(page: Page, index: number, item: Item, chunks: Map<string, Place>): void {
    const { namespace, key, type } = item;
    if (namespace === names) {
      const number = item.field[0]!;
      if (type === typeCodes.u8 && !this.#namespaces.has(key)) this.#namespaces.set(key, number);
      return;
    }
    if (!Object.values<number>(typeCodes).includes(type)) {
      this.problems.push(`${key}: the type 0x${type.toString(16)} is not known`);
      return;
    }
    if (type === typeCodes.string && decodeString(dataOf(page, index, item)) === undefined) {
      this.problems.push(`${key}: a string without a NUL at its end, or no UTF-8`);
      return;
    }
    const place = this.#pages.remember(page, index);
    if (type === typeCodes.blobData) {
      const name = nameOf(namespace, key, item.chunk);
      const older = chunks.get(name);
      if (older) this.#pages.erase(older);
      chunks.set(name, place);
      return;
    }
    const name = nameOf(namespace, key);
    for (const older of this.#values.get(name) ?? []) if (isReplaced(older, place)) this.#drop(name, older);
    this.#add(name, { namespace, key, places: [place] });
  }

  /** Gathers a blob's chunks, which come out of `chunks`. */
  #indexBlob(name: string, stored: Stored, chunks: Map<string, Place>): void {
    const place = stored.places[0]!;
    const { namespace, key, type, field } = itemAt(place);
    if (type !== typeCodes.blobIndex) return;
    const index = decodeBlobIndex(field);
    const chunkNames = Array.from({ length: index.chunks }, (_, at) => nameOf(namespace, key, index.firstChunk + at));
    const places = chunkNames.flatMap((chunk) => chunks.get(chunk) ?? []);
    if (places.length < index.chunks || sizeOf(places) !== index.sizeBytes) {
      this.problems.push(`${key}: ${incomplete(index, places)}`);
      this.#drop(name, stored);
      return;
    }
    for (const chunk of chunkNames) chunks.delete(chunk);
    stored.places.unshift(...places);
  }

  #read({ places }: Stored): NvsValue {
    const last = places.at(-1)!;
    const { type, field } = itemAt(last);
    if (type === typeCodes.string) return { type: "string", value: decodeString(dataAt(last))! };
    if (type === typeCodes.oldBlob) return { type: "blob", value: dataAt(last).slice() };
    if (type !== typeCodes.blobIndex)
      return decodeNumber(numberTypes.find((number) => typeCodes[number] === type)!, field);
    const value = new Uint8Array(decodeBlobIndex(field).sizeBytes);
    let read = 0;
    for (const place of places.slice(0, -1)) {
      value.set(dataAt(place), read);
      read += dataAt(place).length;
    }
    return { type: "blob", value };
  }
}

const nameOf = (namespace: number | undefined, key: string, chunk = noChunk): string => `${namespace} ${chunk} ${key}`;
function incomplete(index: BlobIndex, places: Place[]): string {
  return `a blob of ${index.sizeBytes} bytes in ${index.chunks} chunks, of which ${places.length} with ${sizeOf(places)} bytes are there`;
}
