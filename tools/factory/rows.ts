/** What a line wants for each board: rows of a CSV file, or so many with nothing but serial numbers by a pattern. */
import { createReadStream } from "node:fs";
import { posix, win32 } from "node:path";
import { createInterface } from "node:readline";
import { csvCells } from "./formats.js";

/** Of the CSV; an empty cell says nothing, and the command line's default holds. */
export const rowColumns = [
  "serial_number",
  "mac_address",
  "hmac_key",
  "hardware_version",
  "product_id",
  "url",
  "url_locked",
  "min_version",
  "ap_password",
  "device_token",
  "device_cert",
  "device_key",
  "claim_cert",
  "claim_key",
] as const;
export type RowColumn = (typeof rowColumns)[number];
export type Row = Partial<Record<RowColumn, string>> & {
  /** Of the CSV, from 1. */
  readonly line?: number;
};

/** These name files. */
const fileColumns: ReadonlySet<RowColumn> = new Set(["device_cert", "device_key", "claim_cert", "claim_key"]);

/** Something that a person has to put right; the message names the place, and no secret. */
export class FactoryError extends Error {}

/** @param defaults for cells that are empty */
export async function* csvRows(file: string, defaults: Row): AsyncGenerator<Row> {
  const lines = createInterface({ input: createReadStream(file, "utf8"), crlfDelay: Infinity });
  let columns: string[] | undefined;
  let number = 0;
  for await (const line of lines) {
    number++;
    if (line.trim() === "") continue;
    const cells = csvCells(line.replace(/^\ufeff/, ""));
    if (!cells) throw new FactoryError(`${file}, line ${number}: the quotes do not match`);
    if (!columns) {
      columns = cells;
      if (cells.length === 1 && cells[0]!.includes(";"))
        throw new FactoryError(`${file}, line ${number}: semicolons; commas are needed between the cells`);
      const stranger = cells.find((cell) => !(rowColumns as readonly string[]).includes(cell));
      if (stranger !== undefined)
        throw new FactoryError(
          `${file}, line ${number}: there is no column "${stranger}", only ${rowColumns.join(", ")}`,
        );
      continue;
    }
    if (cells.length > columns.length) throw new FactoryError(`${file}, line ${number}: more cells than columns`);
    const stray = columns.find((column, at) => fileColumns.has(column as RowColumn) && leadsOut(cells[at] ?? ""));
    if (stray !== undefined)
      throw new FactoryError(`${file}, line ${number}: ${stray} names a file outside of the folder of the CSV`);
    const given = columns.flatMap((column, at) => (cells[at] ? [[column, cells[at]]] : []));
    yield { ...defaults, ...Object.fromEntries(given), line: number };
  }
}

/** Whoever gives the list gets a board with what is in the file: it must not be any key of the machine's. */
function leadsOut(path: string): boolean {
  return [posix, win32].some((system) => system.isAbsolute(path) || /^\.\.(?:[\\/]|$)/.test(system.normalize(path)));
}

export async function* countedRows(count: number, defaults: Row): AsyncGenerator<Row> {
  for (let row = 0; row < count; row++) yield { ...defaults };
}

/** `SN-####` with 7 is `SN-0007`. @throws FactoryError where the number has more digits than the pattern */
export function serialOf(pattern: string, number: number): string {
  const place = /#+/.exec(pattern);
  if (!place) throw new FactoryError(`--serials: "${pattern}" has no # for the number`);
  const digits = String(number).padStart(place[0].length, "0");
  if (digits.length > place[0].length) throw new FactoryError(`--serials: "${pattern}" has no room for ${number}`);
  return pattern.slice(0, place.index) + digits + pattern.slice(place.index + place[0].length);
}
