import { describe, test } from "vitest";
import { journeys } from "./journeys.js";
import { play } from "./play.js";

describe("journeys over scripted IO", () => {
  for (const [name, journey] of Object.entries(journeys)) test(name, () => play(journey));
});
