/**
 * `npm run build:esp32 [-- <folder of a product's manifest>]`: the firmware for `esp32/esp32s3`. With ESP-IDF the whole of it; without, the JavaScript stage
 * (tsc, xsc, xsl with preload and strip), which proves that the manifest links and gives the sizes.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { command, UsageError } from "./command.js";
import { standInForIdf } from "./idf.js";
import { type AppOptions, findSdk, ROOT, run, writeManifest } from "./sdk.js";

const usage = `Usage: npm run build:esp32 [-- FOLDER]

Builds a release of the firmware for the ESP32-S3. Needs MODDABLE, the folder of a built Moddable SDK, and IDF_PATH, that of
ESP-IDF; without the latter only the JavaScript stage is built, which gives the sizes.

  FOLDER   of a product's manifest.json, as examples/led (default: the agent alone)
  --help   this text
`;

const TARGET = "esp32/esp32s3";
/** From the project's folder. Left out: the agent and nothing else. */
const PRODUCT = process.argv[2] ?? ".";
const NAME = PRODUCT === "." ? "esp32-online" : `esp32-${basename(PRODUCT)}`;
const APP: AppOptions = {
  name: NAME,
  product: join(PRODUCT, "manifest.json"),
  // The calendar of a chip that has not been told the time starts here.
  config: { buildTimeMs: Date.now() },
};
const OUTPUT = join(ROOT, "build", NAME);
const TEMPORARY = join(OUTPUT, "tmp", "esp32", "esp32s3", "release", NAME);

async function javascriptStage(sdkEnv: NodeJS.ProcessEnv): Promise<void> {
  const env = { ...sdkEnv, IDF_PATH: standInForIdf(OUTPUT) };
  await run("mcconfig", ["-p", TARGET, "-t", "build", "-o", OUTPUT], { cwd: writeManifest(APP), env });
  const config = join(TEMPORARY, "xsProj-esp32s3", "build", "config");
  mkdirSync(config, { recursive: true });
  const header = join(config, "sdkconfig.h");
  writeFileSync(header, "");
  const targets = [join(TEMPORARY, "mc.xs.c"), join(TEMPORARY, "mc.resources.c")];
  // -o: the header is the IDF's to make; here it counts as made.
  await run("make", ["-f", join(TEMPORARY, "makefile"), "-o", header, ...targets], { cwd: ROOT, env });
  report();
}

/** Prints what the stage made: byte code by origin, and what ends up in flash. */
function report(): void {
  const modules = join(TEMPORARY, "modules");
  const ownBytes = ["main.xsb", "timer.xsb", "agent", "modules", "softap", "provisioning"]
    .map((name) => byteCode(join(modules, name)))
    .reduce((sum, bytes) => sum + bytes, 0);
  const linked = readFileSync(join(TEMPORARY, "mc.xs.c"), "utf8");
  // Preloaded functions are literals among the slots, a byte each `\x00`; what is not preloaded are arrays.
  const preloadedBytes = sumOf(linked, /\(txByte\*\)"((?:\\x[0-9a-f]{2})+)"/g, (literal) => literal.length / 4);
  const loadedBytes = sumOf(linked, /^static const txU1 gxCode\d+\[(\d+)\];$/gm);
  const slots = sumOf(linked, /^#define mxHeapCount (\d+)$/gm);
  const resources = readFileSync(join(TEMPORARY, "mc.resources.c"), "utf8");
  const resourceBytes = resources.match(/0x[0-9a-f]{2}\b/g)?.length ?? 0;
  console.log(`JavaScript stage for ${TARGET} done: the manifest links.
  byte code of this project         ${bytes(ownBytes)}   compiled modules (*.xsb)
  byte code of the SDK's modules    ${bytes(byteCode(modules) - ownBytes)}   compiled modules (*.xsb)
  linked: preloaded functions       ${bytes(preloadedBytes)}   byte code in flash
  linked: modules that run at boot  ${bytes(loadedBytes)}   byte code in flash
  linked: preloaded objects         ${bytes(slots * SLOT_BYTES)}   in flash, ${slots} slots of ${SLOT_BYTES} bytes
  linked: resources                 ${bytes(resourceBytes)}   in flash`);
}

/** On a 32-bit machine. */
const SLOT_BYTES = 16;

function bytes(count: number): string {
  return `${count.toLocaleString("en").padStart(9)} bytes`;
}

function byteCode(path: string): number {
  if (!existsSync(path)) return 0;
  if (!statSync(path).isDirectory()) return path.endsWith(".xsb") ? statSync(path).size : 0;
  return readdirSync(path).reduce((sum, name) => sum + byteCode(join(path, name)), 0);
}

function sumOf(text: string, pattern: RegExp, measure: (match: string) => number = Number): number {
  return [...text.matchAll(pattern)].reduce((sum, match) => sum + measure(match[1]!), 0);
}

await command(usage, async () => {
  if (!existsSync(join(ROOT, APP.product!))) throw new UsageError(`${APP.product}: there is no such manifest.`);
  const { env } = findSdk();
  if (process.env.IDF_PATH) {
    console.log(`Building the firmware for ${TARGET}: minutes the first time…`);
    const options = { cwd: writeManifest(APP), env };
    console.log(await run("mcconfig", ["-m", "-p", TARGET, "-t", "build", "-o", OUTPUT], options));
  } else {
    console.log(`Building the JavaScript stage for ${TARGET}: half a minute…`);
    await javascriptStage(env);
    console.log("Stopped before the C stage: set IDF_PATH to an ESP-IDF to build the firmware itself.");
  }
});
