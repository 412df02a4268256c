/**
 * All of them, one after another as a seeded die falls: two minutes, or `MINUTES=120` two hours. One device in its
 * portal, another one with its broker. With SDK 8.2.3 on Linux that one is silent after some 18 minutes: ids of its timers
 * have 16 bits there, and the 65,536th never rings (modules/base/timer/lin/timer.c, tests/simulator/endurance.sim.ts). With
 * 32 bits in a copy of the SDK the two hours pass.
 */
import { afterEach, expect, test } from "vitest";
import { sendForm } from "../../mocks/phone.js";
import { Random } from "../../tools/fuzz/random.js";
import type { Heap } from "../simulator/app.js";
import { BREAKERS, BROKERS, HostileBroker } from "./brokers.js";
import { openService, openTlsService } from "./services.js";
import { STRANGERS } from "./strangers.js";
import { expectPage, expectUnharmed, type Fortress, openBlank } from "./support.js";

const DURATION_MS = Number(process.env.MINUTES ?? 2) * 60_000;
const SEED = Number(process.env.SEED ?? 20261130);
/** What is made at the first time is made. */
const WARM_UP_MS = DURATION_MS / 6;
/** A session that lasts has short pauses after its end. */
const BETWEEN_BREAKS_MS = 70_000;

let fortress: Fortress | undefined;
const closing: (() => unknown)[] = [];
afterEach(async () => {
  await fortress?.stop();
  for (const close of closing.splice(0)) await close();
});

const pause = (durationMs: number) => new Promise((done) => setTimeout(done, durationMs));

async function mix(what: string, open: Fortress, once: (random: Random) => Promise<string>): Promise<void> {
  const { watch } = open;
  const random = new Random(SEED);
  const counts = new Map<string, number>();
  const startMs = Date.now();
  let before: Heap | undefined;
  let states = 0;
  while (Date.now() - startMs < DURATION_MS) {
    const name = await once(random).catch(async (error) => {
      await pause(1_000); // why the machine was ended is told a moment later
      throw new Error(`${String(error)}; ${watch.aborts.join("; ") || "the machine runs on"}\n${watch.tail()}`);
    });
    counts.set(name, (counts.get(name) ?? 0) + 1);
    expect(watch.aborts).toEqual([]);
    if (before || Date.now() - startMs < WARM_UP_MS) continue;
    before = await watch.settledHeap();
    states = watch.states.length;
  }
  console.log(`${what}, seed ${SEED}: ${JSON.stringify(Object.fromEntries(counts))}`);
  await pause(30_000); // trials that were given up have ended
  await expectUnharmed(what, watch, before!, states);
}

test(
  "a device in its portal",
  async () => {
    const random = new Random(SEED);
    const services = [await openService(random), await openTlsService(random)];
    closing.push(() => services.map((service) => service.close()));
    fortress = await openBlank();
    const open = fortress;
    await mix("the portal", open, async (die) => {
      const name = die.pick(Object.keys(STRANGERS));
      await STRANGERS[name]!({ ...open, serviceUrl: die.pick(services).url }, die);
      await expectPage(open.portal);
      return name;
    });
  },
  DURATION_MS * 2 + 600_000,
);

test(
  "a device with its broker",
  async () => {
    const broker = new HostileBroker();
    await broker.start();
    closing.push(() => broker.stop());
    fortress = await openBlank();
    const { portal, watch } = fortress;
    await sendForm(portal, { ssid: "baja", password: "simulated", url: broker.url });
    await watch.untilState("online");
    let brokenMs = Date.now();
    let asked = 0;
    await mix("the broker", fortress, async (die) => {
      const isBreaker = Date.now() - brokenMs > BETWEEN_BREAKS_MS;
      const attacks = isBreaker ? BREAKERS : BROKERS;
      const name = die.pick(Object.keys(attacks));
      const { connections } = broker;
      attacks[name]!(broker, die);
      if (isBreaker) {
        await watch.until("the next session", () => broker.connections > connections, 300_000);
        await watch.until("online", () => watch.states.at(-1)?.state === "online", 300_000);
        brokenMs = Date.now();
      }
      const id = `owner ${asked++}`;
      broker.replies.length = 0;
      broker.send(broker.message(JSON.stringify({ cmd: "ping", id }), 1));
      await watch.until("an answer", () => broker.replies.some((reply) => reply.id === id), 60_000);
      return name;
    });
  },
  DURATION_MS * 2 + 600_000,
);
