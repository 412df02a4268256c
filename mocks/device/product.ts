/** A product's own code as a virtual device runs it: bundled for Node around the agent that the host's build has. */
import { existsSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { pathToFileURL } from "node:url";
import { type Plugin, rolldown } from "rolldown";
import type { Product } from "../../tools/product.js";
import { specifiers } from "../moddable/specifiers.js";
import { built } from "./built.js";

/** What a virtual device needs of a product. */
export interface ProductApp {
  readonly main: URL;
  /** Of the manifest, without the platforms' parts of the agent's. */
  readonly config: Readonly<Record<string, unknown>>;
  /** The manifest's, by their names. */
  readonly resources: Readonly<Record<string, Uint8Array>>;
}

/** @throws Error with a sentence where its code cannot be read, or wants a module that the host has not */
export async function buildProduct({ output, parts, manifest }: Product): Promise<ProductApp> {
  const input = parts.modules.get("main");
  if (input === undefined) throw new Error(`${manifest} names no file for the module "main".`);
  const file = join(output, "device", "main.mjs");
  const missing: string[] = [];
  const bundle = await rolldown({
    input,
    plugins: [resolver(parts.modules, missing)],
    logLevel: "silent",
  });
  await bundle.write({ file, format: "esm", codeSplitting: false, sourcemap: true });
  await bundle.close();
  if (missing.length > 0)
    throw new Error(
      missing.map((what) => `${what}: neither the manifest nor the virtual device has such a module.`).join("\n"),
    );
  const resources = [...parts.resources].map(([name, path]) => [name, readFileSync(path)] as const);
  return { main: pathToFileURL(file), config: parts.config, resources: Object.fromEntries(resources) };
}

/**
 * By names, as XS: a relative one is meant from the name of the module that says it. The product's are those of its
 * manifest, the agent's are as they were built, the SDK's are the mocks' (hook.ts).
 */
function resolver(modules: ReadonlyMap<string, string>, missing: string[]): Plugin {
  const names = new Map([...modules].map(([name, file]) => [file, name]));
  return {
    name: "manifest",
    resolveId(specifier, importer) {
      if (importer === undefined) return undefined;
      const from = posix.dirname(names.get(importer) ?? "");
      const name = specifier.startsWith(".") ? posix.join(from, specifier).replace(/\.js$/, "") : specifier;
      const own = modules.get(name);
      if (own !== undefined) return own;
      if (Object.hasOwn(specifiers, name)) return { id: name, external: true };
      const agents = new URL(`${name}.js`, built);
      if (/^(agent|modules|provisioning|softap)\//.test(name) && existsSync(agents))
        return { id: agents.href, external: true };
      missing.push(`${importer} imports "${specifier}"`);
      return { id: name, external: true };
    },
  };
}
