/** What is written to a board, and where: the release's parts, and its settings only where there is a reason. */
import { type NvsEntry, readNvs, writeNvs } from "../nvs/nvs.js";
import { NvsPartition } from "../nvs/partition.js";
import { done, failed, type Outcome } from "./failure.js";
import { type Layout, NVS, OTA_DATA, overlaps } from "./layout.js";
import type { LoadedRelease } from "./release.js";

/** Only the factory writes there; a reset leaves it alone. */
export const FACTORY = "factory";

export interface Write {
  readonly name: string;
  readonly offset: number;
  readonly data: Uint8Array;
}

export interface Wishes {
  /** Wi-Fi, addresses, credentials: what the agent has learned. */
  readonly eraseSettings: boolean;
  /** What goes into the namespace `factory`; undefined: it stays as it is. */
  readonly record: readonly NvsEntry[] | undefined;
}

/**
 * The settings last: until then they are as they were. Where they are none, first: a board that is left half-written
 * must not look as if it had some.
 * @param nvs the board's, as it was read
 */
export function planWrites(
  release: LoadedRelease,
  wishes: Wishes,
  layout: Layout,
  nvs: Uint8Array,
): Outcome<readonly Write[]> {
  const writes: Write[] = release.parts.map(({ path, offset, data }) => ({ name: path, offset, data }));
  // Else a board that was updated over the air would start the slot that this release is not in.
  if (!release.parts.some((part) => overlaps(part, OTA_DATA)))
    writes.push({ name: "otadata", offset: OTA_DATA.offset, data: blank(OTA_DATA.sizeBytes) });
  const settings = planSettings(wishes, layout, nvs);
  if (!settings.ok) return settings;
  if (!settings.value) return done(writes);
  const write = { name: "nvs", offset: NVS.offset, data: settings.value };
  return done(layout === "agent" ? [...writes, write] : [write, ...writes]);
}

/** The partition as it shall be, or undefined where it is left alone. */
export function planSettings(
  { eraseSettings, record }: Wishes,
  layout: Layout,
  nvs: Uint8Array,
): Outcome<Uint8Array | undefined> {
  // What other firmware has left there is neither settings nor blank.
  if (layout !== "agent") return done(isBlank(nvs) && !record ? undefined : fresh(record ?? []));
  if (eraseSettings) return done(fresh(record ?? factoryOf(nvs)));
  if (!record) return done(undefined);
  const partition = new NvsPartition(nvs.slice());
  if (partition.problems.length) return failed("settings-damaged", partition.problems[0]);
  for (const key of partition.keys(FACTORY)) partition.erase(FACTORY, key);
  const fits = record.every((entry) => partition.set(entry));
  return fits ? done(partition.bytes) : failed("settings-full");
}

/** What the factory has written, as far as it can be read. */
export function factoryOf(nvs: Uint8Array): NvsEntry[] {
  return readNvs(nvs).entries.filter(({ namespace }) => namespace === FACTORY);
}

function fresh(entries: readonly NvsEntry[]): Uint8Array {
  return entries.length ? writeNvs(entries, NVS.sizeBytes) : blank(NVS.sizeBytes);
}

function blank(sizeBytes: number): Uint8Array {
  return new Uint8Array(sizeBytes).fill(0xff);
}

function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0xff);
}
