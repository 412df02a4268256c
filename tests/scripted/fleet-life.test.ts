import { expect, test } from "vitest";
import { installGlobals } from "../../mocks/moddable/globals.js";
import { accounts, fleetWithCuts } from "./fleet-life.js";
import { play } from "./play.js";

installGlobals();

test.each(Object.keys(accounts))("%s: the power may fail anywhere", (name) =>
  play(async (enter) => {
    // Flash operations, requests, answers, connections.
    expect(await fleetWithCuts(enter, name)).toBeGreaterThanOrEqual(16);
  }),
);
