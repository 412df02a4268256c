import { expect, test } from "vitest";
import { fuzzParsers } from "../../tools/fuzz/parsers.js";
import { fuzzPortal, MAX_GROWTH_BYTES } from "../../tools/fuzz/portal.js";
import { Random } from "../../tools/fuzz/random.js";
import "../moddable/support.js";

/** `npm run fuzz` does a hundred thousand of each. */
const COUNT = 2_000;
const SEED = 1;

test(`the parsers take ${COUNT} hostile inputs each`, () => {
  fuzzParsers(COUNT, new Random(SEED));
});

test(`a device in its portal serves as before after ${COUNT} hostile packets and requests`, async () => {
  const { before, after, answered, statuses } = await fuzzPortal(SEED, COUNT, COUNT);
  // Some of both are answered, or the fuzz would not get past the first check.
  expect(answered).toBeGreaterThan(COUNT / 20);
  expect(answered).toBeLessThan(COUNT);
  for (const status of ["200", "302", "400", "404", "413", "none"]) expect(statuses.get(status)).toBeGreaterThan(0);
  expect(after.connections).toBe(0);
  expect(after.heapBytes - before.heapBytes).toBeLessThan(MAX_GROWTH_BYTES);
}, 180_000);
