import { describe, test } from "vitest";
import { installGlobals } from "../../mocks/moddable/globals.js";
import { healthRows, playHealth } from "./health.js";
import { rowsOf } from "./matrix.js";
import { plays } from "./matrix-play.js";
import { play } from "./play.js";

installGlobals();

describe.each(Object.entries(plays))("%s", (_name, { endpoint, play: playRow }) => {
  const statuses = [...new Set(rowsOf(endpoint).map(({ status }) => status))];
  test.each(statuses)("status %i with every body", (status) =>
    play(async (enter) => {
      const rows = rowsOf(endpoint).filter((row) => row.status === status);
      const wrong: string[] = [];
      for (const row of rows) await playRow(row, enter).catch((error: Error) => wrong.push(error.message));
      if (wrong.length) throw new Error(`${wrong.length} of ${rows.length}:\n${wrong.join("\n")}`);
    }),
  );
});

describe("the page's reason, with every health", () => {
  test.each(Object.keys(healthRows))("%s", (name) => play((enter) => playHealth(name, enter)));
});
