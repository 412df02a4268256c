import Instrumentation from "instrumentation";
import Timer from "timer";
import type { System as SystemPort } from "./system.js";

/** `System` of the SDK's module `system`: has `restart` on the chip only. */
declare const System: { restart?(): void };

/** The console is a serial line: give it the time to say the last words. */
const LAST_WORDS_MS = 100;

export const system: SystemPort = {
  /**
   * The simulator cannot restart itself: whoever started it sees the lifecycle's `restarting` line and starts it anew,
   * so that its memory is as empty as the chip's.
   */
  restart() {
    Timer.set(() => System.restart?.(), LAST_WORDS_MS);
  },
  facts: () => undefined,
  isDebug: false,
  freeHeapBytes: () => Instrumentation.get(Instrumentation.map("System Free Memory")),
};
