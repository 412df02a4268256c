import { expect } from "vitest";
import { done } from "../../agent/application/application.js";
import { answer, deviceInfo, deviceService } from "../scripted/cloud.js";
import type { World } from "../scripted/world.js";
import { life, MINUTE, pass, statesOf } from "./support.js";

function send(world: World, message: object): void {
  world.session!.options.onMessage({
    ...{ topic: "devices/550e/control", payload: JSON.stringify(message) },
    ...{ retained: false, duplicate: false, packetId: undefined },
  });
  world.clock.runDue();
}

life(
  "a service that names new topics in each answer fills nothing: the device restarts in order",
  async ({ boot, warm }) => {
    let answers = 0;
    const info = () => {
      const { mqtt_config, ...others } = deviceInfo() as { mqtt_config: { topics: object } };
      const more = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`t${answers}_${index}`, `a/${index}`]));
      answers++;
      return { ...others, mqtt_config: { ...mqtt_config, topics: { ...mqtt_config.topics, ...more } } };
    };
    const world = boot({ http: deviceService(() => answer(200, info())) }, await warm());
    await world.untilState("online");
    while (!world.restarted) {
      send(world, { cmd: "reprovision" });
      await pass(world, 2 * MINUTE);
    }
    // 16 of each answer, 96 in all.
    expect(answers).toBe(7);
    expect(world.events.at(-1)).toEqual({ state: "restarting", why: "names" });
  },
);

life(
  "an application's messages have so many names; whoever sends more is told that the device restarts",
  async (stage) => {
    const world = stage.boot({}, await stage.warm(), (fresh) => {
      fresh.device = { ...fresh.device, application: { commands: { led: () => done() } } };
    });
    await world.untilState("online");
    for (let index = 0; index <= 96; index++) {
      send(world, { cmd: "led", id: index, [`n${index}`]: 1 });
      await pass(world, 200);
    }
    await pass(world, MINUTE);
    const replies = world.published.map(({ payload }) => payload).filter((payload) => payload.includes('"cmd":"led"'));
    expect(replies.at(-1)).toContain("the device restarts");
    expect(replies.filter((reply) => reply.includes('"ok":true'))).toHaveLength(96);
    expect(statesOf(world).at(-1)).toBe("restarting");
  },
);

life("messages for the agent itself, and for nobody, restart nothing whatever they name", async ({ boot, warm }) => {
  const world = boot({}, await warm());
  await world.untilState("online");
  for (let index = 0; index < 910; index++) send(world, { cmd: `c${index}`, [`n${index}`]: { [`m${index}`]: 1 } });
  await pass(world, MINUTE);
  expect(world.restarted).toBe(false);
  expect(world.state).toBe("online");
});
