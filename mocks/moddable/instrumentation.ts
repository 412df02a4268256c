/**
 * `instrumentation` (modules/base/instrumentation): the names are known, the numbers are not the chip's: only the free
 * memory has a value at all, the one that an ESP32-S3 shows while connected.
 */
import type InstrumentationType from "instrumentation";

const names = [
  "",
  "Pixels Drawn",
  "Frames Drawn",
  "Network Bytes Read",
  "Network Bytes Written",
  "Network Sockets",
  "Timers",
  "Files",
  "Poco Display List Used",
  "Piu Command List Used",
  "SPI Flash Erases",
  "Turns",
  "System Free Memory",
  "CPU 0",
  "CPU 1",
  "XS Slot Heap Used",
  "XS Chunk Heap Used",
  "XS Keys Used",
  "XS Garbage Collection Count",
  "XS Modules Loaded",
  "XS Stack Used",
  "XS Promises Settled",
];
const freeMemory = names.indexOf("System Free Memory");
const freeMemoryBytes = 183 * 1024;

export default {
  get(what: number | undefined): number | undefined {
    if (what === undefined || names[what] === undefined) return undefined;
    return what === freeMemory ? freeMemoryBytes : 0;
  },
  map(name: string): number | undefined {
    const index = names.indexOf(name);
    return index > 0 ? index : undefined;
  },
  name(what: number | undefined): string | undefined {
    return what === undefined ? undefined : names[what];
  },
} satisfies typeof InstrumentationType;
