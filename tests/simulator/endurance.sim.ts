/**
 * The floor does not rise with time: what is done often leaves the heap as it was. `ENDURANCE=full` does each as often as
 * a device in years; by default it is minutes. On Linux a full run of polls wants an SDK whose timers have ids of 32 bits:
 * with 16 (modules/base/timer/lin/timer.c) the 65,536th is removed unheard, and what holds it writes into freed memory:
 * the simulator dies after some 10,900 polls. The chip's timers have no ids.
 */
import { Agent, request } from "node:http";
import { afterEach, expect, test } from "vitest";
import { MockCloud } from "../../mocks/cloud/cloud.js";
import { sendForm, watchTrial } from "../../mocks/phone.js";
import type { Simulator } from "../../tools/simulator.js";
import { type Heap, MAC, openApp, Watch } from "./app.js";

const COUNTS =
  process.env.ENDURANCE === "full"
    ? { polls: 100_000, messages: 10_000, reconnections: 1_000, trials: 200 }
    : { polls: 3_000, messages: 2_000, reconnections: 100, trials: 20 };
/** Done before the floor is measured: what is made at the first time stays, and what grows in steps has its size. */
const WARM_UP: typeof COUNTS = { polls: 300, messages: 200, reconnections: 40, trials: 2 };
/** Looks on the way; the last one is the end. */
const LOOKS = process.env.ENDURANCE === "full" ? 40 : 4;
/** What one look differs from the next where nothing is left behind. */
const NOISE: Heap = { slots: 30, chunkBytes: 1_024 };

const POLLS_AT_ONCE = 3;
const MOST_CUTS = Math.ceil(COUNTS.polls / 3_000);

let cloud: MockCloud | undefined;
let simulator: Simulator | undefined;

afterEach(async () => {
  await simulator?.stop();
  await cloud?.stop();
  cloud = undefined;
});

/** Does it so often, looks at the heap on the way, and expects it where it was after the warm-up. */
async function endure(what: keyof typeof COUNTS, watch: Watch, once: (index: number) => Promise<void>): Promise<void> {
  const looks: { readonly done: number; readonly heap: Heap }[] = [];
  const [count, warm] = [COUNTS[what], WARM_UP[what]];
  const stops = Array.from({ length: LOOKS }, (_, at) => warm + Math.round((at * (count - warm)) / (LOOKS - 1)));
  for (let done = 0; done < count; ) {
    await once(done++).catch((error) => failed(`${what} ${done}: ${String(error)}`, watch));
    if (!stops.includes(done)) continue;
    const heap = await watch.settledHeap();
    looks.push({ done, heap });
    console.log(`${what} ${done}: ${heap.slots} slots, ${heap.chunkBytes} bytes`);
  }
  const [first, last] = [looks[0]!, looks.at(-1)!];
  const per = (key: keyof Heap) => ((last.heap[key] - first.heap[key]) * 1_000) / (last.done - first.done);
  const slope = { slots: per("slots"), chunkBytes: per("chunkBytes") };
  console.log(`${what}: ${slope.slots.toFixed(1)} slots and ${slope.chunkBytes.toFixed(0)} bytes for each 1,000`);
  expect(last.heap.slots - first.heap.slots, `${what}: slots`).toBeLessThanOrEqual(NOISE.slots);
  expect(last.heap.chunkBytes - first.heap.chunkBytes, `${what}: bytes`).toBeLessThanOrEqual(NOISE.chunkBytes);
}

/** Whatever a client sees, why the machine was ended is what counts: it is told a moment later. */
async function failed(what: string, watch: Watch): Promise<never> {
  await new Promise((done) => setTimeout(done, 1_000));
  throw new Error(`${what}; ${watch.aborts.join("; ") || "the machine runs on"}\n${watch.tail()}`);
}

async function openBlank() {
  const app = await openApp();
  simulator = app.simulator;
  const watch = new Watch(simulator);
  await simulator.start();
  await watch.untilState("portal");
  return { ...app, watch };
}

test(`${COUNTS.polls} status polls of a phone`, async () => {
  const { portalPort, watch } = await openBlank();
  const agent = new Agent({ keepAlive: false });
  const options = { agent, host: "127.0.0.1", port: portalPort, path: "/status", timeout: 10_000 };
  const poll = () =>
    new Promise<void>((done, fail) => {
      const asked = request({ ...options, headers: { accept: "application/json" } }, (response) => {
        expect(response.statusCode).toBe(200);
        response.resume().once("close", done);
      });
      asked.once("error", fail);
      asked.end();
    });
  // The portal cuts who says nothing for three seconds, as this test may on a busy machine; the page asks again, too.
  let cuts = 0;
  const pollAgain = async (error: unknown) => {
    if (++cuts > MOST_CUTS) throw error;
    await poll();
  };
  // Each waits 40 ms for an acknowledgement that the host delays: some at a time, as browsers ask.
  await endure("polls", watch, async (index) => {
    if (index % POLLS_AT_ONCE > 0) return;
    await Promise.all(Array.from({ length: POLLS_AT_ONCE }, () => poll().catch(pollAgain)));
  });
  console.log(`polls that were cut: ${cuts}`);
}, 3_600_000);

async function openOnline() {
  const service = new MockCloud({ rateLimited: false });
  cloud = service;
  await service.start();
  service.register(MAC);
  const { portal, watch } = await openBlank();
  await sendForm(portal, { ssid: "baja", password: "simulated", url: service.url });
  await watchTrial(portal, ["done"], 60_000);
  await watch.untilState("online");
  return { service, watch };
}

test(`${COUNTS.messages} control messages`, async () => {
  const { service, watch } = await openOnline();
  let answered = () => {};
  service.onMessage((_topic, payload) => payload.includes("pong") && answered());
  await endure("messages", watch, (index) => {
    const answer = new Promise<void>((done) => {
      answered = done;
    });
    service.sendControl(MAC, { cmd: "ping", id: index });
    return watch.unlessAborted(answer);
  });
}, 3_600_000);

/** Losses in a row make the pauses long: these few, the others by a command that asks the service again, too. */
const LOSSES = [1, 21, 51];
test(`${COUNTS.reconnections} reconnections`, async () => {
  const { service, watch } = await openOnline();
  await endure("reconnections", watch, async (index) => {
    watch.states.length = 0;
    if (LOSSES.includes(index)) await service.kick(MAC);
    else service.sendControl(MAC, { cmd: "reprovision" });
    await watch.until("online again", () => watch.states.at(-1)?.state === "online", 120_000);
  });
}, 7_200_000);

test(`${COUNTS.trials} trials that fail`, async () => {
  const service = new MockCloud({ rateLimited: false });
  cloud = service;
  await service.start();
  const { portal, watch } = await openBlank();
  const urls = [service.url, "http://127.0.0.1:9/", service.url, "https://127.0.0.1:9/"];
  await endure("trials", watch, async (index) => {
    watch.states.length = 0;
    await sendForm(portal, { ssid: "baja", password: "simulated", url: urls[index % urls.length]! });
    await watch.until("failure", () => watch.states.at(-1)?.state === "portal");
  });
}, 3_600_000);
