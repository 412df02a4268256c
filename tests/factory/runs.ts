/** What tests of whole runs share. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach } from "vitest";
import { countedRows, csvRows } from "../../tools/factory/rows.js";
import type { RunOptions } from "../../tools/factory/run.js";

/** The runs of a file's tests, each test in a folder of its own. */
export class Runs {
  /** Of the test that runs. */
  out = "";

  constructor() {
    beforeEach(() => {
      this.out = mkdtempSync(join(tmpdir(), "factory-"));
    });
    afterEach(() => rmSync(this.out, { recursive: true, force: true }));
  }

  /** Five records without images. */
  options(change: Partial<RunOptions> = {}): RunOptions {
    return {
      batch: "one",
      out: this.out,
      serials: "SN-#####",
      first: 1,
      openNetwork: false,
      recordsOnly: true,
      readCredential: () => {
        throw new Error("no certificates here");
      },
      rows: () => countedRows(5, {}),
      ...change,
    };
  }

  /** The rows of a CSV file, which is written. */
  csv(text: string): Pick<RunOptions, "serials" | "rows"> {
    const file = join(this.out, "rows.csv");
    writeFileSync(file, text);
    return { serials: undefined, rows: () => csvRows(file, {}) };
  }

  /** Serial number to key, of the list that a server takes. */
  devices(batch = "one"): Map<string, string> {
    const [, ...lines] = readFileSync(join(this.out, batch, "devices.csv"), "utf8")
      .trimEnd()
      .split("\r\n");
    return new Map(lines.map((line) => line.split(",").slice(1, 3) as [string, string]));
  }
}
