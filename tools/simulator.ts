/**
 * The Moddable simulator with the agent in it: builds the app, starts `mcsim` (headless where there is no display),
 * listens to it as its debugger would, on a port of its own, and starts it anew when the app asks for a restart, as the
 * chip does.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { EventEmitter } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { manifestConfig } from "../mocks/device/built.js";
import { flashAtFactory } from "../mocks/device/flash-file.js";
import { makeImage } from "../mocks/device/image.js";
import { RESET_REASONS } from "../modules/system/system.js";
import { DebugReader } from "./debug-reader.js";
import { type AppOptions, findSdk, OUTPUT, run, writeManifest } from "./sdk.js";

const IS_LINUX = process.platform === "linux";
/** mcsim writes preferences at once: nothing is lost when it is ended. */
const RESTART_PAUSE_MS = 300;
/** On a 64-bit machine. */
const SLOT_BYTES = 32;

export interface SimulatorEvents {
  /** A line of the app's console. */
  line: [text: string];
  /** A lifecycle change. */
  state: [event: { state: string } & Record<string, unknown>];
  /** The machine was ended by the engine: the reason that it gave. */
  abort: [reason: string];
  /** The most slots of the stack that were in use since the last time, about a second ago. */
  stack: [slots: number];
}

/** The agent and nothing else, with the SDK's memory for simulators: what `npm run simulator` runs. */
export const AGENT_APP: AppOptions = { name: "agent" };

/** @returns the path of the app. @throws Error for a person where something that the build needs is missing */
export async function buildApp(options: AppOptions): Promise<string> {
  const sdk = findSdk();
  if (process.platform === "win32") throw new Error("On Windows run this under WSL, with the Moddable SDK for Linux.");
  if (IS_LINUX && !hasMbedTls(sdk.env))
    throw new Error("The simulator needs Mbed TLS: apt-get install libmbedtls-dev, or as your system names it.");
  // A board's state stands in the folder that the simulator is started in.
  const folder = writeManifest({ ...options, config: { ...options.config, file: { root: "./" } } });
  // One for all apps: the engine, half a minute's work, is compiled once.
  const output = join(options.output ?? OUTPUT, "simulator");
  mkdirSync(output, { recursive: true });
  const platform = IS_LINUX ? "lin" : "mac";
  await run("mcconfig", ["-d", "-m", "-p", platform, "-t", "build", "-o", output], { cwd: folder, env: sdk.env });
  return join(output, "bin", platform, "mc", "debug", options.name, "mc.so");
}

/** Whether the compiler finds its headers. */
function hasMbedTls(env: NodeJS.ProcessEnv): boolean {
  return spawnSync("cc", ["-E", "-include", "mbedtls/ssl.h", "-x", "c", "/dev/null"], { env }).status === 0;
}

export class Simulator extends EventEmitter<SimulatorEvents> {
  #sdk = findSdk();
  #app: string;
  #folder: string;
  #headless: boolean;
  #server: Server | undefined;
  #process: ChildProcess | undefined;

  /**
   * @param folder of the board's state; its flash is made anew
   * @param config of this board, over the app's own
   */
  constructor(app: string, folder: string, options: { headless: boolean; config?: AppOptions["config"] }) {
    super();
    this.#app = app;
    this.#folder = folder;
    this.#headless = options.headless;
    const { firmwareVersion = manifestConfig().firmwareVersion } = options.config ?? {};
    // As with a cable: the image that was built into the first slot, and nothing known of any other.
    flashAtFactory(join(folder, "esp32-online.flash"), makeImage({ version: String(firmwareVersion) }));
    writeFileSync(join(folder, "esp32-online.config"), JSON.stringify(options.config ?? {}));
  }

  async start(): Promise<void> {
    const server = createServer((socket) => this.#debug(socket));
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    this.#server = server;
    this.#launch();
  }

  async stop(): Promise<void> {
    await this.#kill();
    await new Promise((done) => (this.#server ? this.#server.close(done) : done(undefined)));
  }

  /** Ends the machine at this instant and starts it anew. @param reason why, as RESET_REASONS has it (modules/system) */
  async powerCycle(reason?: string): Promise<void> {
    await this.#kill();
    await new Promise((done) => setTimeout(done, RESTART_PAUSE_MS));
    this.#launch(reason);
  }

  #launch(reason?: string): void {
    const { port } = this.#server!.address() as AddressInfo;
    // A bus of its own: on a shared one, a second mcsim hands its app to the first and ends.
    const bus = IS_LINUX ? ["dbus-run-session", "--"] : [];
    const display = this.#headless ? ["xvfb-run", "-a"] : [];
    // A client that leaves while it is written to would end mcsim: the SDK takes SIGPIPE's default for it (lin_xs.c).
    const unpiped = IS_LINUX ? ["env", "--block-signal=PIPE"] : [];
    // macOS has it as an app, which opens what it is started with.
    const inApp = join(this.#sdk.path, "build", "bin", "mac", "release", "mcsim.app", "Contents", "MacOS", "mcsim");
    const [command, ...args] = [...bus, ...display, ...unpiped, IS_LINUX ? "mcsim" : inApp, this.#app];
    // mcsim runs a copy of the app that it puts there: on a shared one the next simulator writes over the code of this.
    const config = IS_LINUX ? { XDG_CONFIG_HOME: this.#folder } : {};
    const env = {
      ...this.#sdk.env,
      ...config,
      XSBUG_HOST: "127.0.0.1",
      XSBUG_PORT: String(port),
      RESET_REASON: String(RESET_REASONS.indexOf(reason)),
    };
    // In a group of its own: ending it ends the display and the bus that came with it.
    const child = spawn(command!, args, { cwd: this.#folder, env, stdio: "ignore", detached: true });
    this.#process = child;
    child.once("error", (error) => this.emit("abort", `mcsim does not start: ${error.message}`));
    // 139: a segmentation fault, 141: SIGPIPE, of which the console says nothing.
    child.once("exit", (code) => this.#process === child && this.emit("abort", `mcsim has ended: ${code}`));
  }

  async #kill(): Promise<void> {
    const child = this.#process;
    this.#process = undefined;
    if (!child?.pid || child.exitCode !== null) return;
    const ended = new Promise((done) => child.once("close", done));
    process.kill(-child.pid, "SIGKILL");
    await ended;
  }

  /** Says "go" to the app and hears its console. */
  #debug(socket: Socket): void {
    const debug = new DebugReader();
    const child = this.#process;
    socket.setEncoding("utf8");
    socket.on("error", () => {}); // the app was ended
    // Where it was not, nothing more would be heard of it, and who waits for a line would wait in vain.
    socket.on("close", () => this.#process === child && this.emit("abort", "the app's console is gone"));
    socket.on("data", (data) => {
      for (const said of debug.take(data.toString())) {
        if (said.kind === "login") socket.write("\r\n<go/>\r\n\r\n<set-all-breakpoints></set-all-breakpoints>\r\n");
        else if (said.kind === "break") this.emit("abort", said.text);
        else if (said.kind === "stack") this.emit("stack", said.bytes / SLOT_BYTES);
        else this.#line(said.text);
      }
    });
  }

  #line(text: string): void {
    if (text === "") return;
    if (text.includes("XS abort")) this.emit("abort", text);
    this.emit("line", text);
    if (!text.startsWith('{"state":')) return;
    const event = JSON.parse(text) as { state: string };
    this.emit("state", event);
    if (event.state === "restarting") void this.powerCycle();
  }
}
