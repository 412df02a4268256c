import { expect, test } from "vitest";
import { installGlobals } from "../../mocks/moddable/globals.js";
import { liveOutbox } from "./outbox-power.js";

installGlobals();

test.each([1, 2, 3, 4])("the power may fail at any flash operation, seed %i", (seed) => {
  let cut = 1;
  while (liveOutbox(seed, cut) >= cut) cut++;
  expect(cut).toBeGreaterThan(60);
});

test("a hundred other lives", () => {
  for (let seed = 100; seed < 200; seed++) liveOutbox(seed, 0);
});
