import { describe, expect, test } from "vitest";
import { installGlobals } from "../../mocks/moddable/globals.js";
import { play } from "./play.js";
import { type Family, livesWithCuts } from "./power.js";

installGlobals();

describe.each<Family>(["device service", "xiaozhi"])("with the %s the power may fail anywhere", (family) => {
  test.each([1, 2, 3, 4, 5])("seed %i", (seed) =>
    play(async (enter) => {
      // From a blank board over four troubles: flash operations, requests, answers, connections.
      expect(await livesWithCuts(enter, family, seed)).toBeGreaterThanOrEqual(50);
    }),
  );
});
