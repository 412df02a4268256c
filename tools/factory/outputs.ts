/** What comes of a batch's records: images to flash, labels to print, and the lists that servers import. */
import { closeSync, existsSync, openSync, renameSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { NVS } from "../../modules/update/simulator/partitions.js";
import { writeNvs } from "../nvs/nvs.js";
import { serverCsvHead, serverCsvLine, serverJson } from "./formats.js";
import { identityCopy } from "./identity-copy.js";
import { labelOf, labelSvg } from "./label.js";
import { type FactoryRecord, toNvsEntries } from "./record.js";

/** Images and label, where they are not there yet; a file is there whole or not at all. */
export function writeBoard(folder: string, record: FactoryRecord): void {
  const name = join(folder, fileName(record.serial));
  writeOnce(`${name}.nvs.bin`, () => writeNvs(toNvsEntries(record), NVS.size));
  writeOnce(`${name}.identity.bin`, () => identityCopy(toNvsEntries(record)));
  writeOnce(`${name}.svg`, () => labelSvg(labelOf(record)));
}

/** Names of devices on Windows, whatever stands behind a dot; a dot at the beginning could lead out of the folder. */
const SPECIAL = /^(?:\.|(?=(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)).)|\*/gi;

function fileName(serial: string): string {
  return encodeURIComponent(serial).replace(SPECIAL, (character) => `%${character.charCodeAt(0).toString(16)}`);
}

function writeOnce(file: string, content: () => string | Uint8Array): void {
  if (existsSync(file)) return;
  writeFileSync(`${file}.new`, content(), { mode: 0o600 });
  renameSync(`${file}.new`, file);
}

/** `devices.json` and `devices.csv`, record by record. */
export class ServerLists {
  readonly #folder: string;
  readonly #json: number;
  readonly #csv: number;
  #isEmpty = true;

  constructor(folder: string) {
    this.#folder = folder;
    this.#json = openSync(join(folder, "devices.json.new"), "w", 0o600);
    this.#csv = openSync(join(folder, "devices.csv.new"), "w", 0o600);
    writeSync(this.#json, serverJson.open);
    writeSync(this.#csv, serverCsvHead);
  }

  add(record: FactoryRecord): void {
    writeSync(this.#json, (this.#isEmpty ? "" : serverJson.between) + serverJson.record(record));
    writeSync(this.#csv, serverCsvLine(record));
    this.#isEmpty = false;
  }

  /** They take the place of the former ones. */
  close(): void {
    writeSync(this.#json, serverJson.close);
    for (const descriptor of [this.#json, this.#csv]) closeSync(descriptor);
    for (const name of ["devices.json", "devices.csv"])
      renameSync(join(this.#folder, `${name}.new`), join(this.#folder, name));
  }
}
