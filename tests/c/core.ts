/**
 * The device's TLS core in a process of its own, with sanitizers and a heap that counts (tests/c/main.c). Against another
 * Mbed TLS than the system's: MBEDTLS_PREFIX=<the folder of its include and lib>.
 */
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, test } from "vitest";
import type { Identity } from "../../mocks/certificates.js";
import { ROOT } from "../../tools/sdk.js";
import { type Fields, HOST } from "../tls/cases.js";
import { compiled } from "./compile.js";

const prefix = process.env.MBEDTLS_PREFIX;
const INCLUDE = prefix ? [`-I${join(prefix, "include")}`] : [];
/** Archives: calls for memory out of a shared library would not be counted. */
const LIBRARIES = [
  ...(prefix ? [`-L${join(prefix, "lib")}`] : []),
  ...["-l:libmbedtls.a", "-l:libmbedx509.a", "-l:libmbedcrypto.a", "-lpthread"],
];
const HEAP = ["malloc", "calloc", "realloc", "free"].map((name) => `-Wl,--wrap=${name}`);
export const WARNINGS = ["-std=gnu11", "-Wall", "-Wextra", "-Werror"];
export const SANITIZERS: readonly string[] = [
  "-g",
  "-fsanitize=address,undefined",
  "-fno-sanitize-recover=undefined",
  "-fno-omit-frame-pointer",
];
/** As on the chip, or nearly: what it takes of the stack and of the heap is measured so. */
export const PLAIN: readonly string[] = ["-Os"];

const sources = [join(ROOT, "tests", "c"), join(ROOT, "modules", "tls", "native")].flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => /\.[ch]$/.test(name) && name !== "agent_tls_xs.c")
    .map((name) => join(folder, name)),
);

export const isCoreThere =
  process.platform === "linux" &&
  spawnSync("cc", [...INCLUDE, "-x", "c", "-", ...LIBRARIES, "-o", "/dev/null"], {
    input: "#include <mbedtls/version.h>\nint main(void) { return 0; }\n",
  }).status === 0;
if (!isCoreThere)
  console.error(
    "\n*** LEFT OUT: tests of the TLS core in C. They need Linux, a C compiler and Mbed TLS (apt-get install build-essential libmbedtls-dev). ***\n",
  );
/** Where there is no compiler or no library the tests are left out; with CI=true they fail. */
export const coreTest = test.skipIf(!isCoreThere && !process.env.CI);

/** @returns the program's path */
function built(flags: readonly string[]): string {
  const command = [...WARNINGS, ...flags, ...INCLUDE, ...sources.filter((path) => path.endsWith(".c"))];
  command.push(`-I${join(ROOT, "modules", "tls", "native")}`, ...HEAP, ...LIBRARIES);
  return compiled(command, sources);
}

/** What a line has brought: of the heap in bytes, now and at most; of the stack below the core's caller in bytes. */
export interface Figures {
  readonly ok: number;
  readonly live: number;
  readonly peak: number;
  readonly allocations: number;
  readonly refused: number;
  readonly stack: number;
}

/** Of modules/tls/native/agent_tls.h, as are the states. */
export interface Outcome extends Figures {
  /** When the handshake was over, and when all was. */
  readonly state: number;
  readonly end: number;
  readonly isResumed: number;
  readonly roundTrips: number;
  readonly received: number;
  readonly sent: number;
  readonly handshakeBytes: number;
  /** Bytes of the heap behind the handshake. */
  readonly steady: number;
  /** The server has closed the connection; it has said nothing for long. */
  readonly hasEnded: number;
  readonly hasTimedOut: number;
  /** In hexadecimal. */
  readonly plain: string;
}

/** Many connections one after the other, as on a device. */
export class Core {
  readonly #flags: readonly string[];
  #process: ChildProcessWithoutNullStreams | undefined;
  #ended: Promise<void> | undefined;
  #unread = "";
  #told = "";
  #failure: Error | undefined;
  #waiting: { resolve: (line: string) => void; reject: (error: Error) => void } | undefined;

  constructor(flags: readonly string[]) {
    this.#flags = flags;
  }

  #start(): ChildProcessWithoutNullStreams {
    const process = spawn(built(this.#flags));
    process.stdout.on("data", (data: Buffer) => this.#receive(String(data)));
    process.stderr.on("data", (data: Buffer) => {
      this.#told += data;
    });
    this.#ended = new Promise((done) => {
      process.on("close", (code, signal) => {
        this.#failure = new Error(`the core has ended (${code ?? signal}):\n${this.#told}`);
        this.#waiting?.reject(this.#failure);
        done();
      });
    });
    return process;
  }

  #receive(text: string): void {
    this.#unread += text;
    const end = this.#unread.indexOf("\n");
    if (end < 0) return;
    this.#waiting?.resolve(this.#unread.slice(0, end));
    this.#unread = this.#unread.slice(end + 1);
  }

  async do<T extends Figures>(operation: string, fields: Fields = {}): Promise<T> {
    if (this.#failure) throw this.#failure;
    this.#process ??= this.#start();
    const words = Object.entries(fields).flatMap(([name, value]) =>
      (Array.isArray(value) ? value : [value])
        .filter((one) => one !== undefined)
        .map((one) => `${name}=${one instanceof Uint8Array ? Buffer.from(one).toString("hex") : one}`),
    );
    const line = new Promise<string>((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
    this.#process.stdin.write(`${[operation, ...words].join(" ")}\n`);
    return JSON.parse(await line) as T;
  }

  /** @param fields server: the port that it is on; host and port: what it is told that it speaks to */
  connect(server: number, fields: Fields): Promise<Outcome> {
    return this.do("exchange", { server, host: HOST, ...fields });
  }

  /** @returns what the sanitizers have said; nothing, where nothing was left over */
  async end(): Promise<string> {
    this.#waiting = undefined;
    this.#process?.stdin.end();
    await this.#ended;
    return this.#told;
  }
}

/** For a whole file, which fails by what the sanitizers find. */
export function openCore(flags = SANITIZERS): Core {
  const core = new Core(flags);
  afterAll(async () => {
    const found = await core.end();
    if (found) throw new Error(found);
  });
  return core;
}

export const ders = (...chain: readonly Identity[]): Buffer => Buffer.concat(chain.map(({ der }) => der));
