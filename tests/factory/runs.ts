/** What tests of whole runs share. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { countedRows, csvRows } from "../../tools/factory/rows.js";
import type { RunOptions } from "../../tools/factory/run.js";

/** Five records without images in a folder. */
export const runOptions = (out: string, change: Partial<RunOptions> = {}): RunOptions => ({
  batch: "one",
  out,
  serials: "SN-#####",
  first: 1,
  openNetwork: false,
  recordsOnly: true,
  readCredential: () => {
    throw new Error("no certificates here");
  },
  rows: () => countedRows(5, {}),
  ...change,
});

/** The rows of a CSV file, which is written. */
export function csvIn(out: string, text: string): Pick<RunOptions, "serials" | "rows"> {
  writeFileSync(join(out, "rows.csv"), text);
  return { serials: undefined, rows: () => csvRows(join(out, "rows.csv"), {}) };
}

/** Serial number to key, of the list that a server takes. */
export const devicesIn = (out: string, batch = "one"): Map<string, string> =>
  new Map(
    readFileSync(join(out, batch, "devices.csv"), "utf8")
      .trimEnd()
      .split("\r\n")
      .slice(1)
      .map((line) => line.split(",").slice(1, 3) as [string, string]),
  );
