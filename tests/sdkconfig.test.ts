import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { writeApp } from "../tools/esp32/app.js";
import { BOARDS, findBoard } from "../tools/esp32/boards.js";
import { standInForIdf } from "../tools/esp32/idf.js";
import { buildsOwn, flashMegabytesOf, formatSdkconfig, parseSdkconfig, unmetNeeds } from "../tools/esp32/sdkconfig.js";
import { AGENT_MANIFEST } from "../tools/manifests.js";
import { parsePartitions, readPartitions } from "../tools/partitions.js";
import { openProduct } from "../tools/product.js";
import { findSdk, ROOT, run, writeManifest } from "../tools/sdk.js";

const own = readFileSync(join(ROOT, "modules/system/esp32/sdkconfig.defaults"), "utf8");
/** In the SDK's base, and in no file of ours. */
const OF_THE_SDK = "CONFIG_PARTITION_TABLE_CUSTOM=y\n";

/** A product that goes with the test. @param files beside its manifest */
function makeProduct(config: object, files: Record<string, string> = {}) {
  const folder = mkdtempSync(join(tmpdir(), "product-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const manifest = { include: [AGENT_MANIFEST], modules: { main: "./main" }, config };
  for (const [name, text] of Object.entries({ "manifest.json": JSON.stringify(manifest), ...files }))
    writeFileSync(join(folder, name), text);
  return openProduct(folder, "esp32");
}

test("the project's sdkconfig: a panic restarts, both watchdogs bite, brownout resets, a bad image is taken back, mDNS and time servers, Mbed TLS", () => {
  expect(unmetNeeds(parseSdkconfig(own, OF_THE_SDK))).toEqual([]);
});

test("each line of it that is otherwise, or missing, is found", () => {
  const config = parseSdkconfig(own, OF_THE_SDK);
  // The board's and the build's own.
  const isOthers = (name: string) => name.includes("FLASHSIZE") || name === "CONFIG_APP_PROJECT_VER";
  for (const name of [...config.keys()].filter((one) => !isOthers(one))) {
    const flipped = new Map(config).set(name, config.get(name) === "n" ? "y" : "n");
    const missing = new Map(config);
    missing.delete(name);
    for (const wrong of [flipped, missing]) expect(unmetNeeds(wrong).join(), name).toContain(name);
  }
});

test("Kconfig leaves out what cannot be chosen: that is off, and nothing else may be missing", () => {
  const resolved = parseSdkconfig(own, OF_THE_SDK);
  for (const [name, value] of resolved) if (value === "n") resolved.delete(name);
  expect(unmetNeeds(resolved, true)).toEqual([]);
  expect(unmetNeeds(resolved).length).toBeGreaterThan(5);
  resolved.delete("CONFIG_ESP_TASK_WDT_PANIC");
  expect(unmetNeeds(resolved, true)).toEqual(["CONFIG_ESP_TASK_WDT_PANIC has to be y"]);
});

test("what stands later wins, `is not set` is n, and one flash size is chosen", () => {
  const text = 'CONFIG_A=y\n# CONFIG_B is not set\nCONFIG_C="x=y"\n# a comment\n';
  const config = parseSdkconfig(text, "CONFIG_A=n\n", buildsOwn("1.2.3", 16));
  expect(formatSdkconfig(config)).toContain('CONFIG_A=n\nCONFIG_B=n\nCONFIG_C="x=y"\n');
  expect(config.get("CONFIG_APP_PROJECT_VER")).toBe('"1.2.3"');
  expect(flashMegabytesOf(config)).toBe(16);
  expect(flashMegabytesOf(new Map([...config, ["CONFIG_ESPTOOLPY_FLASHSIZE_8MB", "y"]]))).toBeUndefined();
});

test.each(BOARDS)("for $name: the agent's options, its flash, the product's version and options", (board) => {
  const product = makeProduct({ firmwareVersion: "7.8.9" }, { "sdkconfig.defaults": "CONFIG_LWIP_IPV6=n\n" });
  const { folder } = writeApp(product, board, process.env.MODDABLE ?? "none");
  const config = parseSdkconfig(readFileSync(join(folder, "chip/sdkconfig.defaults"), "utf8"), OF_THE_SDK);
  expect(unmetNeeds(config)).toEqual([]);
  expect(flashMegabytesOf(config)).toBe(board.flashMegabytes);
  expect(config.get("CONFIG_APP_PROJECT_VER")).toBe('"7.8.9"');
  expect(config.get("CONFIG_LWIP_IPV6")).toBe("n");
  if (process.env.MODDABLE) expect(config.get("CONFIG_SPIRAM") ?? "n").toBe(board.psram ? "y" : "n");
  expect(JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8"))).toMatchObject({
    config: { buttonPin: board.buttonPin, buildTimeMs: expect.any(Number) },
  });
});

test.each(["", "1.0 beta", "1.0\n", '"1"', "v".repeat(32), 1])(
  "a firmwareVersion of %j is refused",
  (firmwareVersion) => {
    const product = makeProduct({ firmwareVersion });
    expect(() => writeApp(product, BOARDS[0]!, "none")).toThrow("firmwareVersion has 1 to 31 characters");
  },
);

test("a product's own button wins over the board's", () => {
  const { folder } = writeApp(makeProduct({ buttonPin: 5 }), findBoard("esp32/m5dial"), "none");
  expect(JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")).config).not.toHaveProperty("buttonPin");
});

// The SDK's own merge, not a copy of it: mcconfig writes what ESP-IDF is configured with, and needs no ESP-IDF for that.
describe.skipIf(!process.env.MODDABLE)("what mcconfig merges for ESP-IDF", () => {
  async function merged(cwd: string, output: string, board: string, flags: readonly string[]) {
    mkdirSync(output, { recursive: true });
    const env = { ...findSdk().env, IDF_PATH: standInForIdf(output) };
    await run("mcconfig", [...flags, "-p", board, "-t", "build", "-o", output], { cwd, env });
    const files = readdirSync(output, { recursive: true, encoding: "utf8" });
    const build = flags.length > 0 ? "debug" : "release";
    return (file: string) => {
      const path = files.find((name) => name.includes(`/${build}/`) && name.endsWith(`/${file}`));
      return readFileSync(join(output, path!), "utf8");
    };
  }

  // The boards' targets name folders of their own: the agent's has to win.
  test.each([
    ["debug", "esp32/esp32s3", ["-d"]],
    ["release", "esp32/esp32s3", []],
    ["release", "esp32/m5stack_cores3", []],
  ])("in a %s build for %s", { timeout: 120_000 }, async (build, board, flags) => {
    const output = join(ROOT, "build", "sdkconfig", `${build}-${board.split("/")[1]}`);
    const written = await merged(writeManifest({ name: "sdkconfig" }), output, board, flags);
    expect(unmetNeeds(parseSdkconfig(written("sdkconfig.mc")))).toEqual([]);
    // It may divide partitions for what a manifest asks for: these are left as they are.
    expect(parsePartitions(written("partitions.csv"))).toEqual(readPartitions());
    // The agent's sockets stand in the place of the SDK's.
    const makefile = written("makefile");
    expect(makefile).toContain("modules/socket/esp32/agent_tcp.c");
    expect(makefile).not.toMatch(/io\/socket\/lwip\/(?:listener|tcp)\./);
  });

  test("of a product for another board: the board's, the agent's and its own", { timeout: 120_000 }, async () => {
    const table = readFileSync(join(ROOT, "modules/system/esp32/partitions.csv"), "utf8");
    const product = makeProduct(
      { firmwareVersion: "7.8.9" },
      { "sdkconfig.defaults": "CONFIG_LWIP_IPV6=n\n", "partitions.csv": `${table}\nfiles, data, spiffs, 8M, 1M\n` },
    );
    const board = findBoard("esp32/m5stack_cores3");
    const { folder } = writeApp(product, board, process.env.MODDABLE!);
    const written = await merged(folder, join(product.output, "merge"), board.name, []);
    const config = parseSdkconfig(written("sdkconfig.mc"));
    expect(unmetNeeds(config)).toEqual([]);
    expect(flashMegabytesOf(config)).toBe(16);
    expect(config.get("CONFIG_SPIRAM_MODE_QUAD")).toBe("y");
    expect(config.get("CONFIG_LWIP_IPV6")).toBe("n");
    expect(config.get("CONFIG_APP_PROJECT_VER")).toBe('"7.8.9"');
    expect(parsePartitions(written("partitions.csv")).map(({ label }) => label)).toContain("files");
  });
});
