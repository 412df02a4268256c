/** An app that asks one URL after the other, and tells of the answer, the time, and what of the heap is in use. */
import Debug from "debug";
import Instrumentation from "instrumentation";
import config from "mc/config";
import { Secret } from "modules/base/secret";
import { SystemClock } from "modules/clock/adapter";
import { parseUrl } from "modules/data/url";
import { createHttpClient } from "modules/http/client-adapter";
import { createMqtt } from "modules/mqtt/adapter";
import { AUTHORITIES } from "modules/settings/authorities";
import { NvsStore } from "modules/storage/adapter";
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

const clock = new SystemClock();
const calendar = {
  ensure: () => Promise.resolve(),
  doubt() {},
  suggest() {},
  prove() {},
  get earliestMs() {
    return Date.now();
  },
  get latestMs() {
    return Date.now();
  },
};
const store = new NvsStore("agent");
const trusted = () => AUTHORITIES.read(store) ?? [];
const http = createHttpClient(clock, calendar, trusted, "device/1.0.0");
const mqtt = createMqtt(clock, calendar, trusted);

async function post(url, body, authorities) {
  const trial = authorities && { authorities: [...authorities] };
  const result = await http({ method: "POST", url: parseUrl(url), body, timeoutMs: 30_000, ...trial });
  return result.ok ? `${result.value.status} ${result.value.body.length}` : result.failure.reason;
}

/** Sends itself an empty message and this one, and waits for both and their acknowledgements. */
async function converse(url, body) {
  const [, host, port] = /^mqtts:\/\/(.*):(\d+)$/.exec(url);
  const told = [];
  let isDone;
  const done = new Promise((resolve) => {
    isDone = resolve;
  });
  const tell = (what) => {
    told.push(what);
    if (told.length === 4) isDone();
  };
  const result = await mqtt({
    ...{ host, port: Number(port), tls: true, clientId: "probe", username: "u", password: new Secret("p") },
    ...{ cleanSession: true, keepAliveMs: 60_000, timeoutMs: 30_000, subscribe: ["empty", "echo"], qos: 1 },
    onMessage: ({ payload }) => tell(payload.length),
    onAcknowledged: () => tell("acknowledged"),
  });
  if (!result.ok) return result.failure.reason;
  const session = result.value;
  session.publish({ topic: "empty", payload: "", qos: 1 });
  session.publish({ topic: "echo", payload: body, qos: 1 });
  await done;
  trace(JSON.stringify({ connected: heap() }), "\n");
  session.close({ reason: "internal" }, true);
  return `connected ${told.map(String).sort().join(" ")}`;
}

async function ask(name, url, body, authorities) {
  const before = heap();
  const startMs = Date.now();
  const answer = await (url.startsWith("mqtts:") ? converse : post)(url, body, authorities);
  const durationMs = Date.now() - startMs;
  await new Promise((resolve) => Timer.set(resolve, 100));
  const stackBytes = Instrumentation.get(stack);
  trace(JSON.stringify({ tls: { name, answer, durationMs, before, after: heap(), stackBytes } }), "\n");
}

async function run() {
  AUTHORITIES.write(store, [...config.given]); // JSON marks what it walks through: nothing in ROM
  for (const [name, url, bodyBytes, authorities] of config.urls)
    await ask(name, url, "x".repeat(bodyBytes), authorities);
  trace('{"tls":"done"}\n');
}

// A turn later: what is thrown while modules load has no name.
Timer.set(() => run());
