import type { Outcome } from "./failure.js";
import type { Layout, Region } from "./layout.js";

export interface BoardFacts {
  /** As Espressif names it, with its revision. */
  readonly chip: string;
  /** `AA:BB:CC:DD:EE:FF` */
  readonly mac: string;
  readonly flashSizeBytes: number;
  readonly layout: Layout;
  /**
   * The boot button brought it into download mode, and its own USB cannot let it out: a reset from there does not look at
   * the button anew.
   */
  readonly isHeld: boolean;
}

/** A board in download mode. Every failure but those of `read` ends the conversation; `close` always may be called. */
export interface Board {
  readonly facts: BoardFacts;
  readonly read: (region: Region) => Promise<Outcome<Uint8Array>>;
  /** Erases, writes, and compares what the flash then holds. `report`: the share that is written, 0 to 1. */
  readonly write: (offset: number, data: Uint8Array, report: (share: number) => void) => Promise<Outcome<undefined>>;
  /** Leaves the download mode: what is in flash starts. */
  readonly restart: () => Promise<Outcome<undefined>>;
  readonly close: () => Promise<void>;
}
