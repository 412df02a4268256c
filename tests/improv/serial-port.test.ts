/** `npm run device -- --serial PATH`: the public client at the other end of a pseudo-terminal. */
import { spawn, spawnSync } from "node:child_process";
import { expect, onTestFinished, test } from "vitest";
import { makeFolder, start } from "../commands/support.js";
import { type ComputersEnd, openClient } from "./support.js";

const STEP_MS = 30_000;

/** util-linux': it makes a pseudo-terminal without a terminal of its own. */
const isScriptThere = spawnSync("script", ["--version"], { encoding: "utf8" }).stdout?.includes("util-linux");
if (!isScriptThere) console.error("\n*** LEFT OUT: tests of a pseudo-terminal. They need util-linux' script. ***\n");
const terminalTest = test.skipIf(!isScriptThere && !process.env.CI);

/** @returns the path of one end, and the other one */
async function makeTerminal(): Promise<{ path: string; end: ComputersEnd }> {
  const child = spawn("script", ["-qfec", "tty; stty raw -echo; exec sleep 600", "/dev/null"]);
  onTestFinished(() => void child.kill());
  let path = "";
  child.stdout.on("data", (bytes: Buffer) => {
    path += bytes;
  });
  await expect.poll(() => path, { timeout: STEP_MS }).toContain("\n");
  const end: ComputersEnd = {
    listen: (onBytes) => child.stdout.on("data", onBytes),
    send: (bytes) => child.stdin.write(bytes),
  };
  return { path: path.trim(), end };
}

terminalTest("the board's lines and answers are there", { timeout: 90_000 }, async () => {
  const { path, end } = await makeTerminal();
  let heard = "";
  end.listen((bytes) => {
    heard += Buffer.from(bytes).toString("latin1");
  });
  const run = start("mocks/device/cli", ["--serial", path], { cwd: makeFolder() });
  await expect.poll(() => heard, { timeout: STEP_MS }).toMatch(/^\{"state":"portal",.*\}\r$/m);
  const client = await openClient(end);
  expect(client.info?.firmware).toBe("esp32-online");
  run.child.kill("SIGTERM");
  expect(await run.exit).toBe(0);
});

test.each([
  ["/dev/null", "/dev/null is neither a serial port nor a pseudo-terminal"],
  ["/dev/there-is-none", "/dev/there-is-none: there is no such file."],
])("%s is refused with a sentence", async (path, sentence) => {
  const run = start("mocks/device/cli", ["--serial", path], { cwd: makeFolder() });
  expect(await run.exit).toBe(1);
  expect(run.output()).toContain(sentence);
});
