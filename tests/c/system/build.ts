/** C of modules/system/esp32 as a program of the host's: with stand-ins for ESP-IDF (idf/ and beside this file), and sanitizers. */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "vitest";
import { ROOT } from "../../../tools/sdk.js";

const HERE = join(ROOT, "tests", "c", "system");
const SYSTEM = join(ROOT, "modules", "system");
const DEVICE = join(SYSTEM, "esp32");
const FLAGS: readonly string[] = [
  ...["-std=gnu11", "-Wall", "-Wextra", "-Werror", "-g"],
  ...["-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"],
];

const isCompilerThere =
  process.platform === "linux" &&
  spawnSync("cc", ["-fsanitize=address,undefined", "-x", "c", "-", "-o", "/dev/null"], {
    input: "int main(void) { return 0; }\n",
  }).status === 0;
/** Where there is no compiler they are left out; with CI=true they fail. */
export const systemTest = test.skipIf(!isCompilerThere && !process.env.CI);

/**
 * @param own the program's own source, in this folder
 * @param device names of the device's sources
 * @returns the program's path
 */
export function built(own: string, device: readonly string[]): string {
  const folder = join(ROOT, "build", "c");
  mkdirSync(folder, { recursive: true });
  const program = join(folder, `system-${own}`);
  const sources = [join(HERE, `${own}.c`), join(HERE, "rom.c"), ...device.map((name) => join(DEVICE, `${name}.c`))];
  const headers = [join(HERE, "idf"), DEVICE, join(SYSTEM, "native")].map((path) => `-I${path}`);
  execFileSync("cc", [...FLAGS, ...headers, ...sources, "-o", program], { stdio: "pipe" });
  return program;
}
