/** Crashes in a row are counted, nothing is opened for them, and the device comes back by itself. */

import { describe, expect } from "vitest";
import type { Updates } from "../../modules/update/update.js";
import { answer, deviceInfo, deviceService } from "../scripted/cloud.js";
import { collectOffers } from "../scripted/offers.js";
import { isSafelyOnline, toldOf } from "../scripted/safe.js";
import { ScriptedStore } from "../scripted/store.js";
import type { World } from "../scripted/world.js";
import { HOUR, life, MINUTE, pass, SECOND, type Stage, statesOf, storedIn, withSettings } from "./support.js";

const TOPIC = "devices/550e/control";
/** The broker keeps messages while the device is away. */
const info = deviceInfo() as { mqtt_config: object };
const persistent = { ...info, mqtt_config: { ...info.mqtt_config, clean_session: false } };
const PERSISTENT = { http: deviceService(() => answer(200, persistent)) };

/** As a message does that ends the machine before it is acknowledged. */
function crashesOnMessages(world: World): void {
  const { mqtt } = world.device;
  world.device = {
    ...world.device,
    mqtt: (options) => mqtt(Object.assign(Object.create(options), { onMessage: () => world.cutNow() })),
  };
}

/** The start after a crash, at the same broker. */
function startAfter(
  { boot }: Stage,
  before: World,
  resetReason = "software",
  prepare: (world: World) => void = crashesOnMessages,
): World {
  const takeBroker = (world: World) => {
    world.broker.kept = before.broker.kept;
    prepare(world);
  };
  return boot(PERSISTENT, new ScriptedStore(before.store.entries), takeBroker, { resetReason });
}

/** Crashes in a row. @returns the start after the last of them */
async function crashed(stage: Stage, times: number, resetReason?: string): Promise<World> {
  let world = stage.boot(PERSISTENT, withSettings(), crashesOnMessages);
  await world.untilState("online");
  for (let n = 0; n < 19; n++) world.broker.send(TOPIC, `{"cmd":"end","id":${n}}`);
  for (let crashes = 1; ; crashes++) {
    await world.until(() => world.isOff);
    expect(statesOf(world)).not.toContain("portal");
    expect(world.clock.ticksMs()).toBeLessThan(8 * SECOND);
    world = startAfter(stage, world, resetReason);
    if (crashes === times) return world;
  }
}

describe("messages that end the machine come again and again", () => {
  for (const reason of ["software", "panic", "task-watchdog", "brownout"])
    life(
      `${reason}: after five crashes it is safe and online without them, and in full after an hour`,
      async (stage) => {
        const world = await crashed(stage, 5, reason);
        await world.until(() => toldOf(world).length === 2);
        expect(toldOf(world)).toEqual([
          { state: "safe", retryMs: 0 },
          { state: "safe", broker: "mqtt.example.com:1883" },
        ]);
        expect(world.session?.options.cleanSession).toBe(true);
        await pass(world, HOUR - MINUTE);
        expect([world.isOff, world.state, world.accessPoint, world.requests]).toEqual([false, "safe", undefined, []]);
        await world.untilState("online");
        expect(world.clock.ticksMs()).toBeLessThan(1.25 * HOUR + 2 * MINUTE);
        expect(world.notes.filter((note) => note.startsWith("safe: "))).toHaveLength(3);
        expect(world.session?.options.cleanSession).toBe(false);
        await pass(world, MINUTE);
        expect([world.isOff, world.state, world.store.get("starts")]).toEqual([false, "online", undefined]);
        expect(storedIn(world)).toMatchObject({ ssid: "Home" });
        // From now on the broker keeps the session, as before.
        world.session?.end({ reason: "broker-closed" });
        await world.untilState("online", 2);
        expect(world.session?.sessionPresent).toBe(true);
      },
    );

  life("four are not enough", async (stage) => {
    const world = await crashed(stage, 4);
    await world.until(() => world.isOff);
    expect(statesOf(world)).not.toContain("safe");
  });

  life("whoever goes on sending gets longer pauses, of an hour at most", async (stage) => {
    let world = await crashed(stage, 5);
    const pauses: number[] = [];
    for (let round = 0; round < 8; round++) {
      await world.until(() => isSafelyOnline(world));
      const [{ retryMs = Number.NaN } = {}] = toldOf(world);
      expect([world.accessPoint, world.requests]).toEqual([undefined, []]);
      expect(world.joins[0]!.atMs).toBeGreaterThan(retryMs);
      pauses.push(retryMs);
      world.broker.send(TOPIC, "again");
      await world.until(() => world.isOff);
      world = startAfter(stage, world);
    }
    const [none, first = 0, ...more] = pauses;
    expect(none).toBe(0);
    expect(first).toBeGreaterThanOrEqual(2.5 * MINUTE);
    expect(first).toBeLessThanOrEqual(5 * MINUTE);
    expect(more.every((pauseMs) => pauseMs > first && pauseMs <= HOUR)).toBe(true);
    expect(Math.max(...more)).toBeGreaterThanOrEqual(HOUR / 2);
  });
});

describe("a crash", () => {
  life("of a start that lived for a minute is none of a row", async (stage) => {
    let world = stage.boot({}, await stage.warm());
    for (let crashes = 0; crashes < 8; crashes++) {
      await pass(world, MINUTE + SECOND);
      expect(world.state).toBe("online");
      world = startAfter(stage, world, "panic", () => {});
    }
  });

  life("between two starts with the power begins their row anew", async (stage) => {
    const { entries } = await stage.warm();
    for (const resetReason of ["power-on", "power-on", "panic", "power-on", "power-on"]) {
      const world = stage.boot({}, new ScriptedStore(entries), undefined, { resetReason });
      await pass(world, 5 * SECOND);
      expect(world.state).toBe("online");
    }
  });

  life("of an image on trial is not held against the one before it", async (stage) => {
    const store = await stage.warm();
    const onTrial = (world: World): Updates => ({ ...collectOffers(world), status: { version: "2", state: "trial" } });
    for (let starts = 0; starts < 6; starts++) {
      const world = stage.boot({}, store, undefined, { resetReason: "panic", updates: onTrial });
      await pass(world, 5 * SECOND);
      expect([world.state, store.get("starts")]).toEqual(["online", undefined]);
    }
  });
});

describe("a row of crashes", () => {
  life("is kept in flash by its causes", async (stage) => {
    const store = await stage.warm();
    const causes = ["panic", "task-watchdog", "brownout", "abort-memory", "software", "cpu-lockup"];
    for (const resetReason of ["panic", ...causes]) {
      const world = stage.boot({}, store, undefined, { resetReason });
      await pass(world, SECOND);
    }
    expect(store.get("starts")).toBe("cpwbafp");
  });

  life("is seen where flash takes none of it, but memory without power does", async (stage) => {
    const store = await stage.warm();
    store.full = true;
    let isSound = false;
    const sound = () => {
      isSound = true;
    };
    const world = stage.boot({}, store, undefined, {
      ...{ resetReason: "abort-exception", system: { crashes: () => 5, sound } },
    });
    await world.untilState("safe");
    await pass(world, MINUTE - SECOND);
    expect(isSound).toBe(false);
    await pass(world, 2 * SECOND);
    expect([isSound, world.state]).toEqual([true, "safe"]);
    await world.untilState("online");
  });
});

life("a flash that takes no count does not keep the device from starting", async (stage) => {
  const store = await stage.warm();
  store.full = true;
  const world = stage.boot({}, store, undefined, { resetReason: "software" });
  await world.untilState("online");
});
