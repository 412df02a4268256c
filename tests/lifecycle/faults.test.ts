import { afterEach, beforeEach, describe, expect } from "vitest";
import { host } from "../../mocks/moddable/host.js";
import { guarded } from "../../modules/base/guard.js";
import type { Clock } from "../../modules/clock/clock.js";
import { SECRETS, SERVICE_URL } from "../scripted/cloud.js";
import type { World } from "../scripted/world.js";
import { HOUR, life, MINUTE, pass, statesOf, withSettings } from "./support.js";

const lines: string[] = [];
const rejections: unknown[] = [];
const onRejection = (reason: unknown) => void rejections.push(reason);
beforeEach(() => {
  lines.length = 0;
  rejections.length = 0;
  host.trace = (line) => lines.push(line);
  process.on("unhandledRejection", onRejection);
});
afterEach(() => {
  process.off("unhandledRejection", onRejection);
});

const broken = (): never => {
  throw new TypeError("broken port");
};

/** As on the device, where what a timer calls is guarded. */
function guardTimers(world: World): void {
  const { clock } = world;
  const guardedClock: Clock = {
    ticksMs: () => clock.ticksMs(),
    nowMs: () => clock.nowMs(),
    after: <T>(delayMs: number, task: (target: T) => void, target?: T) =>
      clock.after(delayMs, guarded("timer", task), target as T),
    every: (intervalMs, task, target) => clock.every(intervalMs, guarded("timer", task), target),
    cancel: (timer) => clock.cancel(timer),
  };
  world.device = { ...world.device, clock: guardedClock };
}

async function endsInRestart(world: World): Promise<void> {
  await world.until(() => world.restarted);
  expect(world.events.at(-2)).toMatchObject({ state: "failed", reason: "internal" });
  expect(world.events.at(-1)).toEqual({ state: "restarting", why: "fault" });
  // A pause before it: a fault at each boot must not spin.
  expect(world.clock.ticksMs()).toBeGreaterThanOrEqual(500);
  expect(lines.join("")).toContain("broken port");
  expect(rejections).toEqual([]);
}

describe("a port that throws: a named failure, then a restart", () => {
  const cases: [string, "blank" | "warm", (world: World) => void][] = [
    [
      "the flash",
      "warm",
      (world) => {
        world.store.get = broken;
      },
    ],
    [
      "the scan",
      "blank",
      (world) => {
        world.device.wifi.scan = broken;
      },
    ],
    [
      "the access point",
      "blank",
      (world) => {
        world.device.wifi.openAccessPoint = broken;
      },
    ],
    [
      "the portal's port",
      "blank",
      (world) => {
        world.device = { ...world.device, serveHttp: broken };
      },
    ],
    [
      "the DNS port",
      "blank",
      (world) => {
        world.device = { ...world.device, serveUdp: broken };
      },
    ],
    [
      "joining",
      "warm",
      (world) => {
        world.device.wifi.join = broken;
      },
    ],
    [
      "the broker's client",
      "warm",
      (world) => {
        world.device = { ...world.device, mqtt: broken };
      },
    ],
    [
      "the first status",
      "warm",
      (world) => {
        world.device.wifi.status = broken;
      },
    ],
  ];
  for (const [name, flash, breakIt] of cases)
    life(name, async ({ boot, warm }) => {
      await endsInRestart(boot({}, flash === "warm" ? await warm() : undefined, breakIt));
    });

  life("the HTTP client, while provisioning", async ({ boot }) => {
    await endsInRestart(boot({ http: broken }, withSettings()));
  });

  life("the flash, while the portal stores: the page tells, and the portal goes on", async ({ boot }) => {
    const world = boot({});
    await world.untilState("portal");
    world.store.set = broken;
    world.fillIn({ ssid: "Home", password: SECRETS.wifi, url: SERVICE_URL });
    await world.until(() => world.phase === "failed");
    expect(world.visit({}).body).toContain('data-reason="storage-full"');
    await pass(world, MINUTE);
    expect([world.accessPoint, world.restarted]).toEqual(["ESP32-EEFF", false]);
  });
});

describe("a fault while online is not silence", () => {
  const statusesOf = (world: World) =>
    world.published.filter(({ payload }) => payload.includes('"online":true')).length;

  life("in one status: the next ones come, or the device starts over", async ({ boot, warm }) => {
    const world = boot({}, await warm(), guardTimers);
    await world.untilState("online");
    const { status } = world.device.wifi;
    world.device.wifi.status = broken;
    await pass(world, 2 * MINUTE);
    world.device.wifi.status = status;
    expect(lines.join("")).toContain("broken port");
    const before = statusesOf(world);
    await pass(world, 10 * MINUTE);
    expect(world.restarted || statusesOf(world) >= before + 5).toBe(true);
  });

  life("in a refresh: it is reported, nothing is left unhandled, the session goes on or starts over", async (stage) => {
    const world = stage.boot({ http: broken }, await stage.warm(), guardTimers);
    await world.untilState("online");
    await pass(world, HOUR);
    expect(world.requests.length).toBeGreaterThan(0);
    expect(rejections).toEqual([]);
    expect(lines.join("")).toContain("broken port");
    expect(world.restarted || world.state === "online").toBe(true);
  });

  life("in a message's handler: the session goes on", async ({ boot, warm }) => {
    const world = boot({}, await warm(), guardTimers);
    await world.untilState("online");
    world.device.clock.after(0, () => {
      world.device.log.note = broken;
      world.session!.options.onMessage({
        topic: "t",
        payload: '{"cmd":"ping"}',
        retained: false,
        duplicate: false,
        packetId: undefined,
      });
    });
    await pass(world, MINUTE);
    expect(world.state).toBe("online");
    expect(statusesOf(world)).toBeGreaterThanOrEqual(2);
  });
});

life(
  "faults at every boot are paused, never a spinning device nor an open one, and after five of them it is safe",
  async ({ boot, warm }) => {
    const store = await warm();
    for (let boots = 0; boots < 8; boots++) {
      const breakJoin = (fresh: World) => {
        fresh.device.wifi.join = broken;
      };
      const world = boot({}, store, breakJoin, { resetReason: boots === 0 ? "power-on" : "software" });
      await world.until(() => world.restarted);
      expect(world.clock.ticksMs()).toBeGreaterThanOrEqual(500);
      expect(world.clock.ticksMs()).toBeLessThan(HOUR + MINUTE);
      expect(statesOf(world)).not.toContain("portal");
      expect(statesOf(world).includes("safe")).toBe(boots >= 5);
    }
  },
);
