/** The commands of package.json as they were built, in processes of their own. */
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, onTestFinished } from "vitest";

const built = resolve(import.meta.dirname, "../../build/host");

export interface Run {
  readonly child: ChildProcess;
  /** Of both streams, so far. */
  output(): string;
  /** The exit code. */
  readonly exit: Promise<number | null>;
}

/** A folder of its own, which goes with the test. */
export function makeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "command-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** @param script below build/host, without `.js` */
export function start(script: string, args: readonly string[], options: { cwd?: string; env?: object } = {}): Run {
  const env = { ...process.env, ...options.env };
  const child = spawn(process.execPath, [join(built, `${script}.js`), ...args], { ...options, env });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (part: Buffer) => {
      output += part.toString();
    });
  onTestFinished(() => void child.kill("SIGKILL"));
  return { child, output: () => output, exit: new Promise((done) => child.once("close", done)) };
}

/** A sentence, and no stack. */
export function expectSentence(output: string): void {
  expect(output).not.toMatch(/^ +at /m);
  expect(output).not.toContain("Node.js v");
}
