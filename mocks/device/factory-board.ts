/** A board of a factory's batch: the image, with what the batch's list says of it. */
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import type { ServerRecord } from "../../tools/factory/formats.js";
import { fromNvsEntries } from "../../tools/factory/record.js";
import { readNvs } from "../../tools/nvs/nvs.js";
import type { VirtualDeviceOptions } from "./virtual-device.js";

const SUFFIX = ".nvs.bin";

/**
 * @param image `FOLDER/SERIAL.nvs.bin`, beside the `devices.json` of its batch
 * @param mac of the board, where its record has none
 * @param stateFile of the board; the image goes into a new one alone, as it is flashed once
 * @throws with a sentence for a person
 */
export function factoryBoard(
  image: string,
  mac: string | undefined,
  stateFile = join(".state", `${basename(image, SUFFIX)}.json`),
): VirtualDeviceOptions {
  const nvs = readFileSync(image);
  const serial = fromNvsEntries(readNvs(nvs).entries)?.serial;
  if (!serial) throw new Error(`${image} has no factory record: npm run factory makes such images.`);
  const list = join(dirname(image), "devices.json");
  const listed = recordsIn(list).find(({ serial_number }) => serial_number === serial);
  if (!listed) throw new Error(`${list} does not know the serial number ${serial} of ${image}.`);
  const known = listed.mac_address || mac?.toUpperCase();
  if (!known) throw new Error(`${serial} has no MAC address in ${list}: say with --mac which board it is for.`);
  if (mac && mac.toUpperCase() !== known) throw new Error(`--mac: ${list} has ${known} for ${serial}.`);
  return { stateFile, mac: known, ...(!existsSync(stateFile) && { nvs }) };
}

function recordsIn(list: string): ServerRecord[] {
  const text = readFileSync(list, "utf8");
  try {
    return (JSON.parse(text) as { devices: ServerRecord[] }).devices;
  } catch {
    throw new Error(`${list} is damaged: npm run factory with the batch's arguments makes it again.`);
  }
}
