/** The conversations with a board that writes are made of. Nothing of the page is known here. */
import type { Board } from "./board.js";
import { done, failed, type Outcome } from "./failure.js";
import { NVS } from "./layout.js";
import { planSettings, planWrites, type Settings, settingsOf, type Wishes, type Write } from "./plan.js";
import { measure, type Progress } from "./progress.js";
import type { LoadedRelease } from "./release.js";

/**
 * Settings on their way back to a board, by its MAC. A board that loses its cable while they are written has neither
 * the old ones nor the new ones: here they are, until they are in its flash.
 */
export type Rescue = Map<string, Uint8Array>;

export type Report = (progress: Progress) => void;

export async function readSettings(board: Board, rescue: Rescue): Promise<Outcome<Settings>> {
  const rescued = rescue.get(board.facts.mac);
  const nvs = rescued ? done(rescued) : await board.read(NVS);
  return nvs.ok ? done(settingsOf(board.facts.layout, nvs.value)) : nvs;
}

export async function flashBoard(
  board: Board,
  release: LoadedRelease,
  wishes: Wishes,
  there: Settings,
  rescue: Rescue,
  report: Report,
): Promise<Outcome<undefined>> {
  const { flashSizeBytes } = board.facts;
  if (flashSizeBytes < release.flashSizeBytes) return failed("flash-small", megabytes(flashSizeBytes));
  const writes = planWrites(release, wishes, there);
  if (!writes.ok) return writes;
  const all = rescue.has(board.facts.mac) ? withSettings(writes.value, there.nvs) : writes.value;
  return await writeAll(board, all, rescue, report);
}

/** As it came from the factory: everything else in NVS goes, that of the Wi-Fi driver, too. */
export async function resetBoard(
  board: Board,
  there: Settings,
  rescue: Rescue,
  report: Report,
): Promise<Outcome<undefined>> {
  const settings = planSettings({ eraseSettings: true, record: undefined }, { ...there, layout: "agent" });
  if (!settings.ok || !settings.value) return failed("settings-damaged");
  return await writeAll(board, [{ name: "nvs", offset: NVS.offset, data: settings.value }], rescue, report);
}

function withSettings(writes: readonly Write[], nvs: Uint8Array): readonly Write[] {
  return writes.some(({ name }) => name === "nvs")
    ? writes
    : [...writes, { name: "nvs", offset: NVS.offset, data: nvs }];
}

async function writeAll(
  board: Board,
  writes: readonly Write[],
  rescue: Rescue,
  report: Report,
): Promise<Outcome<undefined>> {
  const totalBytes = writes.reduce((sum, { data }) => sum + data.length, 0);
  const startMs = performance.now();
  let doneBytes = 0;
  for (const { name, offset, data } of writes) {
    if (offset === NVS.offset) rescue.set(board.facts.mac, data);
    const written = await board.write(offset, data, (share) =>
      report(measure(name, doneBytes + share * data.length, totalBytes, performance.now() - startMs)),
    );
    if (!written.ok) return written;
    if (offset === NVS.offset) rescue.delete(board.facts.mac);
    doneBytes += data.length;
  }
  return done(undefined);
}

function megabytes(bytes: number): string {
  return `${bytes / 1024 / 1024} MB`;
}
