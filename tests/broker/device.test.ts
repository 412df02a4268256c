import { createServer } from "node:net";
import { describe, expect } from "vitest";
import { acceptMqtt, publishes } from "../modules/mqtt-attacks.js";
import { faults, listening } from "../modules/net-support.js";
import { authority, goodCertificate } from "../tls/identities.js";
import { OnlineBoard, Operator, takeItsPlace, wait } from "./device.js";
import { Mosquitto, mosquittoTest as test } from "./mosquitto.js";
import { BrokerProxy } from "./proxy.js";

const COMMANDS = 300;
const CUTS = 30;
/** The shortest that the device takes from a service. */
const KEEP_ALIVE_SECONDS = 10;
const chain = [goodCertificate(authority("ec"), "ec")];

test("commands through forced disconnections: each is executed once and answered, with an id and without", async () => {
  const broker = await Mosquitto.open(chain, { listener: ["set_tcp_nodelay true"] });
  const proxy = await BrokerProxy.to(broker.port);
  const board = await OnlineBoard.start({ port: proxy.port });
  const operator = await Operator.at(broker.port);
  await board.settled();
  let sent = 0;
  const send = async (count: number) => {
    for (const last = sent + count; sent < last; sent++)
      await operator.send({ cmd: "count", n: sent, ...(sent % 2 === 0 && { id: sent }) });
  };
  for (let cut = 0; cut < CUTS; cut++) {
    const before = board.reasons.length;
    // In the place of a command, of the acknowledgement of an answer, or wherever it is.
    proxy.cutsAt = [undefined, "publish", "puback"][cut % 3];
    const sending = send(COMMANDS / CUTS);
    const arrived = board.executed.size;
    if (cut % 3 === 0) await wait(() => board.executed.size > arrived).then(() => proxy.cut());
    await wait(() => board.reasons.length > before);
    proxy.cutsAt = undefined;
    await sending;
    await board.settled();
  }
  await wait(() => operator.answered.size === COMMANDS);
  expect(board.executed.size).toBe(COMMANDS);
  expect([...board.executed].filter(([, times]) => times !== 1)).toEqual([]);
  // The broker has sent some of them again: it did not hear that they had come.
  expect(board.world.notes).toContain("mqtt: a message that came before was dropped, on devices/d/control");
  expect(board.world.agent.outbox.stats).toMatchObject({ queued: 0, dropped: 0 });
  expect(faults).toEqual([]);
}, 120_000);

test("more commands at once than answers find room: each is executed when its answer does, and all are answered, in order", async () => {
  const broker = await Mosquitto.open(chain, { listener: ["set_tcp_nodelay true"] });
  const proxy = await BrokerProxy.to(broker.port);
  const board = await OnlineBoard.start({ port: proxy.port });
  const operator = await Operator.at(broker.port);
  await board.settled();
  proxy.delayMs = 100;
  const numbers = Array.from({ length: 200 }, (_, n) => n);
  await Promise.all(numbers.map((n) => operator.send({ cmd: "count", n, id: n })));
  await wait(() => board.executed.size === numbers.length && board.world.agent.outbox.stats.queued === 0);
  await wait(() => operator.answered.size + board.world.agent.outbox.stats.dropped >= numbers.length);
  expect(board.world.agent.outbox.stats.dropped).toBe(0);
  // This broker has more than a hundred on their way: those that find no room come again in the next connection.
  expect([...operator.answered]).toEqual(numbers.map((n) => [n, 1]));
  expect(faults).toEqual([]);
});

test("a broker that sends commands and reads nothing: no more of them are executed than answers find room, and the keep-alive ends it", async () => {
  const commands = publishes(3_000, 1, (n) => JSON.stringify({ cmd: "count", n }));
  const port = await listening(
    createServer((socket) =>
      acceptMqtt(socket, () => {
        socket.write(commands);
        socket.pause();
      }),
    ),
  );
  const board = await OnlineBoard.start({ port, keepAliveSeconds: KEEP_ALIVE_SECONDS });
  await wait(() => board.reasons.length > 0);
  expect(board.reasons[0]).toBe("broker-closed");
  expect(board.executed.size).toBeGreaterThan(20);
  expect(board.executed.size).toBeLessThan(60);
  expect(faults).toEqual([]);
});

describe("the device as a whole, where the broker", () => {
  async function open(keepAliveSeconds?: number) {
    const broker = await Mosquitto.open(chain);
    const proxy = await BrokerProxy.to(broker.port);
    const board = await OnlineBoard.start({ port: proxy.port, ...(keepAliveSeconds && { keepAliveSeconds }) });
    await wait(() => board.connections === 1);
    return { broker, proxy, board };
  }

  async function obeys(board: OnlineBoard, broker: Mosquitto): Promise<void> {
    const operator = await Operator.at(broker.port);
    await operator.send({ cmd: "count", id: "a", n: 1 });
    await wait(() => operator.answered.size === 1);
    expect(board.executed).toEqual(new Map([[1, 1]]));
  }

  test("is restarted: it comes back and obeys", async () => {
    const { broker, board } = await open();
    await broker.stop();
    await wait(() => board.reasons.length > 1);
    expect(board.reasons[0]).toBe("broker-closed");
    await broker.start();
    await wait(() => board.connections === 2);
    await obeys(board, broker);
  });

  test("gives its client id to another: it takes its place again", async () => {
    const { broker, board } = await open();
    await takeItsPlace(broker.port);
    await wait(() => board.connections === 2);
    expect(board.reasons).toEqual(["broker-closed"]);
    await obeys(board, broker);
  });

  test("is slow: it stays online and obeys", async () => {
    const { broker, proxy, board } = await open();
    proxy.delayMs = 300;
    await obeys(board, broker);
    expect(board.reasons).toEqual([]);
  });

  test("has kept what crashes it: after its pause it takes none of that, and obeys what comes then", async () => {
    const { broker, proxy, board } = await open(KEEP_ALIVE_SECONDS);
    proxy.isSilent = true;
    const operator = await Operator.at(broker.port);
    for (let n = 100; n < 119; n++) await operator.send({ cmd: "count", n });
    await wait(() => board.reasons.includes("broker-closed"));
    // What the state `safe` begins with (tests/lifecycle/safe.test.ts).
    board.world.agent.leavesQueue = true;
    proxy.isSilent = false;
    await wait(() => board.connections === 2);
    await obeys(board, broker);
    expect(board.world.notes).toContain("safe: what the broker had kept for the device was given up unread");
  });

  test("falls silent: it notices, and obeys what was sent meanwhile once it is back", async () => {
    const { broker, proxy, board } = await open(KEEP_ALIVE_SECONDS);
    proxy.isSilent = true;
    const operator = await Operator.at(broker.port);
    await operator.send({ cmd: "count", n: 7 });
    await wait(() => board.reasons.includes("broker-closed"));
    expect(board.executed.size).toBe(0);
    proxy.isSilent = false;
    await wait(() => operator.answered.has(7));
    expect(board.executed).toEqual(new Map([[7, 1]]));
  });

  test("refuses the control topic: it says so and is not online", async () => {
    const broker = await Mosquitto.open(chain, { refusesTopics: true });
    const board = await OnlineBoard.start({ port: broker.port, topics: { control: "devices/x/control" } });
    await wait(() => board.reasons.length > 0);
    expect(board.reasons[0]).toBe("topic-refused");
    expect(board.connections).toBe(0);
  });

  test("refuses the status topic: MQTT 3.1.1 has no word for it, and it stays online and obeys", async () => {
    const broker = await Mosquitto.open(chain);
    const board = await OnlineBoard.start({ port: broker.port, topics: { status: "devices/x/status" } });
    const operator = await Operator.at(broker.port);
    await wait(() => board.connections === 1);
    for (const n of [1, 2]) await operator.send({ cmd: "count", n });
    await wait(() => board.executed.size === 2 && board.world.agent.outbox.stats.sent === 2);
    expect(board.reasons).toEqual([]);
    expect(operator.answered.size + operator.statuses.length).toBe(0);
  });
});
