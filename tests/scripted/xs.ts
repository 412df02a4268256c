/** The journeys as bare XS runs them: commands come in as text (tests/xs/run.mjs). */

import { fleetJourneys } from "./fleet-life.js";
import { gatewayJourneys } from "./gateway.js";
import { improvJourneys } from "./improv.js";
import { journeys, type Playable } from "./journeys.js";
import { justInTimeJourneys } from "./just-in-time.js";
import { matrixJourneys } from "./matrix-play.js";
import { outageJourneys } from "./outages.js";
import { outboxJourneys } from "./outbox-journeys.js";
import { powerJourneys } from "./power.js";
import { rotationJourneys } from "./rotation.js";
import { safeJourneys } from "./safe.js";
import { slotsJourneys } from "./slots.js";
import { strangersJourneys } from "./strangers.js";
import { updateJourneys } from "./updates.js";
import { vendingJourneys } from "./vending.js";
import { answerCommands, collectGarbage, encode } from "./xs-globals.js";

const all: Readonly<Record<string, (enter: (played: Playable) => void) => Promise<unknown>>> = {
  ...journeys,
  ...gatewayJourneys,
  ...matrixJourneys,
  ...powerJourneys,
  ...outboxJourneys,
  ...updateJourneys,
  ...vendingJourneys,
  ...slotsJourneys,
  ...justInTimeJourneys,
  ...fleetJourneys,
  ...rotationJourneys,
  ...outageJourneys,
  ...strangersJourneys,
  ...improvJourneys,
  ...safeJourneys,
};
let current: Playable | undefined;
let outcome = "running";

function start(name: string): void {
  current = undefined;
  outcome = "running";
  const enter = (played: Playable) => {
    current = played;
  };
  all[name]!(enter).then(
    () => {
      outcome = "passed";
    },
    (error: unknown) => {
      outcome = `failed: ${error instanceof Error ? error.message : String(error)}`;
    },
  );
}

/** @returns the outcome so far; "steady": running, and nothing to collect */
function turn(): string {
  try {
    current?.turn();
  } catch (error) {
    outcome = `failed: ${(error as Error).message}`;
  }
  if (outcome !== "running" || !current?.isSteady) return outcome;
  collectGarbage();
  return "steady";
}

/** Each with all promises of the one before it behind it; after a steady one the harness looks at the heap. */
function turns(left: number, answer: { result: ArrayBuffer }): void {
  const reply = outcome === "running" ? turn() : outcome;
  if (reply === "running" && left > 1) setImmediate(() => turns(left - 1, answer));
  else answer.result = encode(reply);
}

/** `list`, `start <name>`, `turns <most>`: the answer is the journey's outcome so far. */
answerCommands((command, argument) => {
  if (command === "list") return Object.keys(all).join(" ");
  if (command === "start") {
    start(argument!);
    return outcome;
  }
  const answer = { result: encode("") };
  turns(Number(argument), answer);
  return answer;
});
