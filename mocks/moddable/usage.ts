/** What the device has of the network: sockets, now and at most since somebody began to count, and what it waits for. */
const KINDS = ["own", "accepted", "listeners", "udp", "searchMs", "lookups"] as const;
export type Kind = (typeof KINDS)[number];

const COUNT_BYTES = KINDS.length * Int32Array.BYTES_PER_ELEMENT;

/**
 * `own`: connections that the device has opened, or is opening; `accepted`: others, those that wait for it included;
 * `searchMs`: that the radio has looked for networks to join, in the chip's time; `lookups`: names that DNS was asked for.
 */
export class Usage {
  /** Shared, so that the parent of a virtual device reads along. */
  readonly buffer: SharedArrayBuffer;
  #now: Int32Array;
  #most: Int32Array;

  constructor(buffer = new SharedArrayBuffer(2 * COUNT_BYTES)) {
    this.buffer = buffer;
    this.#now = new Int32Array(buffer, 0, KINDS.length);
    this.#most = new Int32Array(buffer, COUNT_BYTES);
  }

  now(kind: Kind): number {
    return this.#now[KINDS.indexOf(kind)]!;
  }

  /** Since the boot or `countAnew`. */
  get most(): Readonly<Record<Kind, number>> {
    return Object.fromEntries(KINDS.map((kind, index) => [kind, this.#most[index]])) as Record<Kind, number>;
  }

  change(kind: Kind, change: number): void {
    const index = KINDS.indexOf(kind);
    this.#now[index]! += change;
    this.#most[index] = Math.max(this.#most[index]!, this.#now[index]!);
  }

  countAnew(): void {
    this.#most.set(this.#now);
  }

  /** A reset leaves nothing. */
  reset(): void {
    this.#now.fill(0);
    this.#most.fill(0);
  }
}

let usage = new Usage();

/** From the boot on it is counted there. */
export function countInto(buffer: SharedArrayBuffer): void {
  usage = new Usage(buffer);
}

export const inUse = (kind: Kind): number => usage.now(kind);
export const count = (kind: Kind, change: number): void => usage.change(kind, change);
