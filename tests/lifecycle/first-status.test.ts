/** The status leaves before the broker has answered: what a broker refuses is said anew, and nothing is said twice. */
import { expect } from "vitest";
import { failed } from "../../modules/base/failure.js";
import type { Outgoing, Published } from "../../modules/mqtt/mqtt.js";
import { life } from "./support.js";

interface Said {
  readonly online: boolean;
  readonly reconnects: number;
}
const statusOf = ({ payload }: { payload: string }): Said => JSON.parse(payload) as Said;

life("it is the first message of a connection, once, and the second is a minute later", async ({ boot, warm }) => {
  const world = boot({}, await warm());
  await world.untilState("online");
  const isStatus = ({ payload }: { payload: string }) => payload.includes('"online":true');
  expect(world.published.filter(isStatus).map(statusOf)).toEqual([expect.objectContaining({ reconnects: 0 })]);
  expect(world.broker.cleared).toHaveLength(1);
  await world.until(() => world.published.filter(isStatus).length > 1);
  expect(world.clock.ticksMs()).toBeGreaterThan(60_000);
});

life(
  "a broker that refuses the device, or has no room for it, hears it in the next connection",
  async ({ boot, warm }) => {
    const early: Outgoing[] = [];
    let answers: Published[] = [{ packetId: 2 }, { packetId: 2 }, "later", "later"];
    const world = boot({}, await warm());
    world.script.mqtt = async (options) => {
      options.onSubscribing?.({
        publish(message) {
          early.push(message);
          return answers[early.length - 1]!;
        },
      });
      return failed("broker-busy");
    };
    await world.until(() => early.length >= 4);
    delete world.script.mqtt;
    answers = [];
    await world.untilState("online");
    // Each time: what older firmware retained is cleared, then the status; no connection has stood so far.
    expect(early.map(({ payload }) => payload === "")).toEqual([true, false, true, false]);
    expect(statusOf(early[1]!)).toMatchObject({ online: true, reconnects: 0 });
    expect(world.published.filter(({ payload }) => payload.includes('"online":true')).map(statusOf)).toHaveLength(1);
  },
);

life("where there was no room for it, it is said when the connection stands", async ({ boot, warm }) => {
  const world = boot({}, await warm());
  const open = world.broker.open.bind(world.broker);
  let isFull = true;
  world.broker.open = (options, ackMs) => {
    const session = open(options, ackMs);
    const publish = session.publish.bind(session);
    session.publish = (message) => (isFull ? "later" : publish(message));
    const { onSubscribing } = options;
    options.onSubscribing = (early) => {
      onSubscribing?.call(options, early);
      isFull = false;
    };
    return session;
  };
  await world.untilState("online");
  await world.until(() => world.published.some(({ payload }) => payload.includes('"online":true')));
  expect(world.clock.ticksMs()).toBeLessThan(60_000); // the next one is due then
  expect(world.published.filter(({ payload }) => payload.includes('"online":true'))).toHaveLength(1);
});
