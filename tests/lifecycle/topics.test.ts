/** Which topics an application may publish to. */
import { expect } from "vitest";
import { ScriptedStore } from "../scripted/store.js";
import { life } from "./support.js";

life(
  "a topic that the service has not given is an error, and those that it has can be asked for",
  async ({ boot, warm }) => {
    const blank = boot({}, new ScriptedStore());
    expect(blank.agent.topics).toBeUndefined();
    expect(blank.agent.publish("event", {}).ok).toBe(true);
    const world = boot({}, await warm());
    await world.untilState("online");
    const { agent } = world;
    expect([...agent.topics!].sort()).toEqual(["control", "data", "status"]);
    for (const topic of ["event", "constructor", "__proto__", ""])
      for (const durable of [false, true])
        expect(agent.publish(topic, {}, durable)).toMatchObject({
          failure: { reason: "topic-unknown", detail: topic },
        });
    expect(agent.publish("data", {}).ok).toBe(true);
  },
);
