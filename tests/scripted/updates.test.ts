import { expect, test } from "vitest";
import { installGlobals } from "../../mocks/moddable/globals.js";
import { play } from "./play.js";
import { updateCases } from "./update-cases.js";
import { playUpdate, updateJourneys, updateOf, updatesWithPowerCuts } from "./updates.js";

installGlobals();

test.each(Object.keys(updateCases))("an update: %s", (name) => play((enter) => playUpdate(name, enter)));

test.each(["updatesCutEverywhere", "updateGoesOnAfterPowerCut", "updateSignedForSecureBoot"] as const)("%s", (name) =>
  play(updateJourneys[name]),
);

test("an image as large as the slot", () => play((enter) => updateOf(3_000_000, enter)));

test("the power may fail at every step of an update", () =>
  play(async (enter) => {
    expect(await updatesWithPowerCuts(enter)).toBeGreaterThan(60);
  }));
