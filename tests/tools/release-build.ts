import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeImage } from "../../mocks/device/image.js";
import { OTADATA } from "../../modules/update/simulator/partitions.js";
import { partitionTable } from "../flasher/support.js";

/**
 * What the SDK's build leaves, but for the image.
 * @param change files by their names
 * @param name of the app
 * @returns a folder in the one given
 */
export function writeBuild(folder: string, change: Record<string, Uint8Array> = {}, name = "esp32-online"): string {
  const build = join(mkdtempSync(join(folder, "bin-")), name);
  mkdirSync(build);
  const files = {
    "bootloader.bin": makeImage({ version: "bootloader" }),
    "partition-table.bin": partitionTable(),
    "ota_data_initial.bin": Buffer.alloc(OTADATA.size, 0xff),
    ...change,
  };
  for (const [file, data] of Object.entries(files)) writeFileSync(join(build, file), data);
  return build;
}
