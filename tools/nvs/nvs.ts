/** NVS partitions of ESP-IDF as values: read from a dump, made for a board. In Node and in browsers. */
import { pageBytes } from "./layout.js";
import { NvsPartition } from "./partition.js";
import type { NvsEntry } from "./value.js";

export type { NvsEntry, NvsValue } from "./value.js";

/** As `nvs_partition_gen.py` wants it: two pages beside the spare one. */
const minPages = 3;

/** A partition's bytes as a chip has them; a damaged page or entry is skipped and told of in `problems`. */
export function readNvs(partition: Uint8Array): { entries: NvsEntry[]; problems: string[] } {
  const wholeBytes = partition.length - (partition.length % pageBytes);
  const torn = wholeBytes === partition.length ? [] : [`the last ${partition.length - wholeBytes} bytes are no page`];
  if (wholeBytes === 0) return { entries: [], problems: [...torn, "there is no page"] };
  const mounted = new NvsPartition(partition.slice(0, wholeBytes));
  return { entries: mounted.entries(), problems: [...mounted.problems, ...torn] };
}

/** A fresh image. @throws RangeError naming the entry that does not fit or is not valid */
export function writeNvs(entries: Iterable<NvsEntry>, sizeBytes: number): Uint8Array {
  if (!Number.isInteger(sizeBytes / pageBytes) || sizeBytes < minPages * pageBytes)
    throw new RangeError(`an NVS partition has a multiple of ${pageBytes} bytes, and at least ${minPages * pageBytes}`);
  const partition = new NvsPartition(new Uint8Array(sizeBytes).fill(0xff));
  for (const entry of entries) {
    const { namespace, key } = entry;
    if (partition.get(namespace, key)) throw new RangeError(`${namespace}/${key}: it is there twice`);
    if (!partition.set(entry)) throw new RangeError(`${namespace}/${key}: no room in ${sizeBytes} bytes`);
  }
  return partition.bytes;
}
