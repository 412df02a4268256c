import { installGlobals } from "../../mocks/moddable/globals.js";
import type { Journey } from "./journeys.js";
import type { World } from "./world.js";

// What XS has and Node has not.
installGlobals();

/** Plays a journey in Node: promises first, then the world's next turn. */
export async function play(journey: Journey): Promise<void> {
  let current: World | undefined;
  let over = false;
  const result = journey((world) => {
    current = world;
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
