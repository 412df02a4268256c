/**
 * Espressif's own tools, 4.8 or later, unchanged. `ESPTOOL` names the command of the first where it is not in the PATH,
 * `ESPTOOL="python3 /somewhere/esptool.py"`; the others stand beside it.
 */
import { spawnSync } from "node:child_process";
import { test } from "vitest";

const candidates = process.env.ESPTOOL ? [process.env.ESPTOOL] : ["esptool", "esptool.py"];
export const found = candidates.map((text) => text.split(" ")).flatMap(versionOf)[0];
if (!found) console.error("\n*** LEFT OUT: tests against esptool. There is none; ESPTOOL names its command. ***\n");
/** No package of Debian's has a version that is new enough, so that they are left out with CI=true, too. */
export const esptoolTest = test.skipIf(!found);

function versionOf(command: readonly string[]): { command: readonly string[]; major: number }[] {
  const { stdout } = spawnSync(command[0]!, [...command.slice(1), "version"], { encoding: "utf8" });
  const [, major, minor] = /^(\d+)\.(\d+)/m.exec(stdout ?? "") ?? [];
  return Number(major) > 4 || (major === "4" && Number(minor) >= 8) ? [{ command, major: Number(major) }] : [];
}

/** @param words with hyphens, as version 5 has them */
export function commandOf(tool: "esptool" | "espsecure" | "espefuse", ...words: readonly string[]): string[] {
  const { command, major } = found!;
  const last = command.at(-1)!;
  const named = words.map((word) => (major < 5 && /^[a-z][a-z\d-]+$/.test(word) ? word.replaceAll("-", "_") : word));
  return [...command.slice(0, -1), last.replace(/esptool(?=[^/\\]*$)/, tool), ...named];
}
