// `npm test`: every tier that this machine can run. What it cannot run is said; with CI=true that is a failure.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const xs = fileURLToPath(new URL("../tests/xs", import.meta.url));
const problems = [];
const leftOut = [];

function run(command, args, cwd = root) {
  const windows = process.platform === "win32";
  return spawnSync(command, args, { cwd, stdio: "inherit", shell: windows }).status === 0;
}

function has(command) {
  return spawnSync(command, ["--version"], { stdio: "ignore" }).status === 0;
}

function xsTier() {
  if (!["linux", "darwin"].includes(process.platform) || !has("cc") || !has("make")) {
    leftOut.push("the XS tier: it compiles the XS engine and needs a C compiler and make");
    return;
  }
  if (!existsSync(`${xs}/node_modules/.package-lock.json`)) {
    console.log("Compiling the XS engine, once…");
    if (!run("npm", ["ci", "--no-audit", "--no-fund"], xs)) {
      leftOut.push("the XS tier: its package could not be installed");
      return;
    }
  }
  if (!run(process.execPath, ["run.mjs"], xs)) problems.push("the XS tier");
}

if (!run(process.execPath, ["node_modules/vitest/vitest.mjs", "run"])) problems.push("the tests in Node");
xsTier();

if (!process.env.MODDABLE)
  console.log("Not run here: the SDK's certificates, its own JavaScript, its merge of sdkconfig (they need MODDABLE)");
console.log("Not part of npm test: the agent in Moddable's simulator (npm run test:simulator; it needs MODDABLE)");
for (const tier of leftOut) console.log(`LEFT OUT: ${tier}`);
if (process.env.CI && leftOut.length) problems.push("what was left out");
console.log(problems.length ? `Failed: ${problems.join(", ")}` : "All tiers that ran have passed.");
process.exitCode = problems.length ? 1 : 0;
