/** An app that asks one URL after the other, and tells of the answer, the time, and what of the heap is in use. */
import Debug from "debug";
import Instrumentation from "instrumentation";
import config from "mc/config";
import { createClock } from "modules/clock/adapter";
import { createHttpClient } from "modules/http/client-adapter";
import { parseUrl } from "modules/http/url";
import Timer from "timer";

/** On a 64-bit machine. */
const SLOT_BYTES = 32;
const slots = Instrumentation.map("XS Slot Heap Used");
const chunks = Instrumentation.map("XS Chunk Heap Used");
const stack = Instrumentation.map("XS Stack Used");
const heap = () => {
  Debug.gc();
  return { slots: Instrumentation.get(slots) / SLOT_BYTES, chunkBytes: Instrumentation.get(chunks) };
};

const http = createHttpClient(createClock(), { ensure: () => Promise.resolve(), doubt() {}, suggest() {} });

async function ask(name, url, body) {
  const before = heap();
  const startMs = Date.now();
  const result = await http({ method: "POST", url: parseUrl(url), body, timeoutMs: 30_000 });
  const answer = result.ok ? `${result.value.status} ${result.value.body.length}` : result.failure.reason;
  const durationMs = Date.now() - startMs;
  await new Promise((resolve) => Timer.set(resolve, 100));
  const stackBytes = Instrumentation.get(stack);
  trace(JSON.stringify({ tls: { name, answer, durationMs, before, after: heap(), stackBytes } }), "\n");
}

async function run() {
  for (const [name, url, bodyBytes] of config.urls) await ask(name, url, "x".repeat(bodyBytes));
  trace('{"tls":"done"}\n');
}

// A turn later: what is thrown while modules load has no name.
Timer.set(() => run());
