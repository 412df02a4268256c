/** One update of an image of three megabytes, as large as a slot takes, over scripted IO. */
import { SECTOR_BYTES, SLOTS } from "../modules/update/simulator/partitions.js";
import type { UpdateStatus } from "../modules/update/update.js";
import { createSha256, offerOf } from "../tests/scripted/board.js";
import { FileServer } from "../tests/scripted/file-server.js";
import { makeImage } from "../tests/scripted/image.js";
import { onlineOnce, type Playable } from "../tests/scripted/journeys.js";
import { UpdateLife } from "../tests/scripted/update-life.js";
import type { World } from "../tests/scripted/world.js";

export const IMAGE_BYTES = 3_000_000;
const VERSION = "2.0.0";

export class MeasuredUpdate {
  #life: UpdateLife | undefined;

  /** The one of this start. */
  get world(): World | undefined {
    return this.#life?.board.world;
  }

  /** Of the start that downloads. */
  get status(): UpdateStatus | undefined {
    return this.#life && this.#life.starts === 0 ? this.world?.device.updates.status : undefined;
  }

  /** @param newDigest takes the place of the script's, which is JavaScript */
  async run(enter: (played: Playable) => void, newDigest = createSha256): Promise<void> {
    const { entries } = await onlineOnce(enter);
    const image = makeImage({ version: VERSION, sizeBytes: IMAGE_BYTES });
    const life = new UpdateLife(entries, new FileServer(image), offerOf(image, VERSION));
    // The flash of the script is memory, too: all of it is there before anything is measured.
    const { address, size } = SLOTS[1]!;
    for (let at = 0; at < size; at += SECTOR_BYTES) life.board.chip.write(address + at, Uint8Array.of(0));
    life.board.createSha256 = newDigest;
    this.#life = life;
    await life.run(enter, { runs: VERSION, outcome: "installed" });
  }
}
