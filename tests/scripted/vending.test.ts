import { expect, test } from "vitest";
import { installGlobals } from "../../mocks/moddable/globals.js";
import { play } from "./play.js";
import { vendingWithCuts } from "./vending.js";

installGlobals();

test.each(["awslabs", "iot-atlas", "form"] as const)("%s: the power may fail anywhere", (dialect) =>
  play(async (enter) => {
    // Flash operations, requests, answers, connections.
    expect(await vendingWithCuts(enter, dialect)).toBeGreaterThanOrEqual(12);
  }),
);
