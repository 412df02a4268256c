/** What is written to a board, and where: the release's parts, and its settings only where there is a reason. */
import { identityCopy } from "../factory/identity-copy.js";
import { type FactoryRecord, factoryNamespace, fromNvsEntries, putRecord } from "../factory/record.js";
import { type NvsEntry, readNvs, writeNvs } from "../nvs/nvs.js";
import { NvsPartition } from "../nvs/partition.js";
import { done, failed, type Outcome } from "./failure.js";
import { IDENTITY, type Layout, NVS, OTA_DATA, overlaps } from "./layout.js";
import type { LoadedRelease } from "./release.js";

/** The agent's namespace; agent/agent.ts opens it. */
const AGENT = "agent";

/** What a board has where the agent keeps its settings, and whose it is. */
export interface Settings {
  readonly layout: Layout;
  /** The partition. */
  readonly nvs: Uint8Array;
}

/**
 * A board whose cable was pulled while its partition table was written has no table, and all of its settings.
 * @param layout by the table
 */
export function settingsOf(layout: Layout, nvs: Uint8Array): Settings {
  const { entries, problems } = readNvs(nvs);
  const isAgents = !problems.length && entries.some(({ namespace }) => [AGENT, factoryNamespace].includes(namespace));
  return { layout: layout === "blank" && isAgents ? "agent" : layout, nvs };
}

export interface Write {
  readonly name: string;
  readonly offset: number;
  readonly data: Uint8Array;
}

export interface Wishes {
  /** Wi-Fi, addresses, credentials: what the agent has learned. */
  readonly eraseSettings: boolean;
  /** Checked. Undefined: the one that is there stays. */
  readonly record: FactoryRecord | undefined;
}

/**
 * The settings last: until then they are as they were. Where they are none, first: a board that is left half-written
 * must not look as if it had some.
 */
export function planWrites(release: LoadedRelease, wishes: Wishes, there: Settings): Outcome<readonly Write[]> {
  const writes: Write[] = release.parts.map(({ path, offset, data }) => ({ name: path, offset, data }));
  // Else a board that was updated over the air would start the slot that this release is not in.
  if (!release.parts.some((part) => overlaps(part, OTA_DATA)))
    writes.push({ name: "otadata", offset: OTA_DATA.offset, data: blank(OTA_DATA.sizeBytes) });
  const settings = planSettings(wishes, there);
  if (!settings.ok) return settings;
  writes.push({ name: "identity", offset: IDENTITY.offset, data: copyFor(settings.value, there) });
  if (!settings.value) return done(writes);
  const write = { name: "nvs", offset: NVS.offset, data: settings.value };
  return done(there.layout === "agent" ? [...writes, write] : [write, ...writes]);
}

/** Of the record that the board will have: another board's must not come back. */
function copyFor(settings: Uint8Array | undefined, { layout, nvs }: Settings): Uint8Array {
  const kept = layout === "agent" ? nvs : new Uint8Array();
  return identityCopy(readNvs(settings ?? kept).entries);
}

/** The partition as it shall be, or undefined where it is left alone. */
export function planSettings(wishes: Wishes, { layout, nvs }: Settings): Outcome<Uint8Array | undefined> {
  const { eraseSettings, record } = wishes;
  // What other firmware has left there is neither settings nor blank.
  if (layout !== "agent") return isBlank(nvs) && !record ? done(undefined) : withRecord(blank(NVS.sizeBytes), record);
  if (eraseSettings) return withRecord(onlyFactory(nvs), record);
  return record ? withRecord(nvs.slice(), record) : done(undefined);
}

/** The record on the board, as far as it can be read. */
export function recordOn({ layout, nvs }: Settings): FactoryRecord | undefined {
  return layout === "agent" ? fromNvsEntries(readNvs(nvs).entries) : undefined;
}

function withRecord(nvs: Uint8Array, record: FactoryRecord | undefined): Outcome<Uint8Array> {
  if (!record) return done(nvs);
  const partition = new NvsPartition(nvs);
  if (partition.problems.length) return failed("settings-damaged", partition.problems[0]);
  try {
    putRecord(partition, record);
    return done(partition.bytes);
  } catch {
    return failed("settings-full");
  }
}

function onlyFactory(nvs: Uint8Array): Uint8Array {
  const entries: NvsEntry[] = readNvs(nvs).entries.filter(({ namespace }) => namespace === factoryNamespace);
  return entries.length ? writeNvs(entries, NVS.sizeBytes) : blank(NVS.sizeBytes);
}

function blank(sizeBytes: number): Uint8Array {
  return new Uint8Array(sizeBytes).fill(0xff);
}

function isBlank(bytes: Uint8Array): boolean {
  return bytes.every((byte) => byte === 0xff);
}
