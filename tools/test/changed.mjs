// What a change touches: against HEAD, or where nothing is uncommitted against where the branch left main.
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";

/** Whatever depends on these is not seen by following imports. */
const EVERYTHING = /^(package(-lock)?\.json|vitest\.config\.ts|tsconfig\.json|(mocks|tests)\/tsconfig\.json)$/;
/** What the XS tier plays is made of these (tests/scripted/xs.ts). */
const XS_TIER = /^(agent|modules|provisioning|softap|tests\/scripted|tests\/xs)\//;
const SOURCE = /\.(ts|mjs|js)$/;
/** Virtual devices and command lines run what was built of these, which no import tells. */
const BUILT = /^(main\.ts|agent|mocks|modules|provisioning|softap|tools)/;
const RUNS_WHAT_WAS_BUILT = /node:child_process|build\/host|device\/virtual-device\.js/;

/** @returns {string[]} paths from the project's folder */
export function changedFiles(root) {
  const git = (...args) => execFileSync("git", args, { cwd: root, encoding: "utf8" }).split("\n").filter(Boolean);
  const uncommitted = [...git("diff", "--name-only", "HEAD"), ...git("ls-files", "--others", "--exclude-standard")];
  if (uncommitted.length) return uncommitted;
  const [base] = git("merge-base", "HEAD", "main");
  return git("diff", "--name-only", base);
}

/**
 * @param {string[]} changed
 * @param {Map<string, string>} tests the text of each file under tests/, by its path
 * @returns {{ everything: boolean, sources: string[], xs: boolean }} what to give to `vitest related`
 */
export function touchedBy(changed, tests) {
  const sources = new Set(changed.filter((path) => SOURCE.test(path)));
  // Pages, manifests and documents are read by name.
  const names = changed.filter((path) => !SOURCE.test(path)).map((path) => basename(path));
  const isBuilt = changed.some((path) => BUILT.test(path));
  for (const [path, text] of tests)
    if (names.some((name) => text.includes(name)) || (isBuilt && RUNS_WHAT_WAS_BUILT.test(text))) sources.add(path);
  if (changed.some((path) => /\.[ch]$/.test(path))) sources.add("tests/c/compile.ts");
  if (changed.some((path) => path.endsWith(".md"))) sources.add("tests/docs/documents.ts");
  if (changed.some((path) => path.startsWith("softap/page/"))) sources.add("softap/page/built.ts");
  return {
    everything: changed.some((path) => EVERYTHING.test(path)),
    sources: [...sources],
    xs: changed.some((path) => XS_TIER.test(path)),
  };
}

/** @param {URL} root the project's folder */
export function touched(root) {
  const paths = readdirSync(new URL("tests", root), { recursive: true, encoding: "utf8" })
    .map((path) => `tests/${path.replaceAll("\\", "/")}`)
    .filter((path) => /^(?!tests\/xs\/).*\.ts$/.test(path));
  const tests = new Map(paths.map((path) => [path, readFileSync(new URL(path, root), "utf8")]));
  const { sources, ...rest } = touchedBy(changedFiles(root), tests);
  // What is no more touches nothing by itself; who imported it has changed, too.
  return { ...rest, sources: sources.filter((path) => existsSync(new URL(path, root))) };
}
