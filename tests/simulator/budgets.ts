/**
 * What the agent may hold in each state, alive after a collection, the probe included, and how deep its stack may get.
 * They only go down: lower a number here when what is measured has fallen.
 */
import type { Heap } from "./app.js";

export interface Budget extends Heap {
  /** Of 512. */
  readonly stackSlots: number;
}

export const BUDGETS = {
  "portal, nobody there": { slots: 1_000, chunkBytes: 14_000, stackSlots: 280 },
  "code on the page": { slots: 1_500, chunkBytes: 14_000, stackSlots: 280 },
  "code on the page, over TLS": { slots: 1_600, chunkBytes: 14_000, stackSlots: 370 },
  online: { slots: 1_050, chunkBytes: 14_000, stackSlots: 280 },
  "online, over TLS": { slots: 1_120, chunkBytes: 14_000, stackSlots: 370 },
  "online, with a certificate of its own": { slots: 1_150, chunkBytes: 14_000, stackSlots: 370 },
  "during an update, at most": { slots: 1_700, chunkBytes: 22_000, stackSlots: 280 },
} satisfies Record<string, Budget>;

/** On all ways into these states, whatever answers. */
export const STACK_LIMIT_SLOTS = 295;
/** Checking a server's chain takes most of it (docs/tls.md). */
export const TLS_STACK_LIMIT_SLOTS = 370;

export type Measured = keyof typeof BUDGETS;
