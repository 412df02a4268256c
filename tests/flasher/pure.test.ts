/** The parts of the flasher that only turn values into values. */
import { expect, onTestFinished, test, vi } from "vitest";
import type { BoardFacts } from "../../tools/flasher/board.js";
import { ConsoleText } from "../../tools/flasher/console-text.js";
import { en } from "../../tools/flasher/en.js";
import { type Failure, failed } from "../../tools/flasher/failure.js";
import { measure } from "../../tools/flasher/progress.js";
import { recordFor } from "../../tools/flasher/record-file.js";
import type { LoadedRelease } from "../../tools/flasher/release.js";
import { StartWatch } from "../../tools/flasher/start-watch.js";
import { allowed, type Event, failureOf, next, type State, start } from "../../tools/flasher/state.js";
import { zhCn } from "../../tools/flasher/zh-cn.js";

const board: BoardFacts = {
  chip: "ESP32-S3",
  mac: "84:F7:03:A0:B1:C2",
  flashSizeBytes: 8,
  layout: "blank",
  isHeld: false,
};
const release: LoadedRelease = { name: "a", version: "1", flashSizeBytes: 8, parts: [] };
const failure: Failure = failed("line-broken").failure;
const after = (...events: Event[]): State => events.reduce(next, start);
const connected: Event = { type: "connected", board, serial: "SN-1" };
const checked: Event = { type: "checked", release };
const mays = (state: State) => Object.entries(allowed(state)).flatMap(([name, may]) => (may ? [name] : []));

test("what may be done in each state", () => {
  expect(mays(start)).toEqual(["connect", "listen", "choose"]);
  expect(mays(after({ type: "connecting" }))).toEqual(["choose"]);
  expect(mays(after(connected))).toEqual(["disconnect", "reset", "choose"]);
  expect(mays(after(checked, connected))).toEqual(["disconnect", "flash", "reset", "choose"]);
  expect(mays(after(checked, connected, { type: "writing" }))).toEqual([]);
  expect(mays(after({ type: "listening" }))).toEqual(["connect", "reset", "restart", "join", "choose"]);
  const asking = { type: "wifi", wifi: { name: "asking" } } as const;
  expect(mays(after({ type: "listening" }, asking))).toEqual(["connect", "reset", "restart", "choose"]);
  expect(after(asking)).toEqual(start);
  expect(mays(after({ type: "checking" }, connected))).toEqual(["disconnect", "reset"]);
});

test("a refused wish leads back to the board, a broken line to the beginning", () => {
  const writing = after(checked, connected, { type: "writing" });
  expect(next(writing, { type: "failed", failure, stays: true }).phase).toEqual({
    name: "ready",
    board,
    serial: "SN-1",
    progress: undefined,
  });
  expect(next(writing, { type: "failed", failure, stays: false }).phase).toEqual({ name: "idle" });
});

test("the next try takes the failure away; a release that comes in between does not", () => {
  const broken = after(checked, { type: "failed", failure, stays: false });
  expect(failureOf(broken)).toEqual(failure);
  expect(failureOf(next(next(broken, { type: "checking" }), checked))).toEqual(failure);
  expect(failureOf(next(broken, { type: "connecting" }))).toBeUndefined();
  const refused = after({ type: "release-failed", failure });
  expect(failureOf(refused)).toEqual(failure);
  expect(failureOf(next(refused, { type: "checking" }))).toBeUndefined();
});

test("success stands beside the console that opens after it", () => {
  const listening = after(connected, { type: "written", success: "flashed" }, { type: "listening" });
  expect(listening).toMatchObject({ success: "flashed", phase: { name: "listening" } });
  expect(next(listening, { type: "connecting" }).success).toBeUndefined();
});

test("what was written and does not start by itself is a success, and says so", () => {
  const held = after(connected, { type: "written", success: "flashed", failure });
  expect([held.success, failureOf(held), held.phase.name]).toEqual(["flashed", failure, "idle"]);
  expect(failureOf(next(held, { type: "connecting" }))).toBeUndefined();
});

test("it has started when its console has shown it, and not before", () => {
  const listening = after(connected, { type: "written", success: "flashed" }, { type: "listening" });
  const awaiting = next(listening, { type: "starting" });
  expect(awaiting.phase).toEqual({ name: "listening", start: "awaited" });
  expect(next(awaiting, { type: "started" }).phase).toEqual({ name: "listening", start: "shown" });
  const silent = next(awaiting, { type: "not-started", failure });
  expect([silent.phase, silent.success, failureOf(silent)]).toEqual([listening.phase, "flashed", failure]);
  expect(failureOf(next(silent, { type: "starting" }))).toBeUndefined();
  for (const type of ["starting", "started"] as const) expect(next(start, { type })).toEqual(start);
});

test("a start is told by an event's line, download mode by the ROM's, silence by the clock; each start once", () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const signs: (string | undefined)[] = [];
  const watch = new StartWatch((sign) => signs.push(sign?.reason));
  const hear = (...pieces: string[]) => {
    watch.begin();
    for (const piece of pieces) watch.push(piece);
    vi.advanceTimersByTime(60_000);
    return signs.splice(0);
  };
  expect(
    hear("ESP-ROM:esp32s3\nI (105) boot: Loaded app\n", '{"sta', 'te":"connecting","to":"wifi"}\n{"state":"online"}'),
  ).toEqual([undefined]);
  expect(hear("rst:0x15 (USB_UART_CHIP_RESET),boot:0x0\nwaiting for", " download\n")).toEqual(["held"]);
  expect(hear('I (105) boot: Loaded app\nsaid {"state":"online"}\n{"other":1}\n')).toEqual(["not-started"]);
  expect(hear()).toEqual(["not-started"]);
  watch.begin();
  watch.end();
  watch.push('{"state":"online"}\n');
  vi.advanceTimersByTime(60_000);
  expect(signs).toEqual([]);
});

test("progress that comes late changes nothing", () => {
  const progress = measure("app.bin", 1, 2, 1);
  expect(next(after(connected), { type: "progress", progress })).toEqual(after(connected));
});

test("speed and time left; no time before the speed says something", () => {
  expect(measure("app.bin", 0, 1000, 0)).toMatchObject({ bytesPerSecond: 0, secondsLeft: undefined });
  expect(measure("app.bin", 300, 1000, 999).secondsLeft).toBeUndefined();
  expect(measure("app.bin", 300, 1000, 2000)).toMatchObject({ bytesPerSecond: 150, secondsLeft: 5 });
  expect(measure("app.bin", 1000, 1000, 2000).secondsLeft).toBe(0);
  expect(en.writing(measure("app.bin", 112_640, 225_280, 2000))).toBe(
    "app.bin: 110 KB of 220 KB · 55 KB/s · 2 seconds left",
  );
  expect(zhCn.writing(measure("app.bin", 112_640, 225_280, 2000))).toBe(
    "app.bin：110 KB / 220 KB · 55 KB/秒 · 剩余 2 秒",
  );
});

test("the console's text: whole characters, no colours, no control characters, however it is cut", () => {
  const bytes = new TextEncoder().encode("\u001b[0;32mI (1) boot\u001b[0m\r\n\u0007家\tok\u0000\n");
  for (let cut = 0; cut <= bytes.length; cut++) {
    const console = new ConsoleText();
    const fresh = console.push(bytes.subarray(0, cut)) + console.push(bytes.subarray(cut));
    expect(fresh).toBe("I (1) boot\n家\tok\n");
    expect(console.text).toBe(fresh);
  }
});

test("a log has an end: the oldest goes", () => {
  const console = new ConsoleText();
  const line = new TextEncoder().encode(`${"a".repeat(999)}\n`);
  for (let lines = 0; lines < 400; lines++) console.push(line);
  expect(console.text.length).toBe(400_000);
  console.push(new TextEncoder().encode("the last line\n"));
  expect(console.text.length).toBe(200_000);
  expect(console.text.endsWith("a\nthe last line\n")).toBe(true);
});

test("every failure has something to do in both languages", () => {
  for (const texts of [en, zhCn]) {
    for (const advice of Object.values(texts.failures)) {
      expect(advice.what("x").length).toBeGreaterThan(0);
      expect(advice.next.length).toBeGreaterThan(5);
    }
    expect(Object.values(texts.labels)).not.toContain("");
  }
});

test("a board's record out of a file: its own, or the only one that is for any board", () => {
  const record = { serial: "SN-1", hmacKey: "0a".repeat(32) };
  const own = { ...record, mac: board.mac };
  const other = { ...record, serial: "SN-2", mac: "7C:DF:A1:00:00:01" };
  const lines = (...records: object[]) => records.map((one) => JSON.stringify(one)).join("\n");
  const found = (text: string, serial = "") => recordFor(board.mac, text, serial);
  expect(found(JSON.stringify(record, undefined, 2))).toEqual({ ok: true, value: own });
  expect(found(lines(other, own, record))).toEqual({ ok: true, value: own });
  expect(found(`${lines(other, record)}\ntorn {`)).toEqual({ ok: true, value: own });
  expect(found(lines(other))).toEqual(failed("record-other-board", other.mac));
  for (const text of ["", "[]", "7", lines(other, other)]) expect(found(text), text).toEqual(failed("record-file"));
});

test("records without MAC addresses: the one with the serial number of the label, and no other", () => {
  const [first, second] = ["SN-1", "SN-2"].map((serial) => ({ serial, hmacKey: "0a".repeat(32) }));
  const text = [first, second].map((one) => JSON.stringify(one)).join("\n");
  const found = (serial: string, of = text) => recordFor(board.mac, of, serial);
  expect(found("SN-2")).toEqual({ ok: true, value: { ...second, mac: board.mac } });
  expect(found("")).toEqual(failed("record-which", "2"));
  expect(found("SN-3")).toEqual(failed("record-which", "2"));
  expect(found("SN-3", JSON.stringify(first))).toEqual(failed("record-which", "1"));
});
