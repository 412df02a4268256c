/** How far a board is, how fast it goes, and how long it takes. */

export interface Progress {
  /** What is being written. */
  readonly name: string;
  readonly doneBytes: number;
  readonly totalBytes: number;
  readonly bytesPerSecond: number;
  /** Undefined until the speed says something. */
  readonly secondsLeft: number | undefined;
}

/** A second of writing: before, the speed is that of the first block. */
const MEANINGFUL_MS = 1000;

export function measure(name: string, doneBytes: number, totalBytes: number, elapsedMs: number): Progress {
  const bytesPerSecond = elapsedMs > 0 ? (doneBytes * 1000) / elapsedMs : 0;
  const isMeaningful = elapsedMs >= MEANINGFUL_MS && bytesPerSecond > 0;
  const secondsLeft = isMeaningful ? Math.ceil((totalBytes - doneBytes) / bytesPerSecond) : undefined;
  return { name, doneBytes, totalBytes, bytesPerSecond, secondsLeft };
}
