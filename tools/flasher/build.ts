/** The flasher's page as files that any web server can hand out. */
import { copyFileSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { rolldown } from "rolldown";
import { ROOT } from "../sdk.js";

const SOURCES = join(ROOT, "tools", "flasher", "page");
export const PAGE = join(ROOT, "build", "flasher");

/** One script: a page that has been opened goes on working when its server is gone. */
export async function buildPage(): Promise<void> {
  rmSync(PAGE, { recursive: true, force: true });
  mkdirSync(PAGE, { recursive: true });
  await bundle(join(SOURCES, "main.ts"), "esm", join(PAGE, "main.js"));
  for (const name of ["index.html", "style.css", "controls.css"]) copyFileSync(join(SOURCES, name), join(PAGE, name));
}

/** @param file undefined: nothing is written */
export async function bundle(input: string, format: "esm" | "iife", file?: string): Promise<string> {
  const build = await rolldown({
    input,
    platform: "browser",
    // Imports name what the compiler makes.
    resolve: { extensionAlias: { ".js": [".ts", ".js"] } },
    logLevel: "warn",
  });
  const options = { format, minify: true, codeSplitting: false, ...(file && { file }) } as const;
  const { output } = await (file ? build.write(options) : build.generate(options));
  await build.close();
  return output[0].code;
}
