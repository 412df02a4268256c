import { describe, test } from "vitest";
import { installGlobals } from "../../mocks/moddable/globals.js";
import { gatewayJourneys } from "./gateway.js";
import { improvJourneys } from "./improv.js";
import { journeys } from "./journeys.js";
import { outboxJourneys } from "./outbox-journeys.js";
import { play } from "./play.js";
import { safeJourneys } from "./safe.js";

installGlobals();

describe("journeys over scripted IO", () => {
  for (const [name, journey] of Object.entries({
    ...journeys,
    ...gatewayJourneys,
    ...improvJourneys,
    ...outboxJourneys,
    ...safeJourneys,
  }))
    test(name, () => play(journey));
});
