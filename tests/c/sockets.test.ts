/**
 * The chip's sockets (modules/socket/esp32) with lwIP in one process: the XS task is a thread, lwIP's another, and a third is
 * whoever is on the network.
 */
import { execFile, spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import { ROOT } from "../../tools/sdk.js";
import { compiled } from "./compile.js";

const HARNESS = join(ROOT, "tests", "c", "sockets");
const CORE = join(ROOT, "modules", "socket", "esp32");
const INCLUDE = ["-I/usr/include/lwip", `-I${CORE}`];
const LIBRARIES = ["-llwip", "-lpthread"];
const FLAGS = [
  "-std=gnu11",
  "-Wall",
  "-Wextra",
  "-Werror",
  "-g",
  "-O1",
  "-fno-omit-frame-pointer",
  "-Wl,--wrap=calloc",
];
const SANITIZERS = ["thread", "address,undefined"];

const isLwipThere =
  process.platform === "linux" &&
  spawnSync("cc", [...INCLUDE, "-x", "c", "-", ...LIBRARIES, "-o", "/dev/null"], {
    input: "#include <lwip/tcp.h>\nint main(void) { return 0; }\n",
  }).status === 0;
if (!isLwipThere)
  console.error(
    "\n*** LEFT OUT: tests of the chip's sockets in C. They need Linux, a C compiler and lwIP (apt-get install build-essential liblwip-dev). ***\n",
  );
/** Where there is no compiler or no library the tests are left out; with CI=true they fail. */
const socketTest = test.skipIf(!isLwipThere && !process.env.CI);

const sources = [HARNESS, CORE].flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => /\.[ch]$/.test(name) && !name.endsWith("_xs.c"))
    .map((name) => join(folder, name)),
);

/** @throws what the sanitizers have found, or what was not as it has to be */
async function run(sanitizer: string, ...words: (string | number)[]): Promise<Record<string, number>> {
  const programs = sources.filter((path) => path.endsWith(".c"));
  const command = [...FLAGS, `-fsanitize=${sanitizer}`, ...INCLUDE, ...programs, ...LIBRARIES];
  const { stdout } = await promisify(execFile)(compiled(command, sources), words.map(String));
  return JSON.parse(stdout) as Record<string, number>;
}

describe.each(SANITIZERS)("with -fsanitize=%s", (sanitizer) => {
  const CONNECTIONS = 1_000;
  // Each opens so many from outside, and the board some 700 more.
  socketTest.each([1, 2, 3, 4, 5])(
    "storm %s: connects, resets, half closes, floods and closes in any order",
    { timeout: 600_000 },
    async (seed) => {
      const figures = await run(sanitizer, "storm", seed, CONNECTIONS);
      expect(figures.opened).toBeGreaterThanOrEqual(CONNECTIONS);
      for (const name of ["taken", "connected", "failed", "closed", "handedOver", "listened"])
        expect(figures[name], name).toBeGreaterThan(10);
      for (const name of ["read", "written"]) expect(figures[name], name).toBeGreaterThan(10_000);
    },
  );

  socketTest.each([
    ["once", 1],
    ["from there on", 1_000_000],
  ])("no memory %s: the connection fails or goes on, and the next one is as ever", async (_name, refusals) => {
    const { allocations, told } = await run(sanitizer, "refuse", refusals);
    expect(allocations).toBeGreaterThan(20);
    // The rest is packets that are lost, which lwIP sends again after seconds.
    expect(told).toBeGreaterThan(5);
  });

  socketTest("a message that the XS task's queue had no room for comes later", async () => {
    expect(await run(sanitizer, "late")).toHaveProperty("afterMs");
  });
});
