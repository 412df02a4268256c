/** How much of an update's computing is its hash, on the host: with a native digest, as the chip has one. */
import { createHash } from "node:crypto";
import type { Sha256Stream } from "../modules/update/firmware.js";
import type { Playable } from "../tests/scripted/journeys.js";
import { MeasuredUpdate } from "./update-life.js";

export interface HashShare {
  /** Of computing, from the first byte to the image that is to be booted; no time passes in between. */
  readonly updateMs: number;
  readonly hashMs: number;
}

/** Over a scripted server and flash, which are JavaScript and computed along. */
export async function measureHashShare(): Promise<HashShare> {
  const update = new MeasuredUpdate();
  let current: Playable | undefined;
  let hashMs = 0;
  const timed = <T>(task: () => T): T => {
    const startMs = performance.now();
    const result = task();
    hashMs += performance.now() - startMs;
    return result;
  };
  const newDigest = (): Sha256Stream => {
    const hash = createHash("sha256");
    return {
      write: (bytes) => void timed(() => hash.update(bytes)),
      close: () => timed(() => new Uint8Array(hash.digest())),
    };
  };
  let isOver = false;
  const enter = (played: Playable) => {
    current = played;
  };
  const run = update.run(enter, newDigest).finally(() => {
    isOver = true;
  });
  run.catch(() => {}); // awaited below
  let startMs: number | undefined;
  let endMs: number | undefined;
  while (!isOver) {
    // Promises go on in here, and nothing else does.
    await new Promise((done) => setImmediate(done));
    const { state } = update.status ?? {};
    if (state === "downloading") startMs ??= performance.now();
    if (state === "restarting") endMs ??= performance.now();
    current?.turn();
  }
  await run;
  return { updateMs: endMs! - startMs!, hashMs };
}
