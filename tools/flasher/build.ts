/** The flasher's page as files that any web server can hand out. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { rolldown } from "rolldown";
import { ROOT } from "../sdk.js";

const SOURCES = join(ROOT, "tools", "flasher", "page");
export const PAGE = join(ROOT, "build", "flasher");

/** One script: a page that has been opened goes on working when its server is gone. Another run may serve the page meanwhile. */
export async function buildPage(): Promise<void> {
  mkdirSync(PAGE, { recursive: true });
  put("main.js", await bundle(join(SOURCES, "main.ts"), "esm"));
  for (const name of ["index.html", "style.css", "controls.css"]) put(name, readFileSync(join(SOURCES, name)));
}

function put(name: string, content: string | Uint8Array): void {
  const made = join(PAGE, `${name}.${process.pid}`);
  writeFileSync(made, content);
  renameSync(made, join(PAGE, name));
}

export async function bundle(input: string, format: "esm" | "iife"): Promise<string> {
  const build = await rolldown({
    input,
    platform: "browser",
    // Imports name what the compiler makes.
    resolve: { extensionAlias: { ".js": [".ts", ".js"] } },
    logLevel: "warn",
  });
  const { output } = await build.generate({ format, minify: true, codeSplitting: false });
  await build.close();
  return output[0].code;
}
