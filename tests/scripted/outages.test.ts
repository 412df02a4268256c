import { expect, test } from "vitest";
import { dayOfOutages } from "./outages.js";
import { play } from "./play.js";

test.each([1, 2, 3, 4, 5, 6])("a day of random outages leaves nothing behind, seed %i", (seed) =>
  play(async (enter) => {
    const { outages, readings, events, executed, world } = await dayOfOutages(enter, seed);
    expect(Math.min(...Object.values(outages))).toBeGreaterThan(5);
    expect(world.agent.connections).toBeGreaterThan(40);
    expect([readings.last, events.last > 300, executed.last > 300]).toEqual([1_440, true, true]);
  }),
);
