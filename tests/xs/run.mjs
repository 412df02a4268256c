// The XS tier: bundles the device code (all but the adapters) with the scripted journeys, and plays them in the real
// XS engine. Prints a line a journey with the engine's meter: computation in steps, slots in use between turns.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const MAX_TURNS = 200_000;

/** @returns the script of this entry, by its URL, and all that it imports */
export async function bundle(entry) {
  const input = fileURLToPath(entry);
  const build = await rolldown({ input, logLevel: "silent", resolve: { extensionAlias: { ".js": [".ts", ".js"] } } });
  const { output } = await build.generate({ format: "iife" });
  return output[0].code;
}

/** A fresh machine with the bundle in it: netstrings on file descriptors 3 (in) and 4 (out). */
class Machine {
  #process;
  #unread = Buffer.alloc(0);
  #waiting;

  constructor() {
    const platform = { linux: "lin", darwin: "mac" }[process.platform];
    const program = `node_modules/@agoric/xsnap/xsnap-native/xsnap/build/bin/${platform}/release/xsnap-worker`;
    const stdio = ["ignore", "inherit", "inherit", "pipe", "pipe"];
    this.#process = spawn(fileURLToPath(new URL(program, import.meta.url)), ["device"], { stdio });
    this.#process.stdio[4].on("data", (data) => this.#receive(data));
    this.#process.on("exit", (code, signal) => this.#waiting?.fail(new Error(`the engine ended: ${code ?? signal}`)));
  }

  async evaluate(code) {
    await this.#send(`e${code}`);
  }

  /** @returns the answer of the script's `handleCommand`, and the meter's reading for this turn */
  async command(text) {
    const message = await this.#send(`?${text}`);
    const separator = message.indexOf("\u0001");
    return { reply: message.slice(separator + 1), meter: separator > 0 ? JSON.parse(message.slice(0, separator)) : {} };
  }

  close() {
    this.#waiting = undefined;
    this.#process.kill();
  }

  #send(text) {
    const bytes = Buffer.from(text);
    this.#process.stdio[3].write(Buffer.concat([Buffer.from(`${bytes.length}:`), bytes, Buffer.from(",")]));
    return new Promise((done, fail) => {
      this.#waiting = { done, fail };
    });
  }

  #receive(data) {
    this.#unread = Buffer.concat([this.#unread, data]);
    const colon = this.#unread.indexOf(":");
    const length = Number(this.#unread.subarray(0, colon).toString());
    if (colon < 0 || this.#unread.length < colon + length + 2) return;
    const message = this.#unread.subarray(colon + 1, colon + 1 + length).toString();
    this.#unread = this.#unread.subarray(colon + length + 2);
    if (message.startsWith(".")) this.#waiting?.done(message.slice(1));
    else this.#waiting?.fail(new Error(`the engine says ${message}`));
  }
}

export async function openMachine(code) {
  const machine = new Machine();
  await machine.evaluate(code);
  return machine;
}

async function play(code, name) {
  const machine = await openMachine(code);
  let compute = 0;
  let slots = 0;
  let outcome = "running";
  /** Slots in use after a collection, turn by turn. */
  const steady = [];
  for (let turn = 0; ["running", "steady"].includes(outcome) && turn < MAX_TURNS; turn++) {
    const { reply, meter } = await machine.command(turn === 0 ? `start ${name}` : "turn");
    outcome = reply;
    compute += meter.compute ?? 0;
    slots = Math.max(slots, meter.currentHeapCount ?? 0);
    if (reply === "steady") steady.push(meter.currentHeapCount);
  }
  machine.close();
  const grown = (steady.at(-1) ?? 0) - (steady[0] ?? 0);
  if (outcome === "passed" && grown > 0) outcome = `failed: ${grown} slots more after ${steady.length} turns`;
  return { name, outcome, compute, slots };
}

export async function playAll() {
  const code = await bundle(new URL("../scripted/xs.ts", import.meta.url));
  const machine = await openMachine(code);
  const names = (await machine.command("list")).reply.split(" ");
  machine.close();
  const results = [];
  for (const name of names) results.push(await play(code, name));
  return results;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const results = await playAll();
  for (const { name, outcome, compute, slots } of results) {
    console.log(`xs: ${outcome} ${name} (${compute} steps, at most ${slots} slots)`);
  }
  const failed = results.filter(({ outcome }) => outcome !== "passed").length;
  console.log(`xs: ${results.length - failed} passed, ${failed} failed`);
  process.exitCode = failed ? 1 : 0;
}
