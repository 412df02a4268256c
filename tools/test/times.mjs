// A reporter of Vitest's that keeps how long each file took, for those who print it behind everything else.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const FILE = new URL("../../build/test-times.json", import.meta.url);
const SHOWN_FILES = 10;

export default class {
  onTestRunEnd(modules) {
    const times = modules.map((module) => {
      const { collectDuration, duration, setupDuration } = module.diagnostic();
      const path = relative(ROOT, module.moduleId).replaceAll("\\", "/");
      return { path, seconds: (collectDuration + duration + setupDuration) / 1_000 };
    });
    mkdirSync(new URL(".", FILE), { recursive: true });
    writeFileSync(FILE, JSON.stringify(times));
  }
}

/** @returns {string[]} lines: each folder's files added up, and the slowest files, the slowest one last */
export function readTimes() {
  if (!existsSync(FILE)) return [];
  const times = JSON.parse(readFileSync(FILE, "utf8")).sort((a, b) => a.seconds - b.seconds);
  const folders = new Map();
  for (const { path, seconds } of times) {
    const folder = path.split("/").slice(1, -1)[0] ?? "tests";
    folders.set(folder, (folders.get(folder) ?? 0) + seconds);
  }
  const sums = [...folders].sort(([, a], [, b]) => a - b).map(([name, seconds]) => `${name} ${Math.round(seconds)}`);
  return [
    `Seconds of each folder's files, which run beside each other: ${sums.join(", ")}`,
    "The slowest files:",
    ...times.slice(-SHOWN_FILES).map(({ path, seconds }) => `${seconds.toFixed(1).padStart(7)} s  ${path}`),
  ];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(["", ...readTimes()].join("\n"));
