/** Updates, played: each ends with a board that runs one valid image and is online. */
import { isEqual } from "../../modules/data/bytes.js";
import { SLOTS } from "../../modules/update/simulator/partitions.js";
import { offerOf } from "./board.js";
import { FileServer } from "./file-server.js";
import { makeImage } from "./image.js";
import { onlineOnce } from "./journeys.js";
import { BLOCK, expect, first, IMAGE_BYTES, NEW, OLD, type UpdateCase, updateCases } from "./update-cases.js";
import { UpdateLife } from "./update-life.js";
import type { World } from "./world.js";

type Enter = (world: World) => void;

export async function playUpdate(name: string, enter: Enter): Promise<void> {
  try {
    await playCase(updateCases[name]!, enter);
  } catch (error) {
    throw new Error(`${name}: ${(error as Error).message}`);
  }
}

export async function playCase(one: UpdateCase, enter: Enter): Promise<UpdateLife> {
  const { entries } = await onlineOnce(enter);
  const version = NEW;
  const image = makeImage({ version, sizeBytes: IMAGE_BYTES, ...one.image });
  const server = new FileServer(image);
  server.manners = (request, number) => one.manners?.(number, request) ?? {};
  const offer = offerOf(image, version, one.offer?.(image));
  const life = new UpdateLife(entries, server, offer);
  one.arrange?.(life);
  const { ending = "installed" } = one;
  await life.run(enter, {
    runs: ending === "installed" ? (one.image?.version ?? version) : OLD,
    outcome: ending === "left alone" ? undefined : ending,
  });
  one.check?.(life);
  return life;
}

/** The connection breaks at every block's boundary and inside every block. */
export async function updatesCutEverywhere(enter: Enter): Promise<void> {
  for (let bytes = 0; bytes < IMAGE_BYTES; bytes += BLOCK / 2) {
    const { server } = await playCase({ manners: first({ cutAfterBytes: bytes }) }, enter);
    const blocks = Math.floor(bytes / BLOCK);
    const range = server.requests[1]?.range;
    expect(server.requests.length === 2, `${server.requests.length} requests`);
    expect(range === (blocks ? `bytes=${blocks * BLOCK}-` : undefined), `after ${bytes} bytes: ${range}`);
  }
}

/** The power fails at every step of an update: in the download, the switch, the trial. @returns how many there are */
export async function updatesWithPowerCuts(enter: Enter): Promise<number> {
  const { entries } = await onlineOnce(enter);
  const image = makeImage({ version: NEW, sizeBytes: IMAGE_BYTES });
  const offer = offerOf(image, NEW);
  for (let cut = 0, steps = 1; ; cut++) {
    if (cut > steps) return cut - 1;
    const life = new UpdateLife(entries, new FileServer(image), offer);
    life.board.cutAtStep = cut;
    try {
      await life.run(enter, { runs: NEW, outcome: "installed" });
    } catch (error) {
      throw new Error(`cut at step ${cut}: ${(error as Error).message}`);
    }
    if (cut === 0) steps = life.board.steps;
  }
}

/** After a power cut a large image goes on where NVS says, not from its start. */
async function updateGoesOnAfterPowerCut(enter: Enter): Promise<void> {
  const sizeBytes = 200_000;
  const life = await playCase(
    {
      image: { sizeBytes },
      arrange(life) {
        life.onStart = (world) => {
          const cutAtMs = 20_000 + 50 + 10 * 110;
          if (life.starts === 0) world.clock.after(cutAtMs, () => world.cutNow());
        };
      },
    },
    enter,
  );
  const { range } = life.server.requests[1]!;
  expect(range === `bytes=${128 * 1024}-`, `${range}`);
}

/** Signed for secure boot: the padding and the signature sector reach the slot, where the connection breaks as well. */
async function updateSignedForSecureBoot(enter: Enter): Promise<void> {
  const { board, server } = await playCase(
    { image: { isSigned: true }, manners: first({ cutAfterBytes: 18_000 }) },
    enter,
  );
  expect(server.requests.length === 2, `${server.requests.length} requests`);
  const slot = board.chip.read(SLOTS[1]!.address, server.file.length);
  expect(server.file.length === 20_480 && isEqual(slot, server.file), "the slot holds all of the file");
}

/** What a large one takes of the heap is what a small one takes. */
export async function updateOf(sizeBytes: number, enter: Enter): Promise<void> {
  await playCase({ image: { sizeBytes } }, enter);
}

async function updates(enter: Enter): Promise<void> {
  for (const name of Object.keys(updateCases)) await playUpdate(name, enter);
}

export const updateJourneys = {
  updates,
  updatesCutEverywhere,
  updatesWithPowerCuts,
  updateGoesOnAfterPowerCut,
  updateSignedForSecureBoot,
  // Bare XS has no native digest: as large as the slot are those in Node and in the simulator.
  updateOfALargeImage: (enter: Enter) => updateOf(300_000, enter),
} as const;
