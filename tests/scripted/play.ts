import { installGlobals } from "../../mocks/moddable/globals.js";
import type { Journey, Playable } from "./journeys.js";

// What XS has and Node has not.
installGlobals();

/** Plays a journey in Node: promises first, then the world's next turn. */
export async function play(journey: Journey): Promise<void> {
  let current: Playable | undefined;
  let over = false;
  const result = journey((played) => {
    current = played;
  }).finally(() => {
    over = true;
  });
  result.catch(() => {}); // awaited below
  while (!over) {
    await new Promise((done) => setImmediate(done));
    if (!over) current?.turn();
  }
  await result;
}
