/** Computation and memory in bare XS, by the meter of the harness in tests/xs. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { ROOT } from "../tools/sdk.js";
import { IMAGE_BYTES } from "./update-life.js";

const FOLDER = join(ROOT, "tests", "xs");
const MESSAGES = 200;
const HASHED_PART = 10;

/** See tests/xs/run.mjs. */
interface Machine {
  command(text: string): Promise<{ reply: string; meter: { compute: number; currentHeapCount: number } }>;
  close(): void;
}
interface Harness {
  bundle(entry: URL): Promise<string>;
  openMachine(code: string): Promise<Machine>;
  currentFigures(): Promise<JourneyCost[]>;
}

export interface JourneyCost {
  readonly name: string;
  readonly outcome: string;
  /** Steps of computation. */
  readonly compute: number;
  /** In use at most, garbage included. */
  readonly slots: number;
}

export interface MessageCost {
  readonly what: string;
  /** Of computation, for one message. */
  readonly steps: number;
  /** What one message leaves for the collector. */
  readonly garbageSlots: number;
  /** More in use after a collection than before all of them. */
  readonly keptSlots: number;
}

export interface DownloadCost {
  /** In use after a collection. */
  readonly heap: readonly { percent: number; slots: number }[];
  /** Of the whole download, the scripted server's and flash's own included. */
  readonly downloadSteps: number;
  /** Of the hash of as many bytes, in JavaScript as the script has it; on the chip it is native. */
  readonly hashSteps: number;
}

/** npm test compiles the engine. */
export function isEngineThere(): boolean {
  return existsSync(join(FOLDER, "node_modules"));
}

function openHarness(): Promise<Harness> {
  return import(pathToFileURL(join(FOLDER, "run.mjs")).href);
}

/** Of the XS tier's last run where it has played this code, else of a run now. @throws where one has failed */
export async function measureJourneys(): Promise<JourneyCost[]> {
  const figures = await (await openHarness()).currentFigures();
  for (const { name, outcome } of figures) if (outcome !== "passed") throw new Error(`${name}: ${outcome}`);
  return figures;
}

async function withMachine<T>(measure: (machine: Machine) => Promise<T>): Promise<T> {
  const harness = await openHarness();
  const code = await harness.bundle(pathToFileURL(join(ROOT, "benchmarks", "in-xs.ts")));
  const machine = await harness.openMachine(code);
  try {
    return await measure(machine);
  } finally {
    machine.close();
  }
}

/** @throws where the engine says that it failed */
async function command(machine: Machine, text: string) {
  const answer = await machine.command(text);
  if (answer.reply.startsWith("failed")) throw new Error(`${text}: ${answer.reply}`);
  return answer;
}

export function measureMessages(): Promise<MessageCost[]> {
  return withMachine(async (machine) => {
    await command(machine, "online");
    while ((await command(machine, "turn")).reply === "running");
    const costs: MessageCost[] = [];
    for (const [what, task] of [
      ["a reading published at QoS 1, acknowledged", `publish ${MESSAGES} 1`],
      ["a control message answered at QoS 1 (ping)", `control ${MESSAGES}`],
      ["a reading published at QoS 0", `publish ${MESSAGES} 0`],
    ] as const) {
      await command(machine, task); // what is made once is made
      const before = (await command(machine, "collect")).meter.currentHeapCount;
      const { compute, currentHeapCount } = (await command(machine, task)).meter;
      const kept = (await command(machine, "collect")).meter.currentHeapCount - before;
      const garbage = Math.round((currentHeapCount - before) / MESSAGES);
      costs.push({ what, steps: Math.round(compute / MESSAGES), garbageSlots: garbage, keptSlots: kept });
    }
    return costs;
  });
}

export function measureDownload(): Promise<DownloadCost> {
  return withMachine(async (machine) => {
    const heap: { percent: number; slots: number }[] = [];
    let downloadSteps = 0;
    await command(machine, "update");
    for (let last = ""; ; ) {
      const { reply, meter } = await command(machine, "progress");
      const [state, percent] = reply.split(" ") as [string, string];
      if (state === "checking") break;
      if (state !== "downloading") continue;
      downloadSteps += meter.compute;
      if (reply !== last)
        heap.push({ percent: Number(percent), slots: (await command(machine, "collect")).meter.currentHeapCount });
      last = reply;
    }
    // A part of it says how much all of it is.
    const hashedBytes = IMAGE_BYTES / HASHED_PART;
    const hashSteps = (await command(machine, `hash ${hashedBytes}`)).meter.compute * HASHED_PART;
    return { heap, downloadSteps, hashSteps };
  });
}
