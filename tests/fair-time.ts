/**
 * Time that stands still while this process does not get to run: a busy machine makes nobody in it late. On a machine
 * with nothing else to do it is as fast as the real one.
 */

/** What passes between two looks at the real time counts at most so much. */
const MAX_STEP_MS = 10;
const LOOK_EVERY_MS = 5;

let passedMs = 0;
let lookedMs = performance.now();

/** Since this process started, or so. */
export function fairMs(): number {
  const nowMs = performance.now();
  passedMs += Math.min(nowMs - lookedMs, MAX_STEP_MS);
  lookedMs = nowMs;
  return passedMs;
}

setInterval(fairMs, LOOK_EVERY_MS).unref();

/** A turn at the least. */
export async function pause(durationMs: number): Promise<void> {
  const endMs = fairMs() + durationMs;
  do await new Promise((turn) => setTimeout(turn, endMs - fairMs()));
  while (fairMs() < endMs);
}

/** Waits until it is true. @throws when it takes longer */
export async function until(condition: () => boolean, what = "condition", timeoutMs = 5_000): Promise<void> {
  const endMs = fairMs() + timeoutMs;
  while (!condition()) {
    if (fairMs() > endMs) throw new Error(`timed out: ${what}`);
    await new Promise((turn) => setTimeout(turn, 2));
  }
}
