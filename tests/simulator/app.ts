/** The agent in the simulator with half of the heap that the SDK gives a chip, a state of its own, and a look into its heap. */
import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { type AppOptions, ROOT } from "../../tools/sdk.js";
import { Simulator } from "../../tools/simulator.js";
import type {} from "./builder.js";

/** What the SDK gives an ESP32-S3 by default, without increments. */
export const CHIP = { slots: 4928, chunkBytes: 78_848 };
/** The agent lives in it: two thirds of what its manifest gives the chip; the rest is a product's. */
export const HALF = { slots: CHIP.slots / 2, chunkBytes: CHIP.chunkBytes / 2 };
const STACK_SLOTS = 512;
export const FACTORY = { serial: "SN-0A1B2C3D-0242AC110002", hmac_key: "5a".repeat(32) };

export const MAC = "02:42:AC:11:00:02";

export interface Heap {
  readonly slots: number;
  readonly chunkBytes: number;
}

export interface AppParts {
  /** Of the app; default: the agent with half of that heap, which most files share. */
  readonly name?: string;
  readonly memory?: Heap;
  /** A product's manifest, from the project's folder; default: the agent's own. */
  readonly product?: string;
  readonly config?: Readonly<Record<string, unknown>>;
  /** A file of this folder that runs in the app; default: the agent and a look into its heap. */
  readonly main?: string;
  /** Authorities that the app trusts, DER, one after the other. */
  readonly authorities?: Uint8Array;
  readonly board?: BoardParts;
}

/** What boards of the same app differ in. */
export interface BoardParts {
  readonly config?: Readonly<Record<string, unknown>>;
  /** Of the factory's namespace, beside the texts. */
  readonly blobs?: Readonly<Record<string, Uint8Array>>;
}

/** @param build makes the app, or finds it made */
export async function openApp(parts: AppParts = {}, build = sharedBuild) {
  return openBoard(await appOf(parts, build), parts.board);
}

/** @returns its path */
export function appOf(parts: AppParts = {}, build = sharedBuild): Promise<string> {
  const { name = "agent-probe", memory = HALF, product = "manifest.json", main = "probe", authorities } = parts;
  return build({
    name,
    product,
    config: { dataIntervalMs: 2_000, ...parts.config },
    creation: {
      main,
      chunk: { initial: memory.chunkBytes, incremental: 0 },
      heap: { initial: memory.slots, incremental: 0 },
      stack: STACK_SLOTS,
    },
    include: [
      "$(MODDABLE)/modules/base/debug/manifest.json",
      join(ROOT, "tests/simulator/census/manifest.json"),
      ...(authorities ? [writeAuthorities(name, authorities)] : []),
    ],
    modules: { [main]: join(ROOT, "tests/simulator", main) },
  });
}

/** A blank board of its own, with ports of its own. */
export async function openBoard(app: string, { config, blobs = {} }: BoardParts = {}) {
  const folder = mkdtempSync(join(tmpdir(), "esp32-online-"));
  // As the simulated board's store keeps them; the factory's namespace is there before the agent is.
  for (const [domain, values] of Object.entries({ factory: FACTORY, agent: { mac: MAC } }))
    for (const [key, value] of Object.entries(values))
      writeFileSync(join(folder, `esp32-online.${domain}.${key}`), JSON.stringify(value));
  for (const [key, bytes] of Object.entries(blobs))
    writeFileSync(join(folder, `esp32-online.factory.${key}`), Buffer.concat([Buffer.from("#"), bytes]));
  const portalPort = await freePort();
  const dnsPort = await freePort();
  const simulator = new Simulator(app, folder, { headless: true, config: { portalPort, dnsPort, ...config } });
  return { simulator, folder, portal: `http://127.0.0.1:${portalPort}/`, portalPort, dnsPort };
}

/** @returns the app's path, from the builder that all files share (builder.ts) */
export async function sharedBuild(options: AppOptions): Promise<string> {
  // Not at the top: the census runs without vitest.
  const { inject } = await import("vitest");
  return new Promise((done, fail) => {
    const asked = request({ port: inject("builderPort"), method: "POST" }, async (response) => {
      const answer = await text(response);
      if (response.statusCode === 200) done(answer);
      else fail(new Error(answer));
    });
    asked.once("error", fail);
    asked.end(JSON.stringify(options));
  });
}

/** A manifest as a product's own: its authorities are one resource (modules/tls/manifest.json has the public ones). */
function writeAuthorities(app: string, authorities: Uint8Array): string {
  const folder = join(ROOT, "build", app);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "private-ca.der"), authorities);
  const path = join(folder, "authorities.json");
  writeFileSync(path, JSON.stringify({ resources: { "*": ["./private-ca"] } }));
  return path;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as { port: number };
  await new Promise((done) => server.close(done));
  return port;
}

/** Everything that the app says, and the state that it is in. */
export class Watch {
  readonly lines: string[] = [];
  readonly states: ({ state: string } & Record<string, unknown>)[] = [];
  readonly aborts: string[] = [];
  heap: Heap | undefined;
  mostStackSlots = 0;
  #samples = 0;

  constructor(simulator: Simulator) {
    simulator.on("line", (line) => {
      this.lines.push(line);
      if (!line.startsWith('{"heap":')) return;
      this.heap = (JSON.parse(line) as { heap: Heap }).heap;
    });
    simulator.on("stack", (slots) => {
      this.#samples++;
      this.mostStackSlots = Math.max(this.mostStackSlots, slots);
    });
    simulator.on("state", (event) => this.states.push(event));
    simulator.on("abort", (reason) => this.aborts.push(reason));
  }

  async until(what: string, condition: () => boolean, timeoutMs = 60_000): Promise<void> {
    const endMs = Date.now() + timeoutMs;
    while (!condition()) {
      if (this.aborts.length) throw new Error(`the machine was ended: ${this.aborts.join("; ")}\n${this.tail()}`);
      if (Date.now() > endMs) throw new Error(`no ${what} in ${timeoutMs} ms\n${this.tail()}`);
      await new Promise((done) => setTimeout(done, 50));
    }
  }

  /** What is waited for may never come once the machine was ended. */
  unlessAborted<T>(awaited: Promise<T>): Promise<T> {
    let isOver = false;
    const aborted = this.until("abort", () => isOver, 600_000);
    return Promise.race([
      awaited.finally(() => {
        isOver = true;
      }),
      aborted.then(() => awaited),
    ]);
  }

  /** The most that was in use since this was asked for last. */
  async deepestStack(): Promise<number> {
    const enough = this.#samples + 2; // the first may have been on its way
    await this.until("samples of the stack", () => this.#samples >= enough);
    const slots = this.mostStackSlots;
    this.mostStackSlots = 0;
    return slots;
  }

  untilState(state: string, count = 1): Promise<void> {
    return this.until(state, () => this.states.filter((event) => event.state === state).length >= count);
  }

  /** What is alive after the next collections. */
  async settledHeap(): Promise<Heap> {
    await this.nextHeap();
    return this.nextHeap();
  }

  async nextHeap(): Promise<Heap> {
    this.heap = undefined;
    await this.until("heap", () => this.heap !== undefined);
    return this.heap!;
  }

  /** The last lines, for who reads what went wrong. */
  tail(): string {
    return this.lines
      .filter((line) => !line.startsWith('{"heap"'))
      .slice(-15)
      .join("\n");
  }
}
