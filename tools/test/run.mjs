// `npm test`: every tier that this machine can run, or the parts that are named. What it skips is listed at the end; with
// CI=true that is a failure.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { setPriority } from "node:os";
import { fileURLToPath } from "node:url";
import { touched } from "./changed.mjs";
import { partsOf } from "./parts.mjs";
import { readTimes } from "./times.mjs";

const root = new URL("../..", import.meta.url);
const xs = fileURLToPath(new URL("tests/xs", root));
const problems = [];
const leftOut = [];
const took = [];
/** The tests that wait for real time go first. */
const BEHIND_THE_OTHERS = 10;

/** @returns {Promise<boolean>} whether it went well */
function run(command, args, { cwd = fileURLToPath(root), isBehind = false, onOutput } = {}) {
  const shell = process.platform === "win32";
  const child = spawn(command, args, { cwd, stdio: onOutput ? ["ignore", "pipe", "pipe"] : "inherit", shell });
  if (isBehind && child.pid) setPriority(child.pid, BEHIND_THE_OTHERS);
  child.stdout?.on("data", onOutput);
  child.stderr?.on("data", onOutput);
  return new Promise((done) => {
    child.on("error", () => done(false));
    child.on("close", (code) => done(code === 0));
  });
}

async function timed(what, task) {
  const startMs = performance.now();
  const result = await task();
  took.push(`${String(Math.round((performance.now() - startMs) / 1_000)).padStart(5)} s    ${what}`);
  return result;
}

function has(command) {
  return spawnSync(command, ["--version"], { stdio: "ignore" }).status === 0;
}

/** Beside the tests in Node, and told behind them. */
async function xsTier(journeys, onOutput) {
  if (!["linux", "darwin"].includes(process.platform) || !has("cc") || !has("make")) {
    leftOut.push("the XS tier: it compiles the XS engine and needs a C compiler and make");
    return;
  }
  const options = { cwd: xs, isBehind: true, onOutput };
  if (!existsSync(`${xs}/node_modules/.package-lock.json`)) {
    console.log("Compiling the XS engine, once…");
    const install = () => run("npm", ["ci", "--no-audit", "--no-fund"], options);
    // GNU make 4.3 may lose sight of its compilers on a busy machine ("wait: No child processes").
    const isThere = await timed("compiling the XS engine", async () => (await install()) || (await install()));
    if (!isThere) {
      leftOut.push("the XS tier: its package could not be installed");
      return;
    }
  }
  const passed = await timed("the XS tier", () => run(process.execPath, ["run.mjs", ...journeys], options));
  if (!passed) problems.push("the XS tier");
}

async function vitest(args) {
  rmSync(new URL("build/test-times.json", root), { force: true });
  const reporters = ["--reporter=default", "--reporter=./tools/test/times.mjs"];
  const command = ["node_modules/vitest/vitest.mjs", ...args, "--run", ...reporters];
  if (!(await timed("the tests in Node", () => run(process.execPath, command)))) problems.push("the tests in Node");
}

/** @param files arguments of Vitest's; undefined: none are to run. @param journeys of the XS tier likewise */
async function tiers(files, journeys) {
  let held = [];
  const xsDone = journeys && xsTier(journeys, (data) => (held ? held.push(data) : process.stdout.write(data)));
  if (files) await vitest(files);
  for (const data of held) process.stdout.write(data);
  held = undefined;
  await xsDone;
}

/** What was asked for. @returns undefined where there is no such thing, or nothing to do */
function chosen(args) {
  if (args[0] === "--changed") {
    const { everything, sources, xs } = touched(root);
    if (everything) return { files: [], journeys: [] };
    if (sources.length === 0 && !xs) {
      console.log("Nothing has changed that a test depends on.");
      return undefined;
    }
    return { files: sources.length ? ["related", ...sources, "--passWithNoTests"] : undefined, journeys: xs && [] };
  }
  const parts = partsOf(root);
  const unknown = args.filter((name) => !Object.hasOwn(parts, name));
  if (unknown.length) {
    console.error(`no such part: ${unknown.join(", ")}; parts: ${Object.keys(parts).sort().join(", ")}`);
    process.exitCode = 1;
    return undefined;
  }
  if (args.length === 0) return { files: [], journeys: [] };
  const files = args.flatMap((name) => parts[name].files ?? []);
  const journeys = args.includes("xs") ? [] : args.flatMap((name) => parts[name].journeys ?? []);
  return {
    files: files.length ? files : undefined,
    journeys: args.includes("xs") || journeys.length ? journeys : undefined,
  };
}

const USAGE = `Usage: npm test [-- PART…], or npm run test:changed

Runs every tier of tests that this machine can run, or parts of them; the end lists what was skipped.

  PART     ${Object.keys(partsOf(root)).sort().join(", ")}
  --help   this text`;

const isHelp = process.argv.includes("--help");
if (isHelp) console.log(USAGE);
const choice = isHelp ? undefined : chosen(process.argv.slice(2));
if (choice) {
  await tiers(choice.files, choice.journeys);
  if (process.argv.length === 2) {
    if (!process.env.MODDABLE)
      console.log(
        "Not run here: the SDK's certificates, its own JavaScript, its merge of sdkconfig, its boards, a product's build (they need MODDABLE)",
      );
    console.log("Not part of npm test: the agent in Moddable's simulator (npm run test:simulator; it needs MODDABLE)");
  }
  for (const tier of leftOut) console.log(`LEFT OUT: ${tier}`);
  if (process.env.CI && leftOut.length) problems.push("what was left out");
  console.log(["", "How long it took:", ...took, ...readTimes(), ""].join("\n"));
  console.log(problems.length ? `Failed: ${problems.join(", ")}` : "All tiers that ran have passed.");
  process.exitCode = problems.length ? 1 : 0;
}
