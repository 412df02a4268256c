/** What a start leaves to the next one in RTC memory: C (modules/system/esp32/last_words.c), and the mock that stands for it. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect } from "vitest";
import { chipDiagnosis } from "../../mocks/moddable/chip.js";
import { LastWords, type Words } from "../../mocks/moddable/last-words.js";
import { type Diagnosis, RESET_REASONS } from "../../modules/system/system.js";
import { built, systemTest } from "./system/build.js";

type Order = "wanted" | "sound" | `event=${string}` | `abort=${string}`;
/** Of one start: why the chip says it came, and what happens in it. */
type Start = readonly [reset: string, ...orders: Order[]];

interface Told {
  readonly reason: string | undefined;
  readonly crashes: Diagnosis["crashes"];
  readonly before: readonly string[];
}

let folder: string;
let program: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "starts-"));
  program = built("starts", ["last_words", "chip_diagnose", "json_writer"]);
}, 60_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const RTC = () => join(folder, "rtc.bin");

function startInC([reset, ...orders]: Start): Told {
  const said = execFileSync(program, [String(RESET_REASONS.indexOf(reset)), ...orders], { env: { RTC: RTC() } });
  const { reason, row, diagnosis } = JSON.parse(String(said)) as { reason: number; row: number; diagnosis: Diagnosis };
  expect(row).toBe(diagnosis.crashes.row);
  return { reason: RESET_REASONS[reason], crashes: diagnosis.crashes, before: diagnosis.before };
}

function startInMock([reset, ...orders]: Start, kept: Words | undefined): [Told, Words | undefined] {
  let left: Words | undefined;
  const words = new LastWords(RESET_REASONS.indexOf(reset), kept, (changed) => {
    left = changed;
  });
  const { reason, before, crashes: row, counts } = words;
  for (const order of orders) {
    const [name, text = ""] = order.split("=");
    if (name === "wanted") words.want();
    else if (name === "sound") words.sound();
    else if (name === "event") words.note(text);
    else left = { ...left!, abort: text };
  }
  return [{ reason: RESET_REASONS[reason], crashes: { row, ...counts }, before }, left];
}

/** Each start tells of those before it: C and the mock the same. @returns what the last one tells */
function tellAfter(...starts: Start[]): Told {
  rmSync(RTC(), { force: true });
  let kept: Words | undefined;
  let last: Told | undefined;
  for (const start of starts) {
    const [mock, left] = startInMock(start, kept);
    kept = left;
    last = startInC(start);
    expect(mock).toEqual(last);
  }
  return last!;
}

const NONE = { row: 0, crash: 0, watchdog: 0, brownout: 0, abort: 0 };
const POWER: Start = ["power-on"];

describe("why a start came", () => {
  systemTest.each<[string, Order[], string]>([
    ["the chip's word counts", [], "panic"],
    ["a restart of the agent's own is one", ["wanted"], "software"],
    ["XS's reason outlives its restart", ["abort=memory full"], "abort-memory"],
    ["XS's reason outlives its restart", ["abort=unhandled exception"], "abort-exception"],
    ["XS's reason outlives its restart", ["abort=unhandled rejection"], "abort-rejection"],
    ["XS's reason outlives its restart", ["abort=not enough keys"], "abort-names"],
    ["another reason of XS's is an abort, too", ["abort=dead strip"], "abort"],
  ])("%s: %j, %s", (_name, orders, reason) => {
    const reset = reason === "panic" ? "panic" : "software";
    expect(tellAfter(["power-on", ...orders], [reset]).reason).toBe(reason);
    // It is told once.
    expect(tellAfter(["power-on", ...orders], [reset, "wanted"], ["software"]).reason).toBe("software");
  });

  systemTest("XS says nothing where a stack is full", () => {
    expect(tellAfter(POWER, ["software"]).reason).toBe("abort-stack");
  });

  systemTest("a debugger that holds an abort until the watchdog bites does not hide it", () => {
    expect(tellAfter(["power-on", "abort=memory full"], ["task-watchdog"]).reason).toBe("abort-memory");
  });

  systemTest("a crash on the way into a restart is a crash", () => {
    expect(tellAfter(["power-on", "wanted"], ["panic"]).reason).toBe("panic");
  });
});

describe("starts that end soon", () => {
  systemTest("are counted by their causes, and in a row", () => {
    const causes = ["panic", "cpu-lockup", "interrupt-watchdog", "task-watchdog", "watchdog", "brownout", "software"];
    const { crashes } = tellAfter(POWER, ...causes.map((reset): Start => [reset]));
    expect(crashes).toEqual({ row: 7, crash: 2, watchdog: 3, brownout: 1, abort: 1 });
  });

  systemTest("a sound one ends the row, and so does the power", () => {
    const crashed: Start[] = [POWER, ["panic"], ["panic", "sound"]];
    expect(tellAfter(...crashed, ["panic"]).crashes).toEqual({ ...NONE, row: 0, crash: 2 });
    expect(tellAfter(...crashed, ["panic"], ["panic"]).crashes).toEqual({ ...NONE, row: 1, crash: 3 });
    expect(tellAfter(...crashed, POWER).crashes).toEqual(NONE);
  });

  systemTest("a restart after a fault of the agent's own counts, one that was wanted does not", () => {
    expect(tellAfter(["power-on", "wanted"], ["software"]).crashes).toEqual({ ...NONE, row: 1, abort: 1 });
    expect(tellAfter(["power-on", "sound", "wanted"], ["software"]).crashes).toEqual(NONE);
  });

  systemTest("power and debugger are none", () => {
    for (const reset of ["external", "usb", "jtag", "deep-sleep"])
      expect(tellAfter(POWER, ["panic"], [reset]).crashes).toEqual({ ...NONE, row: 1, crash: 1 });
  });
});

systemTest("the last ten events of the start before, and of no other", () => {
  const events = Array.from({ length: 13 }, (_, n): Order => `event=online ${n}`);
  expect(tellAfter(["power-on", ...events], ["panic", "event=later"]).before).toEqual(
    events.slice(3).map((event) => event.slice("event=".length)),
  );
  expect(tellAfter(["power-on", ...events], ["panic", "event=later"], ["panic"]).before).toEqual(["later"]);
  expect(tellAfter(["power-on", ...events], ["panic"], POWER).before).toEqual([]);
});

systemTest("an event that is too long is cut", () => {
  expect(tellAfter(["power-on", `event=${"x".repeat(80)}`], ["panic"]).before).toEqual(["x".repeat(24)]);
});

systemTest("what stands in RTC memory by chance, or of another firmware, is nothing", () => {
  startInC(["panic", "event=online"]);
  const left = readFileSync(RTC());
  for (let at = 0; at < left.length; at += 37) {
    const spoilt = Buffer.from(left);
    spoilt[at]! ^= 0x10;
    writeFileSync(RTC(), spoilt);
    const told = startInC(["panic"]);
    // A bit between two things, or the one that counts.
    if (told.before.length) expect(told.before).toEqual(["online"]);
    else expect(told).toEqual({ reason: "panic", crashes: NONE, before: [] });
  }
});

systemTest("the mock's diagnosis has the members that C writes", () => {
  const said = JSON.parse(String(execFileSync(program, ["1"], { env: { RTC: RTC() } }))) as { diagnosis: object };
  const mock = JSON.parse(chipDiagnosis({ wifi_reason: 205, crashes: NONE, before: [] })) as object;
  expect(Object.keys(mock)).toEqual(Object.keys(said.diagnosis));
});
