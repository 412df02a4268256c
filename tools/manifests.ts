/** A product's manifest, read as mcconfig reads it, as far as the tools need that: what it includes, and what wins. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, extname, join, resolve } from "node:path";
import { ROOT } from "./sdk.js";

export const AGENT_MANIFEST = join(ROOT, "agent", "manifest.json");
/** Of the agent and nothing else. */
export const OWN_MANIFEST = join(ROOT, "manifest.json");

/** `lin` is also what a virtual device takes: modules that stand for the chip's hardware. */
export type Platform = "esp32" | "lin";

/** The agent's own are left out, but for its `config`. */
export interface Parts {
  /** What `mc/config` exports, without the agent's parts for a platform. */
  readonly config: Record<string, unknown>;
  /** Files of TypeScript or JavaScript by the names that they are imported with. */
  readonly modules: Map<string, string>;
  /** Files by their names. */
  readonly resources: Map<string, string>;
}

interface Section {
  readonly include?: string | readonly unknown[];
  readonly config?: Record<string, unknown>;
  readonly modules?: Sources;
  readonly resources?: Sources;
}

interface Manifest extends Section {
  readonly platforms?: Readonly<Record<string, Section>>;
}

type Sources = Readonly<Record<string, unknown>>;

/** @throws Error with a sentence for a person where a manifest is missing, is none, or does not lead to the agent's */
export function readParts(path: string, platform: Platform): Parts {
  const parts: Parts = { config: {}, modules: new Map(), resources: new Map() };
  const seen = new Set<string>();
  collect(path, platform, parts, seen);
  if (!seen.has(AGENT_MANIFEST))
    throw new Error(`${path} does not include ${AGENT_MANIFEST}: nothing starts the agent.`);
  if (path !== OWN_MANIFEST && seen.has(OWN_MANIFEST))
    throw new Error(
      `${path} includes ${OWN_MANIFEST}, whose main.ts takes the product's place: include ${AGENT_MANIFEST}.`,
    );
  return parts;
}

/** What is included comes first: what includes it wins. */
function collect(path: string, platform: Platform, parts: Parts, seen: Set<string>): void {
  if (seen.has(path)) return;
  seen.add(path);
  const manifest = parse(path);
  if (path === AGENT_MANIFEST) {
    merge(parts.config, manifest.config);
    return;
  }
  const ofPlatform = manifest.platforms?.[platform];
  const folder = dirname(path);
  // What stands in the SDK or in a repository of its own has no part in what is asked here.
  for (const include of [manifest.include, ofPlatform?.include].flat())
    if (typeof include === "string" && !include.includes("$("))
      collect(resolve(folder, include), platform, parts, seen);
  for (const section of [manifest, ofPlatform]) {
    merge(parts.config, section?.config);
    addFiles(parts.modules, folder, section?.modules, [".ts", ".js", ".mjs"]);
    addFiles(parts.resources, folder, section?.resources);
  }
}

function parse(path: string): Manifest {
  if (!existsSync(path)) throw new Error(`${path}: there is no such manifest.`);
  try {
    return (JSON.parse(readFileSync(path, "utf8")) ?? {}) as Manifest;
  } catch (error) {
    throw new Error(`${path} is no JSON: ${(error as Error).message}`);
  }
}

function merge(target: Record<string, unknown>, source: Record<string, unknown> | undefined): void {
  for (const [name, value] of Object.entries(source ?? {})) {
    const old = target[name];
    if (isObject(old) && isObject(value)) merge(old, value);
    else target[name] = value;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/** @param extensions of modules, whose names have none; a resource's name has its file's */
function addFiles(
  files: Map<string, string>,
  folder: string,
  sources: Sources | undefined,
  extensions?: readonly string[],
): void {
  for (const [name, value] of Object.entries(sources ?? {}))
    for (const source of [value].flat()) {
      if (typeof source !== "string" || source.includes("$(") || name === "~") continue;
      for (const file of matching(resolve(folder, source), extensions)) {
        const own = extensions ? basename(file, extname(file)) : basename(file);
        files.set(name === "*" ? own : name.replace("*", own), file);
      }
    }
}

/** The last part may be `*`. */
function matching(path: string, extensions: readonly string[] | undefined): string[] {
  const folder = dirname(path);
  if (!existsSync(folder)) return [];
  const wanted = basename(path);
  return readdirSync(folder)
    .filter((name) => !name.endsWith(".d.ts") && (!extensions || extensions.includes(extname(name))))
    .filter((name) => wanted === "*" || name === wanted || basename(name, extname(name)) === wanted)
    .map((name) => join(folder, name));
}
