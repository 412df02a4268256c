/**
 * Every command of README and docs, as it stands there: run in fresh copies of the project, one for each document, or named
 * here with the reason why not. What is run to its end ends with 0; what would run for ever is ended when its line has come.
 */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ROOT } from "../../tools/sdk.js";
import { commandsOf, DOCUMENTS } from "./documents.js";

type Way =
  | { readonly kind: "ends" }
  /** Where there is a Moddable SDK. */
  | { readonly kind: "sdk" }
  | { readonly kind: "runs"; readonly says: RegExp }
  /** Its options are checked by tests/commands/help.test.ts. */
  | { readonly kind: "left out"; readonly because: string };

const ends: Way = { kind: "ends" };
const sdk: Way = { kind: "sdk" };
const runs = (says: RegExp): Way => ({ kind: "runs", says });
const leftOut = (because: string): Way => ({ kind: "left out", because });
const BOARD = leftOut("needs a board");
const IDF = leftOut("needs ESP-IDF and what it has built");
const ITSELF = leftOut("runs tests, measures, or checks the repository: a command of its own");
const ACCOUNT = leftOut("tests/commands/aws.test.ts and tests/tools/claim.test.ts do it");

/** The first that fits counts. */
const WAYS: readonly (readonly [RegExp, Way])[] = [
  [/^git clone /, leftOut("the copy is one")],
  [/^(?:cd|npm ci$)/, leftOut("the copy has its packages")],
  [/^npm exec -c ".*mcconfig /, IDF],
  [/^esptool /, BOARD],
  [/^(?:BUILD=|espsecure |espefuse )/, leftOut("tests/tools/espressif.test.ts does it")],
  [/^npm run build:esp32 -- \.\./, leftOut("tests/product/build.test.ts does it")],
  [/^npm run build:esp32/, sdk],
  [/^npm run (?:release -- --build|flasher)/, IDF],
  [/^npm run simulator$/, leftOut("tests/simulator/start.sim.ts does it")],
  [/^npm run simulator -- \.\./, leftOut("tests/simulator/product.sim.ts does it")],
  [/^npm (?:test|run (?:test:\w+|check|fuzz|bench|census))\b/, ITSELF],
  [/^(?:mosquitto_pub |npm run claim -- --account|npm run (?:cloud|factory|device) .*\baws\b)/, ACCOUNT],
  [/^npm start/, runs(/Open the captive page:/)],
  [/^socat /, leftOut("needs socat")],
  [/^npm run device .*--serial /, leftOut("tests/improv/serial-port.test.ts does it")],
  [/^npm run device/, runs(/portal.*http:/)],
  [/^npm run cloud/, runs(/Ctrl-C ends it/)],
  [/^npm run (?:claim -- --help|factory|(?:-s )?nvs|new|page|release|roots)\b/, ends],
  [/^(?:npx tsc|printf) /, ends],
];

const entryOf = (command: string) => WAYS.find(([pattern]) => pattern.test(command));
const wayOf = (command: string) => entryOf(command)?.[1];
const hasSdk = Boolean(process.env.MODDABLE);
const written = DOCUMENTS.filter((path) => !path.includes("zh-CN")).map((path) => ({
  path,
  commands: commandsOf(path),
}));
/** With the SDK. */
const compiled = new Set<string>();
const documents = written
  .map(({ path, commands }) => [path, commands.filter(isRun)] as const)
  .filter(([, commands]) => commands.length > 0);

function isRun(command: string): boolean {
  const kind = wayOf(command)?.kind;
  if (kind !== "sdk") return kind === "ends" || kind === "runs";
  // Half a minute each: once, in the first document that has it.
  const isFirst = hasSdk && !compiled.has(command);
  compiled.add(command);
  return isFirst;
}

const LIMIT_MS = 60_000;
const folder = mkdtempSync(join(tmpdir(), "docs-"));
const built = join(folder, "built");

function copyOfProject(): void {
  const list = execFileSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], { cwd: ROOT });
  for (const path of list.toString().split("\0")) {
    if (!existsSync(join(ROOT, path)) || path === "") continue;
    mkdirSync(dirname(join(built, path)), { recursive: true });
    cpSync(join(ROOT, path), join(built, path));
  }
  symlinkSync(join(ROOT, "node_modules"), join(built, "node_modules"), "junction");
}

const alive = new Set<Command>();

class Command {
  output = "";
  private onOutput: () => unknown = () => {};
  private readonly child: ChildProcess;
  /** The exit code. */
  readonly ended: Promise<number | null>;

  constructor(line: string, cwd: string) {
    // A group of its own: npm, its shell, and what that runs.
    this.child = spawn("sh", ["-c", line], { cwd, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.child.stdout!, this.child.stderr!])
      stream.on("data", (part: Buffer) => {
        this.output += part.toString();
        this.onOutput();
      });
    alive.add(this);
    this.ended = new Promise((done) => this.child.once("close", done));
    void this.ended.then(() => alive.delete(this));
  }

  /** @returns when it has said so, has ended, or should have */
  async until(says: RegExp): Promise<void> {
    const said = new Promise<void>((done) => {
      this.onOutput = () => says.test(this.output) && done();
      this.onOutput();
    });
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((done) => {
      timer = setTimeout(done, LIMIT_MS);
    });
    await Promise.race([said, this.ended, late]);
    clearTimeout(timer);
    expect(this.output).toMatch(says);
  }

  async end(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) process.kill(-this.child.pid!, "SIGTERM");
    await this.ended;
  }
}

beforeAll(async () => {
  copyOfProject();
  const build = new Command("npm run build", built);
  expect(await build.ended, build.output).toBe(0);
}, 3 * LIMIT_MS);

afterAll(async () => {
  // Those of a test that took too long.
  await Promise.all([...alive].map((command) => command.end()));
  rmSync(folder, { recursive: true, force: true });
});

test("each command has a way to be run, and no way is left over", () => {
  const commands = written.flatMap((document) => document.commands);
  expect(commands.length).toBeGreaterThan(40);
  expect(commands.filter((command) => !wayOf(command))).toEqual([]);
  const unused = WAYS.filter((entry) => !commands.some((command) => entryOf(command) === entry));
  expect(unused.map(([pattern]) => String(pattern))).toEqual([]);
});

describe.concurrent("the commands of", () => {
  test.for(documents)("%s", { timeout: 10 * LIMIT_MS }, async ([path, commands]) => {
    const running: Command[] = [];
    try {
      await runAll(path, commands, running);
    } finally {
      await Promise.all(running.map((command) => command.end()));
    }
  });
});

/** In their order; what would run for ever does so until the last one is done. */
async function runAll(path: string, commands: readonly string[], running: Command[]): Promise<void> {
  const cwd = join(folder, path.replaceAll("/", "-"));
  // With its times: what has not changed is not built again.
  cpSync(built, cwd, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
  for (const line of commands) {
    const way = wayOf(line)!;
    const command = new Command(line, cwd);
    running.push(command);
    if (way.kind === "runs") await command.until(way.says);
    else expect(await command.ended, `${line}\n${command.output}`).toBe(0);
  }
}
