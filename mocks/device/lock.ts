/** One virtual device to a state file: two would write over each other's flash. */
import { createHash } from "node:crypto";
import { rmSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

/**
 * Holds the file until this process ends, however it ends: a socket nobody listens on any more is taken over.
 * @throws with a sentence where a device of another process has it
 */
export async function lockState(stateFile: string): Promise<void> {
  const socket = socketOf(stateFile);
  if (await listen(socket)) return;
  if (await isAnswered(socket)) throw new Error(`A virtual device runs from ${stateFile} already: end that one first.`);
  rmSync(socket, { force: true });
  if (!(await listen(socket))) throw new Error(`${stateFile} cannot be locked: ${socket} is in the way.`);
}

/** Not beside the file: a socket's path has 100 characters or so. */
function socketOf(stateFile: string): string {
  const name = createHash("sha256").update(resolve(stateFile)).digest("hex").slice(0, 16);
  return join(tmpdir(), `esp32-online-${name}.lock`);
}

function listen(socket: string): Promise<boolean> {
  const server = createServer((visitor) => visitor.destroy());
  return new Promise((done, failed) => {
    server.once("error", (error: NodeJS.ErrnoException) => (error.code === "EADDRINUSE" ? done(false) : failed(error)));
    server.listen(socket, () => {
      server.unref();
      done(true);
    });
  });
}

function isAnswered(socket: string): Promise<boolean> {
  return new Promise((done) => {
    const visitor = connect(socket);
    visitor.once("error", () => done(false));
    visitor.once("connect", () => {
      visitor.destroy();
      done(true);
    });
  });
}
