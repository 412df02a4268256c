/** The app that mcconfig builds of a product for a board: the product's manifest, and what stands around it. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Partition } from "../../modules/system/system.js";
import { parsePartitions, partitionFaults } from "../partitions.js";
import type { Product } from "../product.js";
import { ROOT, writeManifest } from "../sdk.js";
import type { Board } from "./boards.js";
import { buildsOwn, formatSdkconfig, parseSdkconfig, unmetNeeds } from "./sdkconfig.js";

const AGENTS = join(ROOT, "modules", "system", "esp32");
const SDKCONFIG = "sdkconfig.defaults";
const PARTITIONS = "partitions.csv";
/** `esp_app_desc_t` has 32 bytes for it. */
const VERSION = /^[!#-[\]-~]{1,31}$/;
const MEGABYTE = 2 ** 20;

export interface App {
  /** Of its manifest. */
  readonly folder: string;
  readonly partitions: readonly Partition[];
}

/**
 * Writes it into `<output>/<name>`. Of the product's folder it takes `sdkconfig.defaults`, over the agent's, and
 * `partitions.csv`, in place of the agent's, where they are there.
 * @param sdk the SDK's folder
 * @throws Error with a sentence where the product cannot be built for the board
 */
export function writeApp(product: Product, board: Board, sdk: string): App {
  const { name, output, manifest, parts } = product;
  const chip = join(output, name, "chip");
  mkdirSync(chip, { recursive: true });
  const partitionsFile = own(product, PARTITIONS);
  const partitions = parsePartitions(readFileSync(partitionsFile, "utf8"));
  refuse(partitionsFile, partitionFaults(partitions, board.flashMegabytes * MEGABYTE));
  writeChanged(join(chip, SDKCONFIG), sdkconfigOf(product, board, sdk));
  writeChanged(join(chip, PARTITIONS), readFileSync(partitionsFile, "utf8"));
  // What is included last wins: the board's target and the agent name folders of their own.
  const build = { SDKCONFIGPATH: chip, PARTITIONS_FILE: join(chip, PARTITIONS) };
  writeChanged(join(chip, "manifest.json"), JSON.stringify({ build }));
  const folder = writeManifest({
    name,
    product: manifest,
    output,
    include: [join(chip, "manifest.json")],
    config: {
      // The calendar of a chip that has not been told the time starts here.
      buildTimeMs: Date.now(),
      ...(parts.config.buttonPin === undefined && { buttonPin: board.buttonPin }),
    },
  });
  return { folder, partitions };
}

/** The board's own, the agent's, the flash and the version, and the product's: what stands later wins. */
function sdkconfigOf(product: Product, board: Board, sdk: string): string {
  const version = product.parts.config.firmwareVersion;
  if (typeof version !== "string" || !VERSION.test(version))
    throw new Error(`${product.manifest}: firmwareVersion has 1 to 31 characters of ASCII, no spaces and no quotes.`);
  const target = join(sdk, "build", "devices", "esp32", "targets", board.name.split("/")[1]!, "sdkconfig", SDKCONFIG);
  const config = parseSdkconfig(
    existsSync(target) ? readFileSync(target, "utf8") : "",
    readFileSync(join(AGENTS, SDKCONFIG), "utf8"),
    buildsOwn(version, board.flashMegabytes),
    existsSync(join(product.folder, SDKCONFIG)) ? readFileSync(join(product.folder, SDKCONFIG), "utf8") : "",
  );
  return formatSdkconfig(config);
}

/** Once mcconfig has merged it with the SDK's, and once more when Kconfig has answered. */
export function checkSdkconfig(file: string, isResolved: boolean): ReturnType<typeof parseSdkconfig> {
  const config = parseSdkconfig(readFileSync(file, "utf8"));
  refuse(file, unmetNeeds(config, isResolved));
  return config;
}

function own({ folder }: Product, file: string): string {
  return existsSync(join(folder, file)) ? join(folder, file) : join(AGENTS, file);
}

function refuse(file: string, faults: readonly string[]): void {
  if (faults.length > 0) throw new Error(`${file}:\n${faults.map((fault) => `  ${fault}\n`).join("")}`.trimEnd());
}

/** What is newer than the app is built anew. */
function writeChanged(path: string, text: string): void {
  if (!existsSync(path) || readFileSync(path, "utf8") !== text) writeFileSync(path, text);
}
