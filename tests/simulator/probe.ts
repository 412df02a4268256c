/** Goes into the simulator app beside the agent: tells what is alive after a collection, once a second. */
import { censusWhenWanted } from "census";
import Debug from "debug";
import Instrumentation from "instrumentation";
import "main";
import config from "mc/config";
import Timer from "timer";

/** On a 64-bit machine. */
const SLOT_BYTES = 32;

Timer.repeat(() => {
  Debug.gc();
  const slots = (Instrumentation.get(Instrumentation.map("XS Slot Heap Used")) ?? 0) / SLOT_BYTES;
  const chunkBytes = Instrumentation.get(Instrumentation.map("XS Chunk Heap Used"));
  trace(JSON.stringify({ heap: { slots, chunkBytes } }), "\n");
  censusWhenWanted(config.file.root);
}, 1000);
