/**
 * `npm run build:esp32 [-- FOLDER] [--board NAME]`: a release of the firmware. With ESP-IDF the whole of it; without, the
 * JavaScript stage, which proves that the manifest links and gives the sizes.
 */
import { existsSync, readFileSync, rmSync, statSync } from "node:fs";
import { join, relative } from "node:path";
import { parseArgs } from "node:util";
import { command, UsageError } from "../command.js";
import { slotBytesOf } from "../partitions.js";
import { openProduct } from "../product.js";
import { findSdk, run } from "../sdk.js";
import { type App, checkSdkconfig, writeApp } from "./app.js";
import { BOARDS, type Board, DEFAULT_BOARD, findBoard } from "./boards.js";
import { ramText, slotText } from "./fit.js";
import { standInForIdf } from "./idf.js";
import { type Folders, foldersOf, linkedBytes, makeScript, sizesOf, sizesText } from "./stage.js";

const usage = `Usage: npm run build:esp32 [-- FOLDER] [--board NAME]

Builds a release of the firmware for an ESP32-S3. Needs MODDABLE, the folder of a built Moddable SDK, and IDF_PATH, that of
ESP-IDF; without the latter only the JavaScript stage is built, which gives the sizes.

  FOLDER        of a product (docs/product.md), in whose build folder all of it stands (default: the agent alone)
  --board NAME  default ${DEFAULT_BOARD}; others:
                ${BOARDS.map(({ name }) => name)
                  .filter((name) => name !== DEFAULT_BOARD)
                  .join("\n                ")}
  --help        this text
`;

/** What ESP-IDF makes, and what it makes of it. */
const IMAGE = "xs_esp32.bin";
const ELF = "xs_esp32.elf";

interface Work {
  readonly board: Board;
  readonly app: App;
  /** Folder that mcconfig works in. */
  readonly output: string;
  readonly folders: Folders;
  readonly env: NodeJS.ProcessEnv;
}

/** mcconfig, with `-m` to the end; without, what it does before make. */
function mcconfig({ app, board, output, env }: Work, ...flags: readonly string[]): Promise<string> {
  return run("mcconfig", [...flags, "-p", board.name, "-t", "build", "-o", output], { cwd: app.folder, env });
}

/** What is wrong with the configuration is said before minutes are spent. */
async function configure(work: Work): Promise<void> {
  await mcconfig(work);
  const config = checkSdkconfig(join(work.folders.project, "sdkconfig.mc"), false);
  console.log(ramText(makefileOf(work), config));
}

async function buildScript(work: Work): Promise<void> {
  const { board, app, folders, env } = work;
  console.log(`Building the JavaScript stage for ${board.name}: half a minute…`);
  await makeScript(folders, env);
  const sizes = sizesOf(folders);
  console.log(`JavaScript stage for ${board.name} done: the manifest links.\n${sizesText(sizes)}`);
  console.log(slotText("Linked so far, without C", linkedBytes(sizes), slotBytesOf(app.partitions)));
  console.log("Stopped before the C stage: set IDF_PATH to an ESP-IDF to build the firmware itself.");
}

async function buildFirmware(work: Work): Promise<void> {
  const { board, app, folders } = work;
  console.log(`Building the firmware for ${board.name}: minutes the first time…`);
  const image = join(folders.bin, IMAGE);
  // The SDK's makefile does not mind when ESP-IDF's build fails: what was there before would stand for it.
  rmSync(image, { force: true });
  const said = await mcconfig(work, "-m");
  if (!existsSync(image)) throw new Error(`ESP-IDF's build has failed.\n${said.slice(-4000)}`);
  console.log(said);
  const config = checkSdkconfig(join(folders.project, "sdkconfig"), true);
  console.log(slotText("Image", statSync(image).size, slotBytesOf(app.partitions)));
  console.log(ramText(makefileOf(work), config, readFileSync(join(folders.project, "build", ELF))));
  console.log(`Make a release of it: npm run release -- --build ${relative(".", folders.bin)}`);
}

function makefileOf({ folders }: Work): string {
  return readFileSync(join(folders.temporary, "makefile"), "utf8");
}

await command(usage, async (args) => {
  const { values, positionals } = parseArgs({ args, options: { board: { type: "string" } }, allowPositionals: true });
  if (positionals.length > 1) throw new UsageError("one folder at most");
  const board = findBoard(values.board ?? DEFAULT_BOARD);
  const product = openProduct(positionals[0], "esp32");
  const sdk = findSdk();
  if (!board.isLinked) console.log(`${board.name} was never linked before: what comes out is untried.`);
  const app = writeApp(product, board, sdk.path);
  const isWhole = Boolean(process.env.IDF_PATH);
  const output = join(product.output, product.name, ...(isWhole ? [] : ["javascript"]));
  const env = isWhole ? sdk.env : { ...sdk.env, IDF_PATH: standInForIdf(output) };
  const work = { board, app, output, folders: foldersOf(output, board, product.name), env };
  await configure(work);
  await (isWhole ? buildFirmware(work) : buildScript(work));
});
