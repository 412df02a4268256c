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
  "portal, nobody there": { slots: 1_000, chunkBytes: 16_000, stackSlots: 320 },
  "code on the page": { slots: 1_600, chunkBytes: 16_000, stackSlots: 320 },
  "code on the page, over TLS": { slots: 1_900, chunkBytes: 16_000, stackSlots: 400 },
  online: { slots: 1_050, chunkBytes: 16_000, stackSlots: 320 },
  "online, over TLS": { slots: 1_350, chunkBytes: 16_000, stackSlots: 400 },
  "online, with a certificate of its own": { slots: 1_400, chunkBytes: 16_000, stackSlots: 400 },
  "during an update, at most": { slots: 1_800, chunkBytes: 24_000, stackSlots: 320 },
} satisfies Record<string, Budget>;

/** On all ways into these states, whatever answers: the portal's page takes most, above the SDK's reading of the request. */
export const STACK_LIMIT_SLOTS = 320;
/** Checking a server's chain takes most of it (docs/tls.md). */
export const TLS_STACK_LIMIT_SLOTS = 400;

export type Measured = keyof typeof BUDGETS;
