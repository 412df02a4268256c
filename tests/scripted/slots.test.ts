import { expect, test } from "vitest";
import { installGlobals } from "../../mocks/moddable/globals.js";
import { play } from "./play.js";
import { slotsLives, slotsWithCuts } from "./slots.js";

installGlobals();

test.each(slotsLives)("%s: the power may fail anywhere", (name) =>
  play(async (enter) => {
    // Flash operations and connections.
    expect(await slotsWithCuts(enter, name)).toBeGreaterThanOrEqual(4);
  }),
);
