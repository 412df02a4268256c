/** The firmware in a virtual device, with a port that tells what its thread holds. */
import { createServer } from "node:http";
import { getHeapStatistics, setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { host } from "../../mocks/moddable/host.js";
import { Stream } from "../../mocks/moddable/socket/stream.js";

/** Of the device's thread, after a collection. */
export interface Held {
  readonly heapBytes: number;
  readonly connections: number;
}

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

createServer((_request, response) => {
  collect();
  const { used_heap_size, external_memory } = getHeapStatistics();
  response.end(
    JSON.stringify({ heapBytes: used_heap_size + external_memory, connections: Stream.open } satisfies Held),
  );
}).listen(host.config.inspectionPort as number, "127.0.0.1");

await import("../../main.js");
