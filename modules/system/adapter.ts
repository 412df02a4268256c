import Instrumentation from "instrumentation";
import FFI from "mc/ffi";
import Timer from "timer";
import { parseOwn } from "../data/json.js";
import { type ChipFacts, RESET_REASONS, type System as SystemPort } from "./system.js";

/** `System` of the SDK's module `system`: has `restart` on the chip only. */
declare const System: { restart?(): void };

/** The console is a serial line: give it the time to say the last words. */
const LAST_WORDS_MS = 100;
/** Of the facts with a dozen partitions. */
const FACTS_BYTES = 2_048;

export const system: SystemPort = {
  /**
   * The simulator cannot restart itself: whoever started it sees the lifecycle's `restarting` line and starts it anew,
   * so that its memory is as empty as the chip's.
   */
  restart() {
    Timer.set(() => System.restart?.(), LAST_WORDS_MS);
  },
  resetReason: () => RESET_REASONS[new FFI().reset_reason()],
  facts() {
    const json = new ArrayBuffer(FACTS_BYTES);
    const length = new FFI().chip_facts(json, FACTS_BYTES);
    // C writes these members and no others (esp32/chip_facts.c), in ASCII.
    return length ? (parseOwn(String.fromArrayBuffer(json.slice(0, length))) as ChipFacts | undefined) : undefined;
  },
  get isDebug() {
    return new FFI().is_debug() !== 0;
  },
  freeHeapBytes: () => Instrumentation.get(Instrumentation.map("System Free Memory")),
};
