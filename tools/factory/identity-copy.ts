/** The copy of a board's factory record in a partition of its own: the board puts it back where its NVS was lost. */
import { IDENTITY } from "../../modules/update/simulator/partitions.js";
import { type NvsEntry, writeNvs } from "../nvs/nvs.js";
import { factoryNamespace } from "./record.js";

/** @returns the partition's bytes; blank where there is no record, or one that is too large for it */
export function identityCopy(entries: Iterable<NvsEntry>): Uint8Array {
  const record = [...entries].filter(({ namespace }) => namespace === factoryNamespace);
  try {
    if (record.length) return writeNvs(record, IDENTITY.size);
  } catch {
    // Certificates of more than 11 KB: NVS alone has them.
  }
  return new Uint8Array(IDENTITY.size).fill(0xff);
}
