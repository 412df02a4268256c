/**
 * All records that were ever made in a folder, a line of JSON each, in the order in which they were made: what makes
 * serial numbers, MAC addresses and keys unique over all batches, and what a run that was stopped goes on from. Secret.
 */
import {
  closeSync,
  createReadStream,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  writeSync,
} from "node:fs";
import { createInterface } from "node:readline";
import { recordFromJson, recordToJson } from "./formats.js";
import { checkRecord, type FactoryRecord } from "./record.js";
import { FactoryError } from "./rows.js";

export interface Entry {
  readonly batch: string;
  /** In the batch, from 1. */
  readonly row: number;
  readonly record: FactoryRecord;
}

export class Ledger {
  readonly #file: string;
  readonly #descriptor: number;

  /** Opens it, or makes it; a line that a stop has torn goes: nothing was made of it. */
  constructor(file: string) {
    this.#file = file;
    this.#descriptor = openSync(file, "a+", 0o600);
    ftruncateSync(this.#descriptor, wholeLinesBytes(this.#descriptor));
  }

  /** One at a time. */
  async *entries(): AsyncGenerator<Entry> {
    let number = 0;
    for await (const line of createInterface({ input: createReadStream(this.#file, "utf8"), crlfDelay: Infinity })) {
      number++;
      const entry = parseEntry(line);
      if (!entry) throw new FactoryError(`${this.#file}, line ${number} is damaged`);
      yield entry;
    }
  }

  append({ batch, row, record }: Entry): void {
    writeSync(this.#descriptor, `${JSON.stringify({ batch, row, ...recordToJson(record) })}\n`);
  }

  /** What was appended outlives a power cut from here on. */
  sync(): void {
    fsyncSync(this.#descriptor);
  }

  close(): void {
    closeSync(this.#descriptor);
  }
}

function parseEntry(line: string): Entry | undefined {
  try {
    const value = JSON.parse(line) as { batch?: unknown; row?: unknown };
    const record = recordFromJson(value);
    if (typeof value.batch !== "string" || typeof value.row !== "number" || !record || checkRecord(record))
      return undefined;
    return { batch: value.batch, row: value.row, record };
  } catch {
    return undefined;
  }
}

function wholeLinesBytes(descriptor: number): number {
  const block = Buffer.alloc(4096);
  for (let end = fstatSync(descriptor).size; end > 0; ) {
    const start = Math.max(0, end - block.length);
    const read = readSync(descriptor, block, 0, end - start, start);
    const newline = block.subarray(0, read).lastIndexOf("\n");
    if (newline >= 0) return start + newline + 1;
    end = start;
  }
  return 0;
}
