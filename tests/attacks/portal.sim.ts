/** Strangers in the device's own network: the page of a device that has no settings is open to them as to its owner. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { Random } from "../../tools/fuzz/random.js";
import { type HostileService, openService, openTlsService } from "./services.js";
import { STRANGERS } from "./strangers.js";
import { expectPage, expectUnharmed, type Fortress, openBlank } from "./support.js";

const random = new Random(20261130);
let fortress: Fortress;
const services: HostileService[] = [];

beforeAll(async () => {
  fortress = await openBlank();
  services.push(await openService(random), await openTlsService(random));
});

afterAll(async () => {
  await fortress?.stop();
  for (const service of services) service.close();
});

test("the owner gets each of 42 pages while others say half a request again and again", async () => {
  const { portal, watch } = fortress;
  await expectPage(portal);
  const before = await watch.settledHeap();
  let isOver = false;
  const flood = (async () => {
    while (!isOver) await STRANGERS["half requests"]!({ ...fortress, serviceUrl: "" }, random);
  })();
  for (let page = 0; page < 42; page++) await expectPage(portal);
  isOver = true;
  await flood;
  await expectUnharmed("42 pages", watch, before, watch.states.length);
});

test.each(Object.entries(STRANGERS))("%s", async (name, attack) => {
  const { portal, watch } = fortress;
  // What is made at the first time stays.
  await attack({ ...fortress, serviceUrl: services[0]!.url }, random);
  await settled();
  const [before, states] = [await watch.settledHeap(), watch.states.length];
  for (let round = 0; round < 3; round++) await attack({ ...fortress, serviceUrl: services[0]!.url }, random);
  await expectPage(portal);
  await settled();
  await expectUnharmed(name, watch, before, states);
});

test("services that answer with anything, plain and over TLS", async () => {
  const { watch } = fortress;
  const victims = services.map(({ url }) => ({ ...fortress, serviceUrl: url }));
  for (const victim of victims) await STRANGERS["seventeen set-ups in a second"]!(victim, random);
  await settled();
  const [before, states] = [await watch.settledHeap(), watch.states.length];
  for (let round = 0; round < 10; round++)
    for (const victim of victims) {
      await STRANGERS["seventeen set-ups in a second"]!(victim, random);
      await settled();
    }
  await expectUnharmed("services", watch, before, states);
});

/** The last trial has ended, well or not: what an answer has led to is on the page, and in the heap. */
async function settled(): Promise<void> {
  const { portal, watch } = fortress;
  const phase = async () => {
    const headers = { accept: "application/json" };
    const status = await fetch(`${portal}status`, { headers }).catch((error) => {
      throw new Error(`${String(error)}\n${watch.aborts.join("; ")}\n${watch.tail()}`);
    });
    return ((await status.json()) as { phase: string }).phase;
  };
  const endMs = Date.now() + 120_000;
  while (["trying", "activating"].includes(await phase())) {
    if (Date.now() > endMs) throw new Error(`a trial has no end\n${watch.tail()}`);
    await new Promise((done) => setTimeout(done, 500));
  }
  expect(watch.aborts).toEqual([]);
}
