import { describe, expect } from "vitest";
import { failed, type Reason } from "../../modules/base/failure.js";
import { answer, deviceInfo } from "../scripted/cloud.js";
import type { Script } from "../scripted/script.js";
import type { World } from "../scripted/world.js";
import { DAY, HOUR, life, MINUTE, mostInAMinute, pass, reasonsOf, type Stage, statesOf } from "./support.js";

interface Watched {
  world: World;
  /** When the broker was asked, and when the service was. */
  connects: number[];
  queries: number[];
}

/** A device that was online, and a broker that answers like this. */
async function watched({ boot, warm }: Stage, script: Partial<Script>): Promise<Watched> {
  const connects: number[] = [];
  const queries: number[] = [];
  const world = boot(
    {
      ...script,
      broker: (options) => {
        connects.push(world.clock.ticksMs());
        return script.broker?.(options);
      },
      http: (request) => {
        queries.push(world.clock.ticksMs());
        return script.http?.(request) ?? answer(200, deviceInfo());
      },
    },
    await warm(),
  );
  return { world, connects, queries };
}

const refusing = (reason: Reason) => ({ broker: () => reason });

describe("a broker that refuses the credentials", () => {
  life("has the service asked at once, once; then with growing pauses", async (stage) => {
    const { world, connects, queries } = await watched(stage, refusing("broker-credentials"));
    await world.until(() => queries.length === 1);
    expect(world.clock.ticksMs() - connects[0]!).toBeLessThan(1_000);
    await world.until(() => queries.length === 2);
    expect(queries[1]! - queries[0]!).toBeGreaterThan(8_000);
    await pass(world, DAY);
    expect(connects.length).toBeGreaterThan(20);
    expect(connects.length).toBeLessThan(150);
    expect(queries.length).toBeGreaterThan(20);
    expect(queries.length).toBeLessThan(150);
    expect(mostInAMinute(queries)).toBeLessThanOrEqual(5);
    const late = queries.slice(-20);
    expect((late.at(-1)! - late[0]!) / (late.length - 1)).toBeGreaterThan(10 * MINUTE);
  });

  life("takes new ones that the service gives: online without a pause", async (stage) => {
    const { world } = await watched(stage, {
      broker: ({ password }) => (password.reveal() === "fresh" ? undefined : "broker-credentials"),
      http: () => answer(200, deviceInfo("fresh")),
    });
    await world.untilState("online");
    expect(statesOf(world)).not.toContain("offline");
    expect(world.clock.ticksMs()).toBeLessThan(10_000);
  });

  life("while the service is down: both are asked less and less", async (stage) => {
    const script = { ...refusing("broker-credentials"), http: () => failed("unreachable") };
    const { world, connects, queries } = await watched(stage, script);
    await pass(world, DAY);
    expect(connects.length).toBeLessThan(1_000);
    expect(queries.length).toBeLessThan(1_000);
    // The service's own limit is ten a minute.
    expect(mostInAMinute(queries)).toBeLessThanOrEqual(9);
    expect(reasonsOf(world, "failed")).toContain("unreachable");
  });

  life("for a device that the service does not know any more: no flood either", async (stage) => {
    const script = { ...refusing("broker-credentials"), http: () => answer(404, { detail: "Device not found" }) };
    const { world, connects, queries } = await watched(stage, script);
    await pass(world, DAY);
    expect(connects.length).toBeLessThan(150);
    expect(mostInAMinute(queries)).toBeLessThanOrEqual(5);
    expect(reasonsOf(world, "failed")).toContain("not-registered");
  });
});

describe.each<Reason>(["unreachable", "timeout", "name-unknown", "broker-busy", "connection-lost"])("%s", (reason) => {
  life("for a day: tried at least every few minutes, never a flood, the service asked now and then", async (stage) => {
    const { world, connects, queries } = await watched(stage, refusing(reason));
    await pass(world, DAY);
    expect(reasonsOf(world, "offline")[0]).toBe(reason);
    expect(connects.length).toBeGreaterThan(200);
    expect(connects.length).toBeLessThan(1_500);
    expect(mostInAMinute(connects)).toBeLessThanOrEqual(12);
    expect(queries.length).toBeGreaterThan(20);
    expect(queries.length).toBeLessThan(400);
    expect(mostInAMinute(queries)).toBeLessThanOrEqual(5);
    const late = connects.slice(-50);
    for (const [index, time] of late.slice(1).entries()) expect(time - late[index]!).toBeLessThanOrEqual(12 * MINUTE);
  });
});

life("a broker that comes back is found within ten minutes, after however long", async (stage) => {
  const broker = { isUp: false };
  const { world } = await watched(stage, { broker: () => (broker.isUp ? undefined : "unreachable") });
  await pass(world, DAY);
  broker.isUp = true;
  const backMs = world.clock.ticksMs();
  await world.untilState("online");
  expect(world.clock.ticksMs() - backMs).toBeLessThan(10 * MINUTE);
});

describe("a broker that closes each connection without a word", () => {
  life("before it is up counts as a refusal after some in a row: the service is asked", async (stage) => {
    const { world, connects, queries } = await watched(stage, refusing("broker-closed"));
    await world.until(() => queries.length > 0);
    expect(connects.length).toBeLessThanOrEqual(4);
    await pass(world, DAY);
    expect(connects.length).toBeLessThan(1_500);
    expect(queries.length).toBeLessThan(1_500);
  });

  // The open gateway says CONNACK 0 before it has looked at the password, and takes sessions without a subscription.
  life("right after it was up: the pauses grow, and the service is asked", async (stage) => {
    const { world, connects, queries } = await watched(stage, {
      broker: () => {
        world.clock.after(100, () => world.session?.end(failed("broker-closed").failure));
        return undefined;
      },
    });
    await pass(world, 6 * HOUR);
    expect(connects.length).toBeLessThan(500);
    expect(mostInAMinute(connects.slice(20))).toBeLessThanOrEqual(10);
    expect(queries.length).toBeGreaterThan(0);
  });
});

life("a session that held for an hour starts with short pauses again", async (stage) => {
  const { world, connects } = await watched(stage, {});
  for (let ends = 1; ends <= 5; ends++) {
    await world.untilState("online", ends);
    await pass(world, HOUR);
    world.session?.end(failed("connection-lost").failure);
    const endMs = world.clock.ticksMs();
    await world.untilState("online", ends + 1);
    expect(connects.at(-1)! - endMs).toBeLessThan(5_000);
  }
});
