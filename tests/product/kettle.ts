/** The product of docs/product.md, as its text has it, in a folder outside the repository. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { onTestFinished } from "vitest";
import { ROOT } from "../../tools/sdk.js";

export const PRODUCT_DOCUMENT = readFileSync(join(ROOT, "docs/product.md"), "utf8");

/** Each file that the document shows, by its name. */
export function filesOfDocument(): Map<string, string> {
  const blocks = PRODUCT_DOCUMENT.matchAll(/`([\w./-]+)`:\n\n```\w+\n([\s\S]*?)```\n/g);
  return new Map([...blocks].map(([, name, text]) => [name!, text!]));
}

/** A folder that does not exist yet, and goes with the test. */
export function newFolder(): string {
  const parent = mkdtempSync(join(tmpdir(), "product-"));
  onTestFinished(() => rmSync(parent, { recursive: true, force: true }));
  return join(parent, "kettle");
}

/**
 * Writes the document's files; its manifest includes this repository's agent.
 * @param change of the manifest. @param config over the document's
 */
export function writeKettle(folder: string, change: object = {}, config: object = {}): void {
  for (const [name, text] of filesOfDocument()) {
    const path = join(folder, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
  }
  const path = join(folder, "manifest.json");
  const manifest = JSON.parse(readFileSync(path, "utf8")) as { include: string[]; config: object };
  const include = manifest.include.map((one) => one.replace("../esp32-online", relative(folder, ROOT)));
  const changed = { ...manifest, include, config: { ...manifest.config, ...config }, ...change };
  writeFileSync(path, JSON.stringify(changed, null, 2));
}
