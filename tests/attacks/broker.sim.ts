/** A broker that turns on its device. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { sendForm } from "../../mocks/phone.js";
import { Random } from "../../tools/fuzz/random.js";
import { BREAKERS, BROKERS, HostileBroker } from "./brokers.js";
import { expectUnharmed, type Fortress, openBlank } from "./support.js";

const random = new Random(20261130);
let fortress: Fortress;
const broker = new HostileBroker();

beforeAll(async () => {
  await broker.start();
  fortress = await openBlank();
  await sendForm(fortress.portal, { ssid: "baja", password: "simulated", url: broker.url });
  await fortress.watch.untilState("online");
});

afterAll(async () => {
  await fortress?.stop();
  await broker.stop();
});

let pings = 0;
async function expectAnswers(): Promise<void> {
  const id = `owner ${pings++}`;
  broker.send(broker.message(JSON.stringify({ cmd: "ping", id }), 1));
  await fortress.watch.until("an answer", () => broker.replies.some((reply) => reply.id === id), 60_000);
}

test.each(Object.entries(BROKERS))("%s: the session goes on", async (name, attack) => {
  const { watch } = fortress;
  attack(broker, random);
  await expectAnswers();
  const [before, states, connections] = [await watch.settledHeap(), watch.states.length, broker.connections];
  for (let round = 0; round < 3; round++) {
    attack(broker, random);
    await expectAnswers();
  }
  expect([broker.isConnected, broker.connections]).toEqual([true, connections]);
  await expectUnharmed(name, watch, before, states);
});

test("a hundred queued pings get a hundred answers, in their order", async () => {
  broker.replies.length = 0;
  BROKERS["a hundred pings"]!(broker, random);
  await fortress.watch.until("the answers", () => broker.replies.length >= 100, 60_000);
  expect(broker.replies.map(({ id }) => id)).toEqual(Array.from({ length: 100 }, (_, id) => id));
});

test.each(Object.entries(BREAKERS))("%s: the session ends, and the next one begins", async (name, attack) => {
  const { watch } = fortress;
  const [before, states, connections] = [await watch.settledHeap(), watch.states.length, broker.connections];
  attack(broker, random);
  await watch.until("the next session", () => broker.connections > connections && broker.isConnected, 120_000);
  await watch.until("online", () => watch.states.at(-1)?.state === "online", 120_000);
  await expectAnswers();
  await expectUnharmed(name, watch, before, states);
});
