/**
 * What has to be there only once, of any number of records, as fingerprints in files: each file holds those that begin
 * with the same bits, so that they are compared in the memory that one file takes.
 */
import { createHash } from "node:crypto";
import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { recordToJson } from "./formats.js";
import type { FactoryRecord } from "./record.js";

/** Of a record. `form`: all that it says but for its key and password, which may be made anew, and its place. */
export const KINDS = ["serial number", "MAC address", "key", "form"] as const;
export type Kind = (typeof KINDS)[number];

export interface Fingerprint {
  readonly kind: Kind;
  /** 64 bits. */
  readonly mark: bigint;
  /** An index that the caller gives. */
  readonly batch: number;
  /** In the batch, from 1. */
  readonly row: number;
}

/** Fewer than the 256 files that macOS lets a process open. */
const FILES = 64;
/** Mark, batch, row and kind. */
const BYTES = 8 + 4 + 4 + 1;
const BUFFERED = 256;

export class Fingerprints {
  readonly #folder: string;
  readonly #files: { descriptor: number; buffer: Buffer; used: number }[];

  /** @param folder made anew; secret as hashes of keys are */
  constructor(folder: string) {
    this.#folder = folder;
    this.#remove();
    mkdirSync(folder, { mode: 0o700 });
    this.#files = Array.from({ length: FILES }, (_, index) => ({
      descriptor: openSync(this.#path(index), "wx", 0o600),
      buffer: Buffer.alloc(BYTES * BUFFERED),
      used: 0,
    }));
  }

  add({ kind, mark, batch, row }: Fingerprint): void {
    const file = this.#files[Number(mark % BigInt(FILES))]!;
    const { buffer, used } = file;
    buffer.writeBigUInt64LE(mark, used);
    buffer.writeUInt32LE(batch, used + 8);
    buffer.writeUInt32LE(row, used + 12);
    buffer.writeUInt8(KINDS.indexOf(kind), used + 16);
    file.used += BYTES;
    if (file.used === buffer.length) flush(file);
  }

  /** What was added, equal marks in the same part, each part in the order in which it was added. */
  *parts(): Generator<Generator<Fingerprint>> {
    for (const [index, file] of this.#files.entries()) {
      flush(file);
      yield parse(readFileSync(this.#path(index)));
    }
  }

  close(): void {
    for (const { descriptor } of this.#files) closeSync(descriptor);
    this.#remove();
  }

  #remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #path(index: number): string {
    return join(this.#folder, String(index));
  }
}

function flush(file: { descriptor: number; buffer: Buffer; used: number }): void {
  writeSync(file.descriptor, file.buffer, 0, file.used);
  file.used = 0;
}

function* parse(bytes: Buffer): Generator<Fingerprint> {
  for (let at = 0; at < bytes.length; at += BYTES)
    yield {
      mark: bytes.readBigUInt64LE(at),
      batch: bytes.readUInt32LE(at + 8),
      row: bytes.readUInt32LE(at + 12),
      kind: KINDS[bytes.readUInt8(at + 16)]!,
    };
}

/** @param place where the record stands; the same form elsewhere is another one */
export function* marksOf(record: FactoryRecord, place: string): Generator<{ kind: Kind; mark: bigint }> {
  const { serial, mac, hmacKey, accessPointPassword } = record;
  // It names files, and some file systems take no notice of the letters' case.
  yield { kind: "serial number", mark: markOf(`serial ${serial.toLowerCase()}`) };
  if (mac) yield { kind: "MAC address", mark: markOf(`mac ${mac}`) };
  yield { kind: "key", mark: markOf(`key ${hmacKey}`) };
  const made = { hmacKey: "", accessPointPassword: accessPointPassword === undefined ? "none" : "one" };
  yield { kind: "form", mark: markOf(`form of ${place}: ${JSON.stringify({ ...recordToJson(record), ...made })}`) };
}

const markOf = (text: string): bigint => createHash("sha256").update(text).digest().readBigUInt64LE();
