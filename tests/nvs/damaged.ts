/** NVS partitions as nothing but a fault leaves them, and what nvs_flash_init of ESP-IDF 6.0.2 says to them. */
import { entryBytes, nvsCrc, pageBytes, pageStates } from "../../tools/nvs/layout.js";

/** `ESP_ERR_NVS_…` */
export const NO_FREE_PAGES = 0x110d;
export const NEW_VERSION = 0x1110;

/** In what storage_start.c tells of a start. */
export const IN_THIS_START = 1 << 16;
export const FROM_COPY = 1 << 17;

export interface Damage {
  readonly name: string;
  /** `esp_err_t`; 0: it opens. Tried out with ESP-IDF's own nvs_flash on Linux. */
  readonly error: number;
  /** None of the factory's record can be read any more. */
  readonly isLost?: true;
  /** Of a partition that holds a record in its first pages. */
  spoil(partition: Uint8Array): void;
}

export const damages: readonly Damage[] = [
  {
    name: "pages of a newer version",
    error: NEW_VERSION,
    spoil: (bytes) => eachPage(bytes, (page) => isBegun(page) && rewrite(page, { version: 0xfd })),
  },
  { name: "one page of a newer version", error: NEW_VERSION, spoil: (bytes) => rewrite(bytes, { version: 0xfd }) },
  { name: "all pages full", error: NO_FREE_PAGES, spoil: (bytes) => beginAll(bytes, pageStates.full) },
  { name: "all pages active", error: NO_FREE_PAGES, spoil: (bytes) => beginAll(bytes, pageStates.active) },
  { name: "the second half zeroed", error: 0, spoil: (bytes) => bytes.fill(0, bytes.length / 2) },
  { name: "the second half erased", error: 0, spoil: (bytes) => bytes.fill(0xff, bytes.length / 2) },
  { name: "zeros", error: 0, isLost: true, spoil: (bytes) => bytes.fill(0) },
  { name: "blank", error: 0, isLost: true, spoil: (bytes) => bytes.fill(0xff) },
  { name: "garbage", error: 0, isLost: true, spoil: garble },
];

/** Some three hundred bits of all, by a seed. */
export function flipBits(bytes: Uint8Array, seed: number): void {
  const next = random(seed);
  for (let flips = 0; flips < 300; flips++) bytes[next() % bytes.length]! ^= 1 << (next() % 8);
}

function garble(bytes: Uint8Array): void {
  const next = random(1);
  for (let at = 0; at < bytes.length; at++) bytes[at] = next();
}

/** Park and Miller's minimal standard. */
function random(seed: number): () => number {
  let state = seed * 48_271 + 1;
  return () => {
    state = (state * 48_271) % 0x7fffffff;
    return state >> 4;
  };
}

function eachPage(bytes: Uint8Array, change: (page: Uint8Array, index: number) => unknown): void {
  for (let at = 0; at < bytes.length; at += pageBytes) change(bytes.subarray(at, at + pageBytes), at / pageBytes);
}

const isBegun = (page: Uint8Array) => page.subarray(0, entryBytes).some((byte) => byte !== 0xff);

function beginAll(bytes: Uint8Array, state: number): void {
  eachPage(bytes, (page, index) =>
    rewrite(page, isBegun(page) ? { state } : { state, version: 0xfe, sequence: 100 + index }),
  );
}

interface Header {
  readonly state?: number;
  readonly version?: number;
  readonly sequence?: number;
}

/** With the header's checksum. */
function rewrite(page: Uint8Array, { state, version, sequence }: Header): void {
  const view = new DataView(page.buffer, page.byteOffset, pageBytes);
  if (state !== undefined) view.setUint32(0, state, true);
  if (sequence !== undefined) view.setUint32(4, sequence, true);
  if (version !== undefined) page[8] = version;
  view.setUint32(28, nvsCrc(page.subarray(4, 28)), true);
}
