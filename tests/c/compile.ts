/** Programs of C, once for each state of their sources. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { join } from "node:path";
import { ROOT } from "../../tools/sdk.js";

/** What does not compile is not compiled again for each test. */
const broken = new Map<string, unknown>();

/**
 * @param command what `cc` gets
 * @param sources all that it reads of this project
 * @returns the program's path
 */
export function compiled(command: readonly string[], sources: readonly string[]): string {
  const hash = createHash("sha256").update(command.join(" "));
  for (const path of sources) hash.update(readFileSync(path));
  const folder = join(ROOT, "build", "c");
  const program = join(folder, hash.digest("hex").slice(0, 16));
  if (broken.has(program)) throw broken.get(program);
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  try {
    execFileSync("cc", [...command, "-o", `${program}.${process.pid}`], { stdio: ["ignore", "ignore", "pipe"] });
  } catch (error) {
    broken.set(program, error);
    throw error;
  }
  renameSync(`${program}.${process.pid}`, program);
  return program;
}
