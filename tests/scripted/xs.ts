/** The journeys as bare XS runs them: commands come in as text, one turn each (tests/xs/run.mjs). */
import { journeys, type Playable } from "./journeys.js";
import { matrixJourneys } from "./matrix-play.js";
import { outageJourneys } from "./outages.js";
import { outboxJourneys } from "./outbox-journeys.js";
import { powerJourneys } from "./power.js";
import { updateJourneys } from "./updates.js";

declare global {
  var handleCommand: (message: ArrayBuffer) => ArrayBuffer;
}
/** The engine's worker gives these beside the language. */
declare const print: (text: string) => void;
declare const gc: () => void;

Object.assign(globalThis, { trace: (...parts: unknown[]) => print(parts.join("").trimEnd()) });
// The SDK's XS has these; the worker's has not.
Object.assign(ArrayBuffer, { fromString: encode });
Object.assign(String, { fromArrayBuffer: (bytes: ArrayBuffer) => new TextDecoder().decode(bytes) });

const all: Readonly<Record<string, (enter: (played: Playable) => void) => Promise<unknown>>> = {
  ...journeys,
  ...matrixJourneys,
  ...powerJourneys,
  ...outboxJourneys,
  ...updateJourneys,
  ...outageJourneys,
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

/** `list`, `start <name>`, `turn`: the answer is the journey's outcome so far; "steady": running, and nothing to collect. */
globalThis.handleCommand = (message) => {
  const [command, name] = new TextDecoder().decode(message).split(" ");
  if (command === "list") return encode(Object.keys(all).join(" "));
  if (command === "start") start(name!);
  else if (outcome === "running") {
    try {
      current?.turn();
    } catch (error) {
      outcome = `failed: ${(error as Error).message}`;
    }
  }
  if (outcome !== "running" || !current?.isSteady) return encode(outcome);
  gc();
  return encode("steady");
};

function encode(text: string): ArrayBuffer {
  return new TextEncoder().encode(text).buffer as ArrayBuffer;
}
