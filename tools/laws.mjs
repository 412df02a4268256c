// The laws of the house that a program can hold (`npm run check`):
// 1. device code knows nothing of Node, the DOM or npm packages, and imports no host code;
// 2. no floor imports one above it: main, agent, softap, provisioning, modules;
// 3. only adapters, the composition root and the guard's timer import the SDK's modules;
// 4. no file has more than 300 lines;
// 5. device code has no regular expression as a constant of a module: preloaded it lies in ROM, and SDK 8.2.3 matches it
//    with memory that its collector takes for its own (xs/sources/xsre.c, fxAllocateRegExpData): a leak, and crashes;
// 6. a number of the partition table stands in partitions.csv and nowhere else (laws/partitions.mjs);
// 7. no circle of files, none of rooms (laws/circles.mjs);
// 8. no private methods in device code (laws/private-methods.mjs).
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";
import { pathToFileURL } from "node:url";
import { circleViolations } from "./laws/circles.mjs";
import { IMPORT, importsOf } from "./laws/imports.mjs";
import { partitionCopies, partitionNumbers } from "./laws/partitions.mjs";
import { privateMethods } from "./laws/private-methods.mjs";

/** The captive page's script runs in the phone's browser. */
const DEVICE = /^(main\.ts|agent\/|modules\/|examples\/|softap\/(?!page\/script\.js)|provisioning\/)/;
const ADAPTER = /adapter\.[jt]s$|^agent\/agent\.ts$|^modules\/base\/timer\.ts$|^examples\/\w+\/(?:esp32|simulator)\//;
/** A product's view: the agent's modules as the manifests name them, and its own. */
const PRODUCTS = /^(?:(?:agent|modules)(?:\/[\w-]+)+|led)$/;
const HOST_GLOBALS =
  /(?<![.\w'"`/-])(process|Buffer|require|console|setTimeout|setInterval|setImmediate|fetch|window|document|navigator|Intl|TextEncoder|TextDecoder|URL|structuredClone|performance|__dirname)(?=\s*[.([])/;
const ROM_PATTERN = /^(?:export )?(?:const|let) \w+(?:: [^=]+)? = (?:\/[^/*]|new RegExp\()/;
const MAX_LINES = 300;

/**
 * @param {string} path of the file, from the project's folder
 * @param {string} text
 * @param {(path: string) => boolean} exists
 * @returns {string[]} what breaks a law
 */
export function violations(path, text, exists) {
  const found = [];
  const lines = text.split("\n");
  if (lines.length - 1 > MAX_LINES) found.push(`${path}: ${lines.length - 1} lines, more than ${MAX_LINES}`);
  if (!DEVICE.test(path) || path.endsWith(".d.ts")) return found;
  for (const [, from, dynamic] of text.matchAll(IMPORT)) {
    const specifier = from ?? dynamic;
    const problem = specifier.startsWith(".") ? relative(path, specifier, exists) : bare(path, specifier);
    if (problem) found.push(`${path}: imports ${specifier}: ${problem}`);
  }
  for (const line of lines.filter((one) => ROM_PATTERN.test(one))) found.push(`${path}: a pattern in ROM: ${line}`);
  withoutTexts(text)
    .split("\n")
    .forEach((line, index) => {
      const host = HOST_GLOBALS.exec(line);
      if (host) found.push(`${path}:${index + 1}: ${host[1]} is not on the device`);
    });
  return found;
}

/** Comments and texts, whichever begins first: an apostrophe in a comment begins no text. */
const TEXT = /\/\*[\s\S]*?\*\/|\/\/.*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`/g;

/** They become empty; lines stay where they are. */
function withoutTexts(text) {
  return text.replace(TEXT, (match) => match.replace(/[^\n]+/g, ""));
}

function relative(path, specifier, exists) {
  const target = normalize(join(dirname(path), specifier))
    .replaceAll("\\", "/")
    .replace(/\.js$/, ".ts");
  if (!specifier.endsWith(".js")) return "the extension .js is missing";
  if (!DEVICE.test(target)) return "host code";
  if (floorOf(target) > floorOf(path)) return "a floor above";
  return exists(target) ? undefined : "there is no such file";
}

/** A floor uses those below it and knows nothing of those above; `main.ts` and the examples stand on top of all. */
const FLOORS = ["modules", "provisioning", "softap", "agent"];

function floorOf(path) {
  const floor = FLOORS.indexOf(path.split("/")[0]);
  return floor < 0 ? FLOORS.length : floor;
}

function bare(path, specifier) {
  if (OWN.has(specifier) || (path.startsWith("examples/") && PRODUCTS.test(specifier))) return undefined;
  if (specifier.startsWith("node:") || specifier.includes("@") || !SDK.has(specifier)) return "not a module of the SDK";
  return ADAPTER.test(path) ? undefined : "only adapters import the SDK";
}

/**
 * The project's own by their full names: modules with an SDK's name know no relative ones, the simulator has another
 * `boot-adapter`, and the host another `certificates-adapter`.
 */
const OWN = new Set([
  "modules/base/guard",
  "modules/console/serial-adapter",
  "modules/system/chip-adapter",
  "modules/tls/certificates-adapter",
  "modules/tls/keys-adapter",
  "modules/tls/session-adapter",
  "modules/update/boot-adapter",
  "modules/update/simulator/modules-adapter",
]);

/** What the manifests carry. */
const SDK = new Set([
  "Resource",
  "crypt",
  "embedded:io/digital",
  "embedded:io/socket/listener",
  "embedded:io/socket/tcp",
  "embedded:io/socket/udp",
  "embedded:network/http/server",
  "embedded:network/mqtt/client",
  "embedded:storage/flash",
  "embedded:update",
  "file",
  "instrumentation",
  "mc/config",
  "mc/ffi",
  "neopixel",
  "net",
  "preference",
  "time",
  "timer",
  "wifi",
]);

/** @returns {string[]} a line for each private method in device code */
export function privateMethodsIn(path, text) {
  return DEVICE.test(path) ? privateMethods(path, withoutTexts(text)) : [];
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const numbers = partitionNumbers(readFileSync("modules/system/esp32/partitions.csv", "utf8"));
  const files = execFileSync("git", ["ls-files", "-co", "--exclude-standard"], { encoding: "utf8" })
    .split("\n")
    .filter((path) => /\.(ts|mjs|js|c|h|json)$/.test(path) && !path.endsWith("package-lock.json") && existsSync(path))
    .map((path) => ({ path, text: readFileSync(path, "utf8") }));
  const scripts = files.filter(({ path }) => /\.(ts|mjs|js)$/.test(path));
  const methods = scripts.flatMap(({ path, text }) => privateMethodsIn(path, text));
  const found = [
    ...scripts.flatMap(({ path, text }) => violations(path, text, existsSync)),
    ...files.flatMap(({ path, text }) => partitionCopies(path, text, numbers)),
    ...circleViolations(importsOf(scripts)),
    ...methods,
  ];
  for (const line of found) console.error(line);
  console.log(`laws: ${files.length} files, ${found.length} violations`);
  process.exitCode = found.length ? 1 : 0;
}
