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
  "portal, nobody there": { slots: 1_000, chunkBytes: 16_000, stackSlots: 300 },
  "code on the page": { slots: 1_600, chunkBytes: 16_000, stackSlots: 300 },
  "code on the page, over TLS": { slots: 1_900, chunkBytes: 16_000, stackSlots: 400 },
  online: { slots: 1_050, chunkBytes: 16_000, stackSlots: 300 },
  "online, over TLS": { slots: 1_350, chunkBytes: 16_000, stackSlots: 400 },
  "online, with a certificate of its own": { slots: 1_400, chunkBytes: 16_000, stackSlots: 400 },
  "during an update, at most": { slots: 1_800, chunkBytes: 24_000, stackSlots: 300 },
} satisfies Record<string, Budget>;

/** On all ways into these states, whatever answers; what is over is for what no test comes along. */
export const STACK_LIMIT_SLOTS = 300;
/** Checking a server's chain takes most of it (docs/tls.md). */
export const TLS_STACK_LIMIT_SLOTS = 400;

export type Measured = keyof typeof BUDGETS;
