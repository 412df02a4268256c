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
  "portal, nobody there": { slots: 1_000, chunkBytes: 16_000, stackSlots: 345 },
  "code on the page": { slots: 1_600, chunkBytes: 16_000, stackSlots: 390 },
  "code on the page, over TLS": { slots: 1_900, chunkBytes: 16_000, stackSlots: 445 },
  online: { slots: 1_050, chunkBytes: 16_000, stackSlots: 390 },
  "online, over TLS": { slots: 1_350, chunkBytes: 16_000, stackSlots: 480 },
  "online, with a certificate of its own": { slots: 1_400, chunkBytes: 16_000, stackSlots: 480 },
  "during an update, at most": { slots: 1_800, chunkBytes: 24_000, stackSlots: 480 },
} satisfies Record<string, Budget>;

/** On all ways into these states, whatever answers; what is over is for what no test comes along. */
export const STACK_LIMIT_SLOTS = 448;
/** Any broker over TLS takes 471 (docs/tls.md), and a certificate of the device's own adds nothing to it. */
export const TLS_STACK_LIMIT_SLOTS = 480;

export type Measured = keyof typeof BUDGETS;
