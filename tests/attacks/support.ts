/** A device under attack in the simulator, with half of the chip's heap: what it has in it before and after. */
import { expect } from "vitest";
import { type Heap, openApp, Watch } from "../simulator/app.js";

/** What one look differs from the next where nothing is left behind. */
export const NOISE: Heap = { slots: 30, chunkBytes: 1_024 };
export const STACK_LIMIT_SLOTS = 400;

export interface Fortress {
  readonly portal: string;
  readonly portalPort: number;
  readonly dnsPort: number;
  readonly watch: Watch;
  stop(): Promise<void>;
}

/** A blank board in its portal. */
export async function openBlank(): Promise<Fortress> {
  const { simulator, portal, portalPort, dnsPort } = await openApp();
  const watch = new Watch(simulator);
  await simulator.start();
  await watch.untilState("portal");
  return { portal, portalPort, dnsPort, watch, stop: () => simulator.stop() };
}

export async function expectUnharmed(what: string, watch: Watch, before: Heap, states: number): Promise<void> {
  const after = await watch.settledHeap();
  const stack = await watch.deepestStack();
  console.log(
    `${what}: ${before.slots} → ${after.slots} slots, ${before.chunkBytes} → ${after.chunkBytes} bytes, stack ${stack}`,
  );
  expect(watch.aborts, what).toEqual([]);
  expect.soft(after.slots - before.slots, `${what}: slots`).toBeLessThanOrEqual(NOISE.slots);
  expect.soft(after.chunkBytes - before.chunkBytes, `${what}: bytes`).toBeLessThanOrEqual(NOISE.chunkBytes);
  expect.soft(stack, `${what}: stack`).toBeLessThanOrEqual(STACK_LIMIT_SLOTS);
  expect(
    watch.states.slice(states).filter(({ state }) => state === "restarting"),
    what,
  ).toEqual([]);
}

/** The owner's phone. */
export async function expectPage(portal: string): Promise<void> {
  const page = await fetch(portal);
  expect(page.status).toBe(200);
  expect(await page.text()).toContain('name="ssid"');
}
