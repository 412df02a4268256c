import type { Log } from "../log/log.js";
import type { FirmwareOffer, Updates } from "./update.js";

/** Tells what is offered, each version once. */
export function createUpdates(log: Log): Updates {
  let told: string | undefined;
  return {
    offered({ version }: FirmwareOffer) {
      if (told === version) return;
      told = version;
      log.note(`firmware: ${version} is offered`);
    },
  };
}
