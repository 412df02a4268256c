/** One run for a batch: keys into the ledger first, then everything that is made of them. */
import {
  closeSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { makeRecords } from "./batch.js";
import { type CheckOptions, checkRows } from "./check.js";
import { Ledger } from "./ledger.js";
import { ServerLists, writeBoard } from "./outputs.js";
import { FactoryError } from "./rows.js";

export interface RunOptions extends CheckOptions {
  /** Of all batches. */
  readonly out: string;
  /** No images and labels. */
  readonly recordsOnly: boolean;
  /** Called with how many images and labels are written. */
  readonly tick?: (boards: number) => void;
}

export interface RunResult {
  readonly folder: string;
  /** Records made now, and records that an earlier run had made. */
  readonly made: number;
  readonly before: number;
}

/** @throws FactoryError for what a person has to put right; no record was made then */
export async function runBatch(options: RunOptions): Promise<RunResult> {
  const { out, batch } = options;
  const folder = join(out, batch);
  mkdirSync(out, { recursive: true, mode: 0o700 });
  const unlock = lock(join(out, "lock"));
  const ledgerFile = join(out, "records.jsonl");
  const ledger = new Ledger(ledgerFile);
  try {
    const done = await checkRows(options, ledger.entries(), join(out, ".check"));
    let made = 0;
    for await (const entry of makeRecords(options.rows(), options, done)) {
      ledger.append(entry);
      made++;
    }
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    // Nothing leaves the folder with a key that the ledger could still forget.
    ledger.sync();
    await writeOutputs(ledger, options, folder);
    return { folder, made, before: done };
  } finally {
    ledger.close();
    unlock();
    removeEmpty(out, ledgerFile);
  }
}

/** A run that made nothing leaves nothing. */
function removeEmpty(out: string, ledgerFile: string): void {
  if (statSync(ledgerFile).size > 0) return;
  rmSync(ledgerFile);
  if (readdirSync(out).length === 0) rmdirSync(out);
}

async function writeOutputs(ledger: Ledger, options: RunOptions, folder: string): Promise<void> {
  const { batch, recordsOnly, tick } = options;
  const lists = new ServerLists(folder);
  for await (const entry of ledger.entries()) {
    if (entry.batch !== batch) continue;
    lists.add(entry.record);
    tick?.(entry.row - 1);
    if (!recordsOnly) writeBoard(folder, entry.record);
  }
  lists.close();
}

/** Two runs at once could make the same serial number twice. The lock of a run that is no more is taken over. */
function lock(file: string): () => void {
  try {
    const descriptor = openSync(file, "wx", 0o600);
    writeSync(descriptor, String(process.pid));
    closeSync(descriptor);
    return () => rmSync(file, { force: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
  const owner = Number(readFileSync(file, "utf8"));
  if (owner !== process.pid && isRunning(owner))
    throw new FactoryError(`another run (process ${owner}) works in this folder`);
  rmSync(file, { force: true });
  return lock(file);
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
