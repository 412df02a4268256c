/** Whether a board that was reset runs: by what its console says, within a time. */
import { type Failure, failed } from "./failure.js";

/** From the reset to the agent's first event; the longest way, to the portal, looks for networks first. */
const START_MS = 15_000;
/** How the agent's events begin (modules/base/log.ts). No loader says anything like it. */
const EVENT = '{"state":"';
/** What the loader in ROM says in download mode. */
const DOWNLOAD = "waiting for download";

export class StartWatch {
  readonly #onSign: (failure: Failure | undefined) => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** That has not ended yet, as much of it as tells. */
  #line = "";

  /** @param onSign undefined: it runs */
  constructor(onSign: (failure: Failure | undefined) => void) {
    this.#onSign = onSign;
  }

  /** From now on one sign is told: that it runs, or that it does not. */
  begin(): void {
    this.end();
    this.#timer = setTimeout(() => this.#tell(failed("not-started").failure), START_MS);
  }

  push(fresh: string): void {
    const lines = (this.#line + fresh).split("\n");
    this.#line = lines.at(-1)!.slice(0, DOWNLOAD.length);
    if (this.#timer === undefined) return;
    if (lines.some((line) => line.startsWith(EVENT))) this.#tell(undefined);
    else if (lines.some((line) => line.startsWith(DOWNLOAD))) this.#tell(failed("held").failure);
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#line = "";
  }

  #tell(failure: Failure | undefined): void {
    this.end();
    this.#onSign(failure);
  }
}
