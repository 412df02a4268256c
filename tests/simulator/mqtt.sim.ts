/** A broker that floods, repeats itself, or asks for more answers than there is room for, against half of the chip's heap. */
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { parser } from "mqtt-packet";
import { afterEach, expect, test } from "vitest";
import { sendForm } from "../../mocks/phone.js";
import type { Simulator } from "../../tools/simulator.js";
import { acceptMqtt, mqttAttacks, publishes } from "../modules/mqtt-attacks.js";
import { seedInfo } from "../scripted/cloud.js";
import { openApp, Watch } from "./app.js";
import { STACK_LIMIT_SLOTS } from "./budgets.js";

const CONTROL = "devices/d/control";
const COMMANDS = 100;

const servers: Server[] = [];
let simulator: Simulator | undefined;
afterEach(async () => {
  await simulator?.stop();
  for (const server of servers.splice(0)) server.close();
});

async function listen(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  return (server.address() as AddressInfo).port;
}

/** Every device gets this broker. */
function serviceNaming(port: number): Server {
  const topics = { data: "devices/d/data", control: CONTROL, status: "devices/d/status" };
  const account = { username: "u", password: "p", client_id: "c" };
  const mqtt_config = { broker: "127.0.0.1", port, use_ssl: false, ...account, topics };
  const info = JSON.stringify({ ...seedInfo("p"), api_config: {}, mqtt_config });
  return createHttpServer((request, response) => {
    request.resume();
    response.writeHead(200, { "content-type": "application/json" }).end(info);
  });
}

test("floods and repetitions leave the heap as it was, and a hundred commands are all answered, in order", async () => {
  let broker: Socket | undefined;
  const answers: number[] = [];
  const port = await listen(
    createServer((socket) => {
      acceptMqtt(socket, () => {
        broker = socket;
      });
      const reader = parser().on("packet", (packet) => {
        if (packet.cmd !== "publish") return;
        const { id } = JSON.parse(packet.payload.toString() || "{}") as { id?: number };
        if (id !== undefined) answers.push(id);
        if (packet.qos === 1) socket.write(Uint8Array.of(0x40, 2, packet.messageId! >> 8, packet.messageId! & 255));
      });
      socket.on("data", (bytes) => void reader.parse(bytes));
    }),
  );
  const app = await openApp();
  simulator = app.simulator;
  const watch = new Watch(simulator);
  await simulator.start();
  await watch.untilState("portal");
  await sendForm(app.portal, {
    ssid: "baja",
    password: "simulated",
    url: `http://127.0.0.1:${await listen(serviceNaming(port))}/`,
  });
  await watch.until("SUBSCRIBE in the field", () => watch.states.some(({ state }) => state === "online"));
  const before = await watch.settledHeap();

  const ask = (first: number, count: number) => {
    answers.length = 0;
    broker!.write(publishes(count, 1, (index) => JSON.stringify({ cmd: "ping", id: first + index }), CONTROL));
    return watch.until(`${count} answers`, () => answers.length >= count);
  };
  for (const { name, bytes, ends } of mqttAttacks) {
    if (ends && !name.startsWith("60")) continue;
    const online = watch.states.filter(({ state }) => state === "online").length;
    broker!.write(bytes);
    if (ends) await watch.untilState("online", online + 1);
    await ask(0, 1);
    const heap = await watch.settledHeap();
    console.log(JSON.stringify({ name, before, heap, stack: watch.mostStackSlots }));
    expect(heap.slots - before.slots, name).toBeLessThan(80);
  }
  await ask(1, COMMANDS);
  expect(answers).toEqual(Array.from({ length: COMMANDS }, (_, index) => index + 1));
  const after = await watch.settledHeap();
  console.log(JSON.stringify({ before, after, stack: await watch.deepestStack() }));
  expect(after.slots - before.slots).toBeLessThan(80);
  expect(await watch.deepestStack()).toBeLessThanOrEqual(STACK_LIMIT_SLOTS);
  expect(watch.aborts).toEqual([]);
});
