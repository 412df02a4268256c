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
  "portal, nobody there": { slots: 700, chunkBytes: 6_000, stackSlots: 280 },
  "code on the page": { slots: 1_000, chunkBytes: 10_000, stackSlots: 280 },
  "code on the page, over TLS": { slots: 1_000, chunkBytes: 10_000, stackSlots: 300 },
  online: { slots: 950, chunkBytes: 8_000, stackSlots: 280 },
  "online, over TLS": { slots: 950, chunkBytes: 8_000, stackSlots: 300 },
  "online, with a certificate of its own": { slots: 950, chunkBytes: 8_000, stackSlots: 300 },
  "during an update, at most": { slots: 1_500, chunkBytes: 20_000, stackSlots: 280 },
} satisfies Record<string, Budget>;

/** On all ways into these states, whatever answers. */
export const STACK_LIMIT_SLOTS = 295;
/** The same over TLS, whose own depth is in C. */
export const TLS_STACK_LIMIT_SLOTS = 320;

export type Measured = keyof typeof BUDGETS;
