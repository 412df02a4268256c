/** Lives in which the power fails at any step that changes something outside of the device's memory. In every engine. */
import { SETTINGS } from "../../modules/settings/settings.js";
import type { World } from "./world.js";

export type Enter = (world: World) => void;

const HOUR = 3_600_000;

/**
 * @param live plays a life whose power fails at that step, counted over all of its starts (0: never)
 * @returns how many cuts there are
 */
export async function withEveryCut(name: string, first: 0 | 1, live: (cutAtStep: number) => Promise<number>) {
  for (let cut: number = first; ; cut++) {
    try {
      if ((await live(cut)) < cut) return cut - 1;
    } catch (error) {
      throw new Error(`${name}, cut at ${cut}: ${(error as Error).message}`);
    }
  }
}

/** @param steps of the starts before */
export function start(world: World, enter: Enter, cutAtStep: number, steps: number): void {
  if (cutAtStep > steps) world.cutAtStep = cutAtStep - steps;
  enter(world);
  world.boot();
}

/** A blank board's page is filled in; any other gets online. @returns whether it is, with the power on */
export async function getsOnline(
  world: World,
  form: Parameters<World["fillIn"]>[0],
  onRefused = (): void => {
    throw new Error(`failed: ${world.reason}`);
  },
): Promise<boolean> {
  const isOnline = () => world.state === "online" && world.session !== undefined;
  const isBlank = () => world.state === "portal" && world.phase === "idle" && !SETTINGS.read(world.device.store);
  await world.until(() => world.isOff || isOnline() || isBlank() || world.clock.ticksMs() > HOUR);
  if (!world.isOff && isBlank()) {
    world.fillIn(form);
    await world.until(() => world.isOff || world.restarted || world.phase === "failed");
    if (!world.isOff && world.phase === "failed") onRefused();
  } else if (!world.isOff && !isOnline()) throw new Error(`not online: ${JSON.stringify(world.events.slice(-3))}`);
  return !world.isOff && isOnline();
}
