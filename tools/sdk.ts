/** The Moddable SDK on this machine, and how its tools are called. */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";

export const ROOT = resolve(
  import.meta.dirname,
  existsSync(join(import.meta.dirname, "../manifest.json")) ? ".." : "../../..",
);

/** Of what is built of the agent alone. */
export const OUTPUT = join(ROOT, "build");

export interface Sdk {
  readonly path: string;
  /** With the SDK's tools and the project's TypeScript first. */
  readonly env: NodeJS.ProcessEnv;
}

/** @throws with a sentence for a person where `MODDABLE` does not lead to a built SDK */
export function findSdk(): Sdk {
  const path = process.env.MODDABLE;
  const hint = "Build it as its Getting Started document says and set MODDABLE to its folder.";
  if (!path) throw new Error(`This needs the Moddable SDK. ${hint}`);
  const host = { linux: "lin", darwin: "mac", win32: "win" }[process.platform as string] ?? "lin";
  const bin = join(path, "build", "bin", host, "release");
  if (!existsSync(join(bin, "mcconfig"))) throw new Error(`There is no built Moddable SDK in ${path}. ${hint}`);
  const tsc = join(ROOT, "node_modules", ".bin");
  return { path, env: { ...process.env, PATH: [bin, tsc, process.env.PATH].join(delimiter) } };
}

/** Runs a tool to its end. @throws with the end of its output when it fails */
export function run(
  command: string,
  args: readonly string[],
  options: { cwd: string; env: NodeJS.ProcessEnv },
): Promise<string> {
  return new Promise((done, fail) => {
    const child = spawn(command, args, { ...options, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    const collect = (data: Buffer) => {
      output += data.toString();
    };
    child.stdout.on("data", collect);
    child.stderr.on("data", collect);
    child.on("error", fail);
    child.on("close", (code) => {
      if (code === 0) done(output);
      else fail(new Error(`${command} ${args.join(" ")} ended with ${code}\n${output.slice(-4000)}`));
    });
  });
}

export interface AppOptions {
  /** Of the app and of its folder, which mcconfig names it after. */
  readonly name: string;
  /** The product's manifest; a path that is not absolute begins in the project's folder. Default: the agent and nothing else. */
  readonly product?: string;
  /** Folder of all that is built. Default: `build` of the project. */
  readonly output?: string;
  /** Over the manifest's own. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly creation?: object;
  /** More manifests. */
  readonly include?: readonly string[];
  readonly modules?: Readonly<Record<string, string>>;
}

/** Writes a manifest around the product's into `<output>/<name>` and returns the folder. */
export function writeManifest({
  name,
  product = "manifest.json",
  output = OUTPUT,
  config,
  creation,
  include = [],
  modules,
}: AppOptions): string {
  const folder = join(output, name);
  mkdirSync(folder, { recursive: true });
  const manifest = {
    include: [resolve(ROOT, product), ...include],
    ...(config && { config }),
    ...(creation && { creation }),
    ...(modules && { modules }),
  };
  const path = join(folder, "manifest.json");
  const text = JSON.stringify(manifest, null, 2);
  // One that is newer than the app is built anew, whatever it says.
  if (!existsSync(path) || readFileSync(path, "utf8") !== text) writeFileSync(path, text);
  return folder;
}
