/** What stands for ESP-IDF where mcconfig asks for one and only the JavaScript stage runs. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../sdk.js";

/**
 * mcconfig asks the IDF's folder for its version, which any git folder answers, and looks for the headers' folders.
 * @returns the folder, inside the one given
 */
export function standInForIdf(output: string): string {
  const folder = join(output, "no-idf");
  for (const name of headerFolders()) mkdirSync(join(folder, name), { recursive: true });
  if (!existsSync(join(folder, ".git"))) {
    mkdirSync(folder, { recursive: true });
    const git = (...args: string[]) =>
      execFileSync("git", ["-c", "user.name=-", "-c", "user.email=-", ...args], { cwd: folder });
    git("init", "-q");
    git("commit", "-q", "--allow-empty", "-m", "stand-in");
  }
  return folder;
}

/** Those of the IDF that the project's own C needs beyond the SDK's. */
function headerFolders(): string[] {
  const modules = join(ROOT, "modules");
  return readdirSync(modules)
    .map((name) => join(modules, name, "esp32", "manifest.json"))
    .filter(existsSync)
    .flatMap((path) => [...readFileSync(path, "utf8").matchAll(/\$\(IDF_PATH\)\/([^"]+)/g)].map((match) => match[1]!));
}
