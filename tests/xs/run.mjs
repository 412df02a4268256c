// The XS tier: bundles the device code (all but the adapters) with the scripted journeys, and plays them in the real
// XS engine: all, or those whose names begin as an argument does. Prints a line a journey with the engine's meter:
// computation in steps, slots in use now and then.
import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

const JOURNEYS = new URL("../scripted/xs.ts", import.meta.url);
const FIGURES = new URL("../../build/xs-figures.json", import.meta.url);
/** Turns that the engine takes by itself: from one look at the heap to the next. */
const TURNS_AT_ONCE = 50;
const MAX_LOOKS = 4_000;
/** Each is busy on a core. */
const ENGINES_AT_ONCE = 2;

/** What is C on the device, in plain TypeScript. */
const PLAIN = {
  "modules/tls/certificates-adapter": "../../mocks/moddable/tls/certificates.ts",
  "modules/console/serial-adapter": "../scripted/serial-adapter.ts",
};
const WITHOUT_C = {
  name: "without-c",
  resolveId: (specifier) =>
    Object.hasOwn(PLAIN, specifier) ? fileURLToPath(new URL(PLAIN[specifier], import.meta.url)) : null,
};

/** @returns the script of this entry, by its URL, and all that it imports */
export async function bundle(entry) {
  const input = fileURLToPath(entry);
  // The same from wherever it is called: paths in its comments are told from here.
  const cwd = fileURLToPath(new URL(".", import.meta.url));
  const resolve = { extensionAlias: { ".js": [".ts", ".js"] } };
  const build = await rolldown({ input, cwd, logLevel: "silent", resolve, plugins: [WITHOUT_C] });
  const { output } = await build.generate({ format: "iife" });
  return output[0].code;
}

let preloaded;

/** @returns the environment of an engine, with stack.c in it */
function environment() {
  if (process.platform !== "linux") return process.env;
  if (!preloaded) {
    const folder = mkdtempSync(join(tmpdir(), "xs-"));
    process.on("exit", () => rmSync(folder, { recursive: true }));
    preloaded = join(folder, "stack.so");
    const source = fileURLToPath(new URL("stack.c", import.meta.url));
    execFileSync("cc", ["-O2", "-Wall", "-Werror", "-shared", "-fPIC", "-o", preloaded, source, "-ldl"]);
  }
  return { ...process.env, LD_PRELOAD: preloaded };
}

/** A fresh machine with the bundle in it: netstrings on file descriptors 3 (in) and 4 (out). */
class Machine {
  #process;
  #unread = Buffer.alloc(0);
  #waiting;
  /** What the script has printed. */
  output = "";

  constructor() {
    const platform = { linux: "lin", darwin: "mac" }[process.platform];
    const program = `node_modules/@agoric/xsnap/xsnap-native/xsnap/build/bin/${platform}/release/xsnap-worker`;
    const stdio = ["ignore", "pipe", "inherit", "pipe", "pipe"];
    this.#process = spawn(fileURLToPath(new URL(program, import.meta.url)), ["device"], { stdio, env: environment() });
    this.#process.stdout.on("data", (data) => {
      this.output += data;
    });
    this.#process.stdio[4].on("data", (data) => this.#receive(data));
    this.#process.on("exit", (code, signal) => this.#waiting?.fail(new Error(`the engine ended: ${code ?? signal}`)));
  }

  async evaluate(code) {
    await this.#send(`e${code}`);
  }

  /** @returns the answer of the script's `handleCommand`, and the meter's reading for it */
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
  const startMs = performance.now();
  let compute = 0;
  let slots = 0;
  let outcome = "running";
  /** Slots in use after a collection, turn by turn. */
  const steady = [];
  for (let look = 0; ["running", "steady"].includes(outcome) && look < MAX_LOOKS; look++) {
    const { reply, meter } = await machine.command(look === 0 ? `start ${name}` : `turns ${TURNS_AT_ONCE}`);
    outcome = reply;
    compute += meter.compute ?? 0;
    slots = Math.max(slots, meter.currentHeapCount ?? 0);
    if (reply === "steady") steady.push(meter.currentHeapCount);
  }
  machine.close();
  const grown = (steady.at(-1) ?? 0) - (steady[0] ?? 0);
  if (outcome === "passed" && grown > 0) outcome = `failed: ${grown} slots more after ${steady.length} turns`;
  const seconds = Math.round((performance.now() - startMs) / 1_000);
  if (outcome !== "passed") console.log(machine.output);
  console.log(`xs: ${outcome} ${name} (${compute} steps, at most ${slots} slots, ${seconds} s)`);
  return { name, outcome, compute, slots };
}

async function namesOf(code) {
  const machine = await openMachine(code);
  const { reply } = await machine.command("list");
  machine.close();
  return reply.split(" ");
}

/** Which code in which engine. */
function fingerprintOf(code) {
  const engine = readFileSync(new URL("package-lock.json", import.meta.url));
  return createHash("sha256").update(engine).update(code).digest("hex");
}

/** @param beginnings of names; none: all. @returns the figures in the order of the names */
async function playAll(code, beginnings) {
  const all = await namesOf(code);
  for (const beginning of beginnings)
    if (!all.some((name) => name.startsWith(beginning)))
      throw new Error(`no such journey: ${beginning}; there are: ${all.join(", ")}`);
  const names = all.filter((name) => beginnings.length === 0 || beginnings.some((one) => name.startsWith(one)));
  const figures = new Array(names.length);
  let next = 0;
  const playOn = async () => {
    for (let index = next++; index < names.length; index = next++) figures[index] = await play(code, names[index]);
  };
  await Promise.all(Array.from({ length: ENGINES_AT_ONCE }, playOn));
  if (names.length === all.length && figures.every(({ outcome }) => outcome === "passed")) {
    mkdirSync(new URL(".", FIGURES), { recursive: true });
    writeFileSync(FIGURES, JSON.stringify({ fingerprint: fingerprintOf(code), figures }));
  }
  return figures;
}

/** Those of the last run where it has played this code, else of a run now. */
export async function currentFigures() {
  const code = await bundle(JOURNEYS);
  try {
    const { fingerprint, figures } = JSON.parse(readFileSync(FIGURES, "utf8"));
    if (fingerprint === fingerprintOf(code)) return figures;
  } catch {
    // None, or half of one.
  }
  return playAll(code, []);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    const figures = await playAll(await bundle(JOURNEYS), process.argv.slice(2));
    const failed = figures.filter(({ outcome }) => outcome !== "passed").length;
    console.log(`xs: ${figures.length - failed} passed, ${failed} failed`);
    process.exitCode = failed ? 1 : 0;
  } catch (error) {
    console.error(`xs: ${error.message}`);
    process.exitCode = 1;
  }
}
