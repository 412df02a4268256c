import {
  crashes,
  diagnosis,
  facts,
  freeHeap,
  isDebug,
  note,
  resetReason,
  restartWanted,
  sound,
  storageRepaired,
  watch,
} from "modules/system/chip-adapter";
import Timer from "timer";
import { parseOwn } from "../data/json.js";
import { type ChipFacts, type Diagnosis, RESET_REASONS, type System as SystemPort } from "./system.js";

/** `System` of the SDK's module `system`: has `restart` on the chip only. */
declare const System: { restart?(): void };

/** The console is a serial line: give it the time to say the last words. */
const LAST_WORDS_MS = 100;
/** Of the facts with a dozen partitions, of a diagnosis with ten events. */
const FACTS_BYTES = 2_048;
/** In what C says of the storage (esp32/storage_start.c). */
const ERROR = 0xffff;
const IN_THIS_START = 1 << 16;
const FROM_COPY = 1 << 17;
const HEX = 16;

export const system: SystemPort = {
  /**
   * The simulator cannot restart itself: whoever started it sees the lifecycle's `restarting` line and starts it anew,
   * so that its memory is as empty as the chip's.
   */
  restart() {
    Timer.set(restart, LAST_WORDS_MS);
  },
  resetReason: () => RESET_REASONS[resetReason()],
  crashes,
  sound,
  note,
  storageRepair() {
    const repaired = storageRepaired();
    if (!repaired) return undefined;
    const error = repaired & ERROR;
    return {
      error: error ? `0x${error.toString(HEX)}` : undefined,
      isNew: (repaired & IN_THIS_START) !== 0,
      isFromCopy: (repaired & FROM_COPY) !== 0,
    };
  },
  watch,
  facts() {
    const json = new ArrayBuffer(FACTS_BYTES);
    return parsed(json, facts(json)) as ChipFacts | undefined;
  },
  diagnose() {
    const json = new ArrayBuffer(FACTS_BYTES);
    return parsed(json, diagnosis(json)) as Diagnosis | undefined;
  },
  get isDebug() {
    return isDebug();
  },
  freeHeapBytes: () => freeHeap() || undefined,
};

function restart(): void {
  restartWanted();
  System.restart?.();
}

/** C writes the members of these types and no others, in ASCII. */
function parsed(json: ArrayBuffer, length: number): unknown {
  return length ? parseOwn(String.fromArrayBuffer(json.slice(0, length))) : undefined;
}
