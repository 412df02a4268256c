/** Every row is looked at before anything is made: by itself, against the rows before it, and against what earlier runs made. */
import { type BatchOptions, recordOf } from "./batch.js";
import { type Fingerprint, Fingerprints, KINDS, type Kind, marksOf } from "./fingerprints.js";
import type { Entry } from "./ledger.js";
import { checkNewRecord, type FactoryRecord, recordMistakes } from "./record.js";
import { FactoryError, type Row } from "./rows.js";

/** Nobody reads more of them at once. */
const maxProblems = 20;

/** Index of the batch's rows now; what the ledger has of any batch stands behind it. */
const NOW = 0;

interface Problem {
  readonly row: number;
  /** Of two problems of a row, the lower one is told. */
  readonly rank: number;
  readonly text: string;
  /** The text begins with what of the row it is about. */
  readonly kind?: Kind;
}

export interface CheckOptions extends BatchOptions {
  /** The rows, from the first one each time. */
  rows(): AsyncIterable<Row>;
}

/**
 * In the same memory for any number of rows and entries.
 * @param entries what earlier runs made
 * @param folder for files while it looks
 * @returns how many rows of this batch earlier runs made
 * @throws FactoryError with the places of what is wrong
 */
export async function checkRows(options: CheckOptions, entries: AsyncIterable<Entry>, folder: string): Promise<number> {
  const fingerprints = new Fingerprints(folder);
  try {
    const { done, batches } = await addEntries(entries, fingerprints, options.batch);
    const problems = new FirstProblems();
    const rows = await addRows(options, fingerprints, problems);
    if (rows < done && problems.list.length === 0)
      throw nothingMade([`batch ${options.batch} has ${done} rows already, and there are only ${rows} now`]);
    for (const part of fingerprints.parts()) for (const problem of twins(part, batches, done)) problems.add(problem);
    if (problems.list.length > 0) throw nothingMade(await texts(problems.list, options));
    return done;
  } finally {
    fingerprints.close();
  }
}

/** The first of them, one for a row. */
class FirstProblems {
  list: Problem[] = [];

  add(problem: Problem): void {
    this.list.push(problem);
    this.list.sort((a, b) => a.row - b.row || a.rank - b.rank);
    this.list = this.list.filter(({ row }, index, all) => row !== all[index - 1]?.row).slice(0, maxProblems);
  }
}

async function addEntries(
  entries: AsyncIterable<Entry>,
  fingerprints: Fingerprints,
  batchNow: string,
): Promise<{ done: number; batches: string[] }> {
  const batches = [batchNow];
  let done = 0;
  for await (const { batch, row, record } of entries) {
    if (batch === batchNow) done = row;
    else if (batch.toLowerCase() === batchNow.toLowerCase())
      throw new FactoryError(`there is a batch ${batch}: some file systems take both for one folder`);
    if (batches.length === 1 || batch !== batches.at(-1)) batches.push(batch);
    const place = { batch: batches.length - 1, row };
    for (const mark of marksOf(record, placeOf(batch, row))) fingerprints.add({ ...mark, ...place });
  }
  return { done, batches };
}

/** @returns how many there are, up to the one that says enough */
async function addRows(options: CheckOptions, fingerprints: Fingerprints, problems: FirstProblems): Promise<number> {
  let row = 0;
  for await (const cells of options.rows()) {
    row++;
    const record = recordOf(cells, row, options);
    const text = mistakeOf(record, options);
    if (text) problems.add({ row, rank: 0, text });
    if (problems.list.length >= maxProblems) break;
    if (text) continue;
    // One that was made for this look alone is nobody's.
    for (const mark of marksOf(record, placeOf(options.batch, row)))
      if (mark.kind !== "key" || cells.hmac_key !== undefined) fingerprints.add({ ...mark, batch: NOW, row });
  }
  return row;
}

function mistakeOf(record: FactoryRecord, { serials }: CheckOptions): string | undefined {
  if (record.serial === "" && serials === undefined)
    return "no serial number: the column serial_number gives one, or --serials";
  const mistake = checkNewRecord(record);
  return mistake && recordMistakes[mistake];
}

/** What rows of now share with each other, or with what was made, and what of rows that were made is not the same. */
function* twins(part: Iterable<Fingerprint>, batches: readonly string[], done: number): Generator<Problem> {
  const earlier = new Map<bigint, string>();
  const now = new Map<bigint, string>();
  for (const { kind, mark, batch, row } of part) {
    const place = placeOf(batches[batch]!, row);
    if (batch !== NOW) {
      earlier.set(mark, place);
      continue;
    }
    const twin = now.get(mark) ?? (row > done ? earlier.get(mark) : undefined);
    if (twin !== undefined) yield { row, rank: 1 + KINDS.indexOf(kind), kind, text: `is that of ${twin}` };
    else if (row <= done && earlier.get(mark) !== place) yield { row, ...changed[kind] };
    now.set(mark, place);
  }
}

const otherRow = {
  rank: 10,
  text: "an earlier run made it with another serial number or MAC address: give this batch another name",
};
const otherCells = {
  rank: 11,
  text: "an earlier run made it with other options or cells: give it those, or begin in another folder (--out)",
};
const changed = { "serial number": otherRow, "MAC address": otherRow, key: otherCells, form: otherCells };

/** The rows are read once more, for what the files say of them. */
async function texts(problems: readonly Problem[], options: CheckOptions): Promise<string[]> {
  const texts: string[] = [];
  let row = 0;
  for await (const cells of options.rows()) {
    row++;
    const problem = problems[texts.length];
    if (!problem) break;
    if (problem.row !== row) continue;
    const place = cells.line === undefined ? `row ${row}` : `line ${cells.line}, row ${row}`;
    const { serial, mac } = recordOf(cells, row, options);
    const names: Partial<Record<Kind, string>> = {
      "serial number": `serial number ${serial}`,
      "MAC address": `MAC address ${mac}`,
    };
    const { kind, text } = problem;
    const subject = kind ? `its ${names[kind] ?? kind} ` : "";
    texts.push(`${place}: ${subject}${text}`);
  }
  return texts;
}

const nothingMade = (problems: readonly string[]): FactoryError =>
  new FactoryError(`nothing was made:\n${problems.join("\n")}`);

const placeOf = (batch: string, row: number): string => `batch ${batch}, row ${row}`;
