// `npm run build`: what the host runs, in build/host, with the captive page and the partition table. What has not changed
// since is not built again: all commands begin with this one.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const USAGE = `Usage: npm run build, or npm run page

Builds what the host runs, in build/host, and out of their sources softap/page/built.ts (the captive page) and
modules/update/simulator/partition-table.ts. What has not changed is not built again; all commands begin with it.`;
const OUTPUT = "build/host";
/** With what was built: who deletes that deletes both. */
const MARKS = `${OUTPUT}/.built.json`;
const COMPILED = `${OUTPUT}/.tsbuildinfo`;

/** @typedef {{ name: string, inputs: string[], run: string[] }} Step inputs: files, and folders with all that is in them */
/** Each behind what it needs. The first one is due again where another has made sources of it. */
const STEPS = [
  {
    name: "compile",
    inputs: [
      ...["main.ts", "agent", "modules", "softap", "provisioning", "mocks", "tools", "benchmarks", "tests"],
      ...["tsconfig.json", "package-lock.json"],
    ],
    run: ["node_modules/typescript/bin/tsc", "-p", "mocks", "--incremental", "--tsBuildInfoFile", COMPILED],
  },
  {
    name: "page",
    inputs: ["softap", "tools/page.ts", "modules/data/crc32.ts", "package-lock.json"],
    run: [`${OUTPUT}/tools/page.js`],
  },
  {
    name: "partitions",
    inputs: [
      ...["modules/system/esp32/partitions.csv", "modules/update/simulator/partition-table.ts"],
      "tools/partitions.ts",
    ],
    run: [`${OUTPUT}/tools/partitions.js`],
  },
];

/**
 * @param {string} root
 * @param {string[]} paths
 * @returns {string} another one when a file has come, has gone, or was written
 */
export function fingerprint(root, paths) {
  const hash = createHash("sha256");
  for (const path of paths) for (const line of linesOf(root, join(root, path))) hash.update(line);
  return hash.digest("hex");
}

/** @returns {string[]} a line for each file */
function linesOf(root, path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return [`${relative(root, path)} ${stat.mtimeMs} ${stat.size}\n`];
  return readdirSync(path)
    .filter((name) => name !== "node_modules")
    .sort()
    .flatMap((name) => linesOf(root, join(path, name)));
}

/** @returns {Record<string, string>} of each step that was built, what it was built of */
function readMarks() {
  return existsSync(MARKS) ? JSON.parse(readFileSync(MARKS, "utf8")) : {};
}

/** @returns {boolean} whether what the step makes is there, made of what is there now */
function build({ name, inputs, run }, marks) {
  const before = fingerprint(ROOT, inputs);
  if (marks[name] === before) return true;
  // Seconds, where nothing is there yet. On stderr: some commands speak JSON on the other.
  if (name === "compile") process.stderr.write("Compiling what has changed…\n");
  const { status } = spawnSync(process.execPath, run, { cwd: ROOT, stdio: ["ignore", 2, 2] });
  if (status !== 0) return false;
  marks[name] = name === "compile" ? before : fingerprint(ROOT, inputs);
  writeFileSync(MARKS, JSON.stringify(marks));
  return true;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.chdir(ROOT);
  if (process.argv.includes("--help")) console.log(USAGE);
  else {
    const marks = readMarks();
    const isBuilt = [...STEPS, STEPS[0]].every((step) => build(step, marks));
    process.exitCode = isBuilt ? 0 : 1;
  }
}
