/** The JavaScript stage of the SDK's build: tsc, xsc, xsl with preload and strip. It needs no ESP-IDF. */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT, run } from "../sdk.js";
import type { Board } from "./boards.js";
import { bytes } from "./fit.js";
import { SLOT_BYTES } from "./ram.js";

/** Where mcconfig works: below `output`. */
export interface Folders {
  /** Of makefile and modules. */
  readonly temporary: string;
  /** Of ESP-IDF's project, with what it is configured with. */
  readonly project: string;
  /** Of what comes out. */
  readonly bin: string;
}

export function foldersOf(output: string, board: Board, name: string): Folders {
  const below = (kind: string) => join(output, kind, ...board.name.split("/"), "release", name);
  return { temporary: below("tmp"), project: join(below("tmp"), "xsProj-esp32s3"), bin: below("bin") };
}

/** The stage for itself, in a folder that no build with ESP-IDF has: an empty header is current to make for ever. */
export async function makeScript(folders: Folders, env: NodeJS.ProcessEnv): Promise<void> {
  const config = join(folders.project, "build", "config");
  mkdirSync(config, { recursive: true });
  const header = join(config, "sdkconfig.h");
  writeFileSync(header, "");
  const targets = [join(folders.temporary, "mc.xs.c"), join(folders.temporary, "mc.resources.c")];
  // -o: the header is the IDF's to make; here it counts as made.
  await run("make", ["-f", join(folders.temporary, "makefile"), "-o", header, ...targets], { cwd: ROOT, env });
}

/** What the stage made: byte code by origin, and what ends up in flash. */
export interface Sizes {
  readonly agentBytes: number;
  readonly otherBytes: number;
  readonly preloadedBytes: number;
  readonly loadedBytes: number;
  readonly slots: number;
  readonly resourceBytes: number;
}

export function sizesOf({ temporary }: Folders): Sizes {
  const modules = join(temporary, "modules");
  const agentBytes = ["timer.xsb", "agent", "modules", "softap", "provisioning"]
    .map((name) => byteCode(join(modules, name)))
    .reduce((sum, bytes) => sum + bytes, 0);
  const linked = readFileSync(join(temporary, "mc.xs.c"), "utf8");
  const resources = readFileSync(join(temporary, "mc.resources.c"), "utf8");
  return {
    agentBytes,
    otherBytes: byteCode(modules) - agentBytes,
    // Preloaded functions are literals among the slots, a byte each `\x00`; what is not preloaded are arrays.
    preloadedBytes: sumOf(linked, /\(txByte\*\)"((?:\\x[0-9a-f]{2})+)"/g, (literal) => literal.length / 4),
    loadedBytes: sumOf(linked, /^static const txU1 gxCode\d+\[(\d+)\];$/gm),
    slots: sumOf(linked, /^#define mxHeapCount (\d+)$/gm),
    resourceBytes: resources.match(/0x[0-9a-f]{2}\b/g)?.length ?? 0,
  };
}

/** In flash, whatever C comes to it. */
export function linkedBytes({ preloadedBytes, loadedBytes, slots, resourceBytes }: Sizes): number {
  return preloadedBytes + loadedBytes + slots * SLOT_BYTES + resourceBytes;
}

export function sizesText(sizes: Sizes): string {
  return `  byte code of the agent            ${bytes(sizes.agentBytes)}   compiled modules (*.xsb)
  byte code of product and SDK      ${bytes(sizes.otherBytes)}   compiled modules (*.xsb)
  linked: preloaded functions       ${bytes(sizes.preloadedBytes)}   byte code in flash
  linked: modules that run at boot  ${bytes(sizes.loadedBytes)}   byte code in flash
  linked: preloaded objects         ${bytes(sizes.slots * SLOT_BYTES)}   in flash, ${sizes.slots} slots of ${SLOT_BYTES} bytes
  linked: resources                 ${bytes(sizes.resourceBytes)}   in flash`;
}

function byteCode(path: string): number {
  if (!existsSync(path)) return 0;
  if (!statSync(path).isDirectory()) return path.endsWith(".xsb") ? statSync(path).size : 0;
  return readdirSync(path).reduce((sum, name) => sum + byteCode(join(path, name)), 0);
}

function sumOf(text: string, pattern: RegExp, measure: (match: string) => number = Number): number {
  return [...text.matchAll(pattern)].reduce((sum, match) => sum + measure(match[1]!), 0);
}
