/** A product: a folder with a manifest of its own around the agent's, in this repository or anywhere else. */
import { basename, join, resolve } from "node:path";
import { OWN_MANIFEST, type Parts, type Platform, readParts } from "./manifests.js";
import { ROOT } from "./sdk.js";

export interface Product {
  readonly folder: string;
  /** Of the app that is built of it. */
  readonly name: string;
  /** Path of its manifest. */
  readonly manifest: string;
  /** Folder of all that is built of it. */
  readonly output: string;
  readonly parts: Parts;
}

/**
 * @param folder from the working directory; undefined: the agent and nothing else
 * @throws Error with a sentence for a person where it is no product
 */
export function openProduct(folder: string | undefined, platform: Platform): Product {
  const path = folder === undefined ? ROOT : folderOf(folder);
  const isOwn = path === ROOT;
  const manifest = isOwn ? OWN_MANIFEST : join(path, "manifest.json");
  return {
    folder: path,
    name: isOwn ? "esp32-online" : basename(path),
    manifest,
    output: join(path, "build"),
    parts: readParts(manifest, platform),
  };
}

/** @throws Error for a path that GNU make, which the SDK builds with, takes for two */
export function folderOf(given: string): string {
  const path = resolve(given);
  if (/\s/.test(path)) throw new Error(`${path}: the SDK's make takes no path with spaces.`);
  return path;
}
