/** `npm run fuzz`: malformed DNS packets and HTTP requests against the parsers and a virtual device in its portal. */
import { parseArgs } from "node:util";
import { command, UsageError } from "./command.js";
import { fuzzParsers } from "./fuzz/parsers.js";
import { fuzzPortal, MAX_GROWTH_BYTES } from "./fuzz/portal.js";
import { Random } from "./fuzz/random.js";
import { progressOf } from "./progress.js";

const usage = `Usage: npm run fuzz -- [--seed N] [--count N]

Sends malformed DNS packets and HTTP requests to the parsers, then to a virtual device in its portal: minutes, with the
default count.

  --seed N    of the random numbers: the same one gives the same requests (default 20261122)
  --count N   of packets and of requests (default 100000)
  --help      this text
`;

const seconds = (startMs: number) => `${((Date.now() - startMs) / 1_000).toFixed(1)} s`;
const number = (value: number) => value.toLocaleString("en");

await command(usage, async (args) => {
  const { values } = parseArgs({
    args,
    options: { seed: { type: "string", default: "20261122" }, count: { type: "string", default: "100000" } },
  });
  const [seed, count] = [Number(values.seed), Number(values.count)];
  if (!Number.isInteger(seed) || !Number.isInteger(count)) throw new UsageError("--seed and --count are whole numbers");

  let startMs = Date.now();
  fuzzParsers(count, new Random(seed), progressOf("parsers", count));
  console.log(
    `parsers: ${number(count)} DNS packets and HTTP requests, no exception (seed ${seed}, ${seconds(startMs)})`,
  );

  startMs = Date.now();
  const { before, after, answered, statuses } = await fuzzPortal(seed, count, count, (what) => progressOf(what, count));
  console.log(
    `portal: ${number(count)} DNS packets, ${number(answered)} replies; ${number(count)} HTTP requests (${seconds(startMs)})`,
  );
  const sorted = [...statuses].sort(([a], [b]) => a.localeCompare(b));
  console.log(`  answers by status: ${sorted.map(([status, times]) => `${status} ${number(times)}`).join(", ")}`);
  console.log(`  open connections: ${after.connections}`);
  console.log(
    `  heap of the device's thread: ${number(before.heapBytes)} bytes before, ${number(after.heapBytes)} after`,
  );
  if (after.connections !== 0) throw new Error("connections are left open");
  if (after.heapBytes - before.heapBytes > MAX_GROWTH_BYTES) throw new Error("the heap has grown");
});
