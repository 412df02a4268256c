/** The flasher without its page: esptool-js in front of the mock chip, and every fault of it. */
import { expect, test } from "vitest";
import type { MockChipOptions } from "../../mocks/chip/chip.js";
import type { MockSerialPort } from "../../mocks/chip/port.js";
import { type FactoryRecord, toNvsEntries } from "../../tools/factory/record.js";
import { connectBoard } from "../../tools/flasher/esptool.js";
import type { Outcome } from "../../tools/flasher/failure.js";
import { flashBoard, type Rescue, readSettings, resetBoard } from "../../tools/flasher/flow.js";
import { IDENTITY, NVS, OTA_DATA } from "../../tools/flasher/layout.js";
import { CablePulled, PortLease } from "../../tools/flasher/lease.js";
import type { Wishes } from "../../tools/flasher/plan.js";
import type { Progress } from "../../tools/flasher/progress.js";
import { type LoadedRelease, loadRelease } from "../../tools/flasher/release.js";
import { type NvsEntry, readNvs, writeNvs } from "../../tools/nvs/nvs.js";
import { MAC, openBoard, partitionTable, parts, releaseFiles } from "./support.js";

const keep: Wishes = { eraseSettings: false, record: undefined };
const text = (namespace: string, key: string, value: string): NvsEntry => ({
  namespace,
  key,
  value: { type: "string", value },
});
const learned = [text("agent", "settings", "Home"), text("nvs.net80211", "sta.ssid", "Home")];
const record: FactoryRecord = { serial: "SN-1", hmacKey: "0a".repeat(32), hardwareVersion: "B" };
const fresh: FactoryRecord = { serial: "SN-2", hmacKey: "0b".repeat(32) };

function value<T>(outcome: Outcome<T>): T {
  if (!outcome.ok) throw new Error(`${outcome.failure.reason} ${outcome.failure.detail}`);
  return outcome.value;
}

async function release(): Promise<LoadedRelease> {
  const files = releaseFiles();
  return value(await loadRelease(async (path) => files.get(path)));
}

/** A board that has been flashed before, with settings and a record. */
function usedBoard(options: MockChipOptions = {}) {
  const board = openBoard(options);
  board.chip.flash.program(0x8000, partitionTable());
  board.chip.flash.program(NVS.offset, writeNvs([...learned, ...toNvsEntries(record)], NVS.sizeBytes));
  board.chip.flash.program(OTA_DATA.offset, Uint8Array.of(1, 2, 3, 4));
  return board;
}

async function flash(port: MockSerialPort, wishes: Wishes, rescue: Rescue = new Map(), reports: Progress[] = []) {
  const board = value(await connectBoard(port));
  const there = value(await readSettings(board, rescue));
  const outcome = await flashBoard(board, await release(), wishes, there, rescue, (progress) => reports.push(progress));
  await board.close();
  return outcome;
}

const nvsOf = ({ chip }: ReturnType<typeof openBoard>) =>
  readNvs(chip.flash.read(NVS.offset, NVS.sizeBytes)).entries.toSorted((a, b) => (a.key < b.key ? -1 : 1));
/** Of the record, where an erasure of the settings does not reach. */
const copyOf = ({ chip }: ReturnType<typeof openBoard>) =>
  readNvs(chip.flash.read(IDENTITY.offset, IDENTITY.sizeBytes));
const sorted = (entries: NvsEntry[]) => entries.toSorted((a, b) => (a.key < b.key ? -1 : 1));

function expectFlashed({ chip }: ReturnType<typeof openBoard>): void {
  for (const { offset, data } of Object.values(parts)) expect(chip.flash.read(offset, data.length)).toEqual(data);
  chip.pressReset(false);
  expect(chip.mode).toBe("application");
}

test.for(["bridge", "usb-jtag"] as const)(
  "%s: a blank board is found and flashed",
  { timeout: 120_000 },
  async (connection) => {
    const opened = openBoard({ connection });
    const board = value(await connectBoard(opened.port));
    expect(board.facts).toEqual({
      chip: "ESP32-S3 (QFN56) (revision v0.2)",
      mac: MAC,
      flashSizeBytes: 8 * 1024 * 1024,
      layout: "blank",
      isHeld: false,
    });
    await board.close();
    const reports: Progress[] = [];
    value(await flash(opened.port, keep, new Map(), reports));
    expectFlashed(opened);
    expect(nvsOf(opened)).toEqual([]);
    const last = reports.at(-1)!;
    expect(last.doneBytes).toBe(last.totalBytes);
    expect(reports.map(({ doneBytes }) => doneBytes)).toEqual(
      reports.map(({ doneBytes }) => doneBytes).toSorted((a, b) => a - b),
    );
  },
);

test("a used board keeps its settings and its record, and starts the slot that was written", async () => {
  const opened = usedBoard();
  const before = opened.chip.flash.read(NVS.offset, NVS.sizeBytes);
  value(await flash(opened.port, keep));
  expect(opened.chip.flash.read(NVS.offset, NVS.sizeBytes)).toEqual(before);
  expect(opened.chip.flash.read(OTA_DATA.offset, OTA_DATA.sizeBytes)).toEqual(
    new Uint8Array(OTA_DATA.sizeBytes).fill(0xff),
  );
  expectFlashed(opened);
});

test("a new record replaces the old one, whole; the settings stay", async () => {
  const opened = usedBoard();
  value(await flash(opened.port, { eraseSettings: false, record: fresh }));
  expectFlashed(opened);
  expect(nvsOf(opened)).toEqual(sorted([...learned, ...toNvsEntries(fresh)]));
  expect(copyOf(opened)).toEqual({ entries: toNvsEntries(fresh), problems: [] });
});

test("a board gets a copy of its record, and keeps none of another board's", async () => {
  const opened = usedBoard();
  value(await flash(opened.port, keep));
  expect(sorted(copyOf(opened).entries)).toEqual(sorted(toNvsEntries(record)));
  const blank = openBoard();
  blank.chip.flash.program(IDENTITY.offset, opened.chip.flash.read(IDENTITY.offset, IDENTITY.sizeBytes));
  value(await flash(blank.port, keep));
  expect(copyOf(blank).entries).toEqual([]);
});

test("settings are erased when asked; the record stays", async () => {
  const opened = usedBoard();
  value(await flash(opened.port, { eraseSettings: true, record: undefined }));
  expect(nvsOf(opened)).toEqual(sorted(toNvsEntries(record)));
});

test("other firmware's leavings are no settings: the board starts with none", async () => {
  const opened = openBoard();
  opened.chip.flash.program(0, new Uint8Array(0x40000).fill(0x5a));
  value(await flash(opened.port, keep));
  expectFlashed(opened);
  expect(readNvs(opened.chip.flash.read(NVS.offset, NVS.sizeBytes))).toEqual({ entries: [], problems: [] });
});

test("a factory reset keeps the record and nothing else", async () => {
  const opened = usedBoard();
  const board = value(await connectBoard(opened.port));
  const there = value(await readSettings(board, new Map()));
  value(await resetBoard(board, there, new Map(), () => undefined));
  await board.close();
  expect(nvsOf(opened)).toEqual(sorted(toNvsEntries(record)));
});

test("damaged settings are not written over unless they are to be erased", async () => {
  const opened = usedBoard();
  opened.chip.flash.program(NVS.offset + 100, new Uint8Array(8));
  expect(await flash(opened.port, { eraseSettings: false, record })).toMatchObject({
    failure: { reason: "settings-damaged" },
  });
  value(await flash(opened.port, { eraseSettings: true, record }));
  expect(nvsOf(opened)).toEqual(sorted(toNvsEntries(record)));
});

test.for<[string, MockChipOptions, string]>([
  ["another chip", { model: "ESP32-C3" }, "wrong-chip"],
  ["an older chip", { model: "ESP32" }, "wrong-chip"],
  ["secure boot", { security: { flags: 1, flashEncryptionCount: 0 } }, "protected"],
  ["encrypted flash", { security: { flags: 0, flashEncryptionCount: 7 } }, "protected"],
])("%s is refused before anything is written", async ([, options, reason]) => {
  const { port, chip } = openBoard(options);
  expect(await connectBoard(port)).toMatchObject({ failure: { reason } });
  expect(port.readable).toBeNull();
  expect(chip.flash.read(0, 0x40000).every((byte) => byte === 0xff)).toBe(true);
});

test("flash whose encryption was switched off again is written", async () => {
  const { port } = openBoard({ security: { flags: 0, flashEncryptionCount: 3 } });
  value(await flash(port, keep));
});

test("a board that does not answer can be flashed once its buttons were pressed", async () => {
  const opened = openBoard({ autoReset: false });
  expect(await connectBoard(opened.port)).toMatchObject({ failure: { reason: "no-answer" } });
  opened.chip.pressReset(true);
  value(await flash(opened.port, keep));
  expectFlashed(opened);
});

test("over its own USB it is found out that only a button lets the board out of download mode", async () => {
  const opened = openBoard({ connection: "usb-jtag" });
  opened.chip.pressReset(true);
  const board = value(await connectBoard(opened.port));
  expect(board.facts.isHeld).toBe(true);
  await board.restart();
  expect(opened.chip.mode).toBe("rom");
  await board.close();
  opened.chip.pressReset(false);
  const again = value(await connectBoard(opened.port));
  expect(again.facts.isHeld).toBe(false);
  await again.restart();
  await expect.poll(() => opened.chip.mode).toBe("application");
  await again.close();
  // A bridge resets the whole chip.
  const bridged = openBoard();
  bridged.chip.pressReset(true);
  const third = value(await connectBoard(bridged.port));
  expect(third.facts.isHeld).toBe(false);
  await third.close();
});

test("a port that another program has is told, and taken once it is free", async () => {
  const opened = openBoard();
  opened.port.busy = true;
  expect(await connectBoard(opened.port)).toMatchObject({ failure: { reason: "port-busy" } });
  opened.port.busy = false;
  value(await flash(opened.port, keep));
});

test("a small flash is refused before anything is written", async () => {
  const opened = openBoard({ flashSizeBytes: 4 * 1024 * 1024 });
  expect(await flash(opened.port, keep)).toMatchObject({ failure: { reason: "flash-small", detail: "4 MB" } });
  expect(opened.chip.flash.read(0, 0x30000).every((byte) => byte === 0xff)).toBe(true);
});

test("a corrupt block is found, and the board can be flashed again", async () => {
  const opened = usedBoard();
  opened.chip.setFault({ kind: "corrupt", atBlock: 5 });
  expect(await flash(opened.port, keep)).toMatchObject({ failure: { reason: "flash-corrupt" } });
  value(await flash(opened.port, keep));
  expectFlashed(opened);
  expect(nvsOf(opened)).toEqual(sorted([...learned, ...toNvsEntries(record)]));
});

/** Blocks of 16 KiB: bootloader 2, table 1, application 3, slot record 1, the record's copy 1, settings 1. */
const ALL_BLOCKS = 9;

test("the cable pulled at any block: told at once, and the next time everything is there", {
  timeout: 180_000,
}, async () => {
  for (let atBlock = 1; atBlock <= ALL_BLOCKS; atBlock++) {
    const opened = usedBoard();
    const rescue: Rescue = new Map();
    opened.chip.setFault({ kind: "unplug", atBlock });
    expect(await flash(opened.port, { eraseSettings: false, record: fresh }, rescue), `block ${atBlock}`).toMatchObject(
      {
        failure: { reason: "cable-pulled" },
      },
    );
    opened.port.plug();
    value(await flash(opened.port, keep, rescue));
    expectFlashed(opened);
    // Either the old record or the new one; the settings in any case.
    const isWritten = atBlock === ALL_BLOCKS;
    expect(nvsOf(opened)).toEqual(sorted([...learned, ...toNvsEntries(isWritten ? fresh : record)]));
    expect(rescue.size).toBe(0);
  }
  const opened = usedBoard();
  opened.chip.setFault({ kind: "unplug", atBlock: ALL_BLOCKS + 1 });
  value(await flash(opened.port, { eraseSettings: false, record: fresh }));
});

test("who still holds the lease of a pulled cable does not reach the next conversation", async () => {
  const { port } = openBoard();
  const lease = new PortLease(port as SerialPort);
  await lease.open({ baudRate: 115_200 });
  expect(lease.writable).toBe(port.writable);
  port.unplug();
  await expect(lease.lost).rejects.toThrow(CablePulled);
  port.plug();
  await port.open({ baudRate: 115_200 });
  expect([lease.readable, lease.writable]).toEqual([null, null]);
  await expect(lease.setSignals({ requestToSend: true })).rejects.toThrow(CablePulled);
  await lease.close();
  expect(port.readable).not.toBeNull();
});
