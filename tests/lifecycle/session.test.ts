/** What a connected device says and hears, and what applications do with it. */

import { describe, expect } from "vitest";
import { type Application, done, refused } from "../../agent/application/application.js";
import { failed } from "../../modules/base/failure.js";
import type { Incoming } from "../../modules/mqtt/mqtt.js";
import { PREFERENCES } from "../../modules/settings/preferences.js";
import { answer, deviceInfo } from "../scripted/cloud.js";
import { ScriptedStore } from "../scripted/store.js";
import type { World } from "../scripted/world.js";
import { life, MINUTE, pass, SECOND, type Stage } from "./support.js";

type Said = Record<string, unknown>;

async function online({ boot, warm }: Stage, application: Application = {}, store?: ScriptedStore): Promise<World> {
  const world = boot({}, store ?? (await warm()), (fresh) => {
    fresh.device = { ...fresh.device, application };
  });
  await world.untilState("online");
  return world;
}

function send(world: World, message: object, change: Partial<Incoming> = {}): void {
  world.session!.options.onMessage({
    ...{ topic: "devices/550e/control", payload: JSON.stringify(message) },
    ...{ retained: false, duplicate: false, packetId: undefined },
    ...change,
  });
  world.clock.runDue();
}
const saidOn = (world: World, topic: string): Said[] =>
  world.published.filter((one) => one.topic.endsWith(topic)).map(({ payload }) => JSON.parse(payload) as Said);
const replies = (world: World) => saidOn(world, "/status").filter((said) => "ok" in said);
const statuses = (world: World) => saidOn(world, "/status").filter((said) => said.online === true);

describe("status", () => {
  life("has what an operator wants to know", async (stage) => {
    const world = await online(stage);
    await pass(world, MINUTE);
    world.session?.end(failed("connection-lost").failure);
    await world.untilState("online", 2);
    await pass(world, MINUTE + SECOND);
    expect(statuses(world).at(-1)).toEqual({
      ...{ online: true, ip_address: "192.168.1.100", rssi: -65, free_heap: 150_000, firmware_version: "1.0.0" },
      ...{ reset_reason: "power-on", reconnects: 1, uptime: expect.any(Number) },
      outbox: { queued: 0, stored: 0, dropped: 0, sent: expect.any(Number) },
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    });
  });

  life("has no timestamp while nobody has told the time", async ({ boot, warm }) => {
    const world = boot({}, await warm(), (fresh) => {
      fresh.device = { ...fresh.device, calendar: { ...fresh.device.calendar, isKnown: false } };
    });
    await world.untilState("online");
    world.clock.runDue();
    expect(statuses(world)[0]).not.toHaveProperty("timestamp");
    expect(saidOn(world, "/data")[0]).not.toHaveProperty("timestamp");
  });
});

life("heartbeats go where the service has a topic for them, more often than the status", async ({ boot, warm }) => {
  const info = deviceInfo() as { mqtt_config: { topics: object } };
  const world = boot(
    {
      http: () =>
        answer(200, {
          ...info,
          mqtt_config: {
            ...info.mqtt_config,
            topics: { ...info.mqtt_config.topics, heartbeat: "devices/550e/heartbeat" },
          },
        }),
    },
    await warm(),
  );
  await world.untilState("online", 2);
  await pass(world, 10 * MINUTE);
  const beats = saidOn(world, "/heartbeat");
  expect(beats.length).toBeGreaterThanOrEqual(19);
  expect(Object.keys(beats[0]!)).toEqual(["uptime", "timestamp"]);
});

describe("readings", () => {
  life("are taken while the broker is away, and arrive in their order when it is back", async (stage) => {
    let count = 0;
    const world = await online(stage, { read: () => ({ sensor: "count", count: ++count }) });
    await pass(world, SECOND);
    let isAway = true;
    world.script.broker = () => (isAway ? "unreachable" : undefined);
    world.session?.end(failed("connection-lost").failure);
    await pass(world, 10 * MINUTE);
    isAway = false;
    await world.untilState("online", 2);
    await pass(world, MINUTE);
    const counts = saidOn(world, "/data").map((said) => said.count);
    expect(counts.length).toBeGreaterThanOrEqual(11);
    expect(counts).toEqual(counts.map((_, index) => index + 1));
    expect(statuses(world).at(-1)).toMatchObject({ outbox: { dropped: 0 } });
  });

  life("an application that has nothing to say, or fails, ends nothing", async (stage) => {
    let turn = 0;
    const world = await online(stage, {
      read() {
        turn++;
        if (turn === 2) throw new Error("the sensor is gone");
        return turn === 3 ? undefined : { turn };
      },
    });
    await pass(world, 4 * MINUTE + SECOND);
    expect(saidOn(world, "/data").map((said) => said.turn)).toEqual([1, 4, 5]);
  });
});

describe("what an application publishes", () => {
  life("odd numbers become null, and what is no JSON is refused with a reason", async (stage) => {
    const world = await online(stage);
    expect(
      world.agent.publish("data", { a: Number.NaN, b: Number.POSITIVE_INFINITY, c: -0, d: '\ud800\u0000"' }).ok,
    ).toBe(true);
    world.clock.runDue();
    const { payload } = world.published.at(-1)!;
    expect(JSON.parse(payload)).toEqual({ a: null, b: null, c: 0, d: '\ud800\u0000"' });
    expect(payload).toContain("\\ud800");
    const cyclic: Record<string, unknown> = {};
    cyclic.self = cyclic;
    for (const content of [cyclic, { big: 1n }, [1], { toJSON: () => undefined }])
      expect(world.agent.publish("data", content)).toMatchObject({ ok: false, failure: { reason: "message-invalid" } });
    expect(world.agent.publish("data", { text: "x".repeat(2_000) })).toMatchObject({
      failure: { reason: "message-too-large" },
    });
  });

  life("what is durable outlives the power while the broker is away", async (stage) => {
    const world = await online(stage);
    world.script.broker = () => "unreachable";
    world.session?.end(failed("connection-lost").failure);
    await world.untilState("offline");
    expect(world.agent.publish("data", { event: "door opened" }, true).ok).toBe(true);
    const next = await online(stage, {}, new ScriptedStore(world.store.entries));
    await pass(next, SECOND);
    expect(saidOn(next, "/data").filter(({ event }) => event === "door opened")).toHaveLength(1);
  });
});

describe("commands", () => {
  const application: Application = {
    commands: {
      led: ({ action }) => (action === "on" ? done({ led: "on" }) : refused("action: on or off")),
      measure: async () => done(21.5),
      reboot: () => done("the application's own"),
      talkative: () => done("x".repeat(2_000)),
    },
  };

  life("of the application are answered; the agent's own names are taken", async (stage) => {
    const world = await online(stage, application);
    send(world, { cmd: "led", id: 1, action: "on" });
    send(world, { cmd: "led", id: 2 });
    send(world, { cmd: "measure", id: 3 });
    send(world, { cmd: "talkative", id: 4 });
    await pass(world, SECOND);
    expect(replies(world)).toEqual([
      { cmd: "led", id: 1, ok: true, result: { led: "on" } },
      { cmd: "led", id: 2, ok: false, error: "action: on or off" },
      { cmd: "talkative", id: 4, ok: false, error: "too large" },
      { cmd: "measure", id: 3, ok: true, result: 21.5 },
    ]);
    send(world, { cmd: "reboot" });
    await world.until(() => world.restarted);
  });

  life("status is answered with the status", async (stage) => {
    const world = await online(stage);
    send(world, { cmd: "status", id: 1 });
    expect(replies(world)).toEqual([
      { cmd: "status", id: 1, ok: true, result: expect.objectContaining({ online: true, rssi: -65 }) },
    ]);
  });

  life("set changes what it may, at once and over restarts", async (stage) => {
    const world = await online(stage);
    send(world, { cmd: "set", id: 1, settings: { dataIntervalMs: 10_000, statusIntervalMs: "20000" } });
    expect(replies(world).at(-1)).toEqual({
      ...{ cmd: "set", id: 1, ok: true },
      result: { dataIntervalMs: 10_000, statusIntervalMs: 20_000 },
    });
    const [data, status] = [saidOn(world, "/data").length, statuses(world).length];
    await pass(world, MINUTE + SECOND);
    expect(saidOn(world, "/data").length - data).toBe(6);
    expect(statuses(world).length - status).toBe(3);
    const next = await online(stage, {}, new ScriptedStore(world.store.entries));
    await pass(next, MINUTE + SECOND);
    expect(saidOn(next, "/data").length).toBeGreaterThanOrEqual(6);
    send(next, { cmd: "set", settings: { dataIntervalMs: null } });
    expect(replies(next).at(-1)).toMatchObject({ ok: true, result: { statusIntervalMs: 20_000 } });
    expect(replies(next).at(-1)!.result).not.toHaveProperty("dataIntervalMs");
  });

  for (const [settings, error] of [
    [{ url: "http://evil.example" }, /^settings: one is unknown; there are dataIntervalMs, /],
    [{ dataIntervalMs: 60_000, wifi: 1 }, /^settings: one is unknown/],
    [{ dataIntervalMs: 1 }, /^dataIntervalMs: not a value/],
    [{ dataIntervalMs: {} }, /^dataIntervalMs: not a value/],
    [{ logLevel: "shout" }, /^logLevel: not a value/],
    [undefined, /^settings: an object/],
    [[1], /^settings: an object/],
  ] as const)
    life(`set refuses ${JSON.stringify(settings)}, and changes nothing`, async (stage) => {
      const world = await online(stage);
      send(world, { cmd: "set", settings });
      expect(replies(world).at(-1)).toMatchObject({ ok: false, error: expect.stringMatching(error) });
      expect(PREFERENCES.read(world.device.store)).toBeUndefined();
    });

  life("log-level is kept, and a factory reset forgets it", async (stage) => {
    const world = await online(stage);
    send(world, { cmd: "log-level", level: "debug" });
    expect([world.device.log.level, replies(world).at(-1)!.ok]).toEqual(["debug", true]);
    send(world, { cmd: "log-level", level: 5 });
    expect(replies(world).at(-1)).toMatchObject({ ok: false, error: "level: one of quiet, normal, debug" });
    const next = await online(stage, {}, new ScriptedStore(world.store.entries));
    expect(next.device.log.level).toBe("debug");
    next.button.onWish?.("reset");
    await next.until(() => next.restarted);
    const blank = stage.boot({}, new ScriptedStore(next.store.entries));
    await blank.untilState("portal");
    expect(PREFERENCES.read(blank.device.store)).toBeUndefined();
  });

  life("reprovision asks the service again, and goes on with what it says", async (stage) => {
    const world = await online(stage);
    await world.until(() => world.requests.length === 1);
    send(world, { cmd: "reprovision", id: 9 });
    expect(replies(world).at(-1)).toEqual({ cmd: "reprovision", id: 9, ok: true });
    await world.untilState("online", 2);
    expect(world.requests.length).toBe(2);
    expect(world.events.some(({ state }) => state === "provisioning")).toBe(true);
  });
});

describe("a message that comes again", () => {
  life("is not executed twice; the same command anew is", async (stage) => {
    let count = 0;
    const world = await online(stage, { commands: { count: () => done(++count) } });
    send(world, { cmd: "count" }, { packetId: 5 });
    send(world, { cmd: "count" }, { packetId: 5, duplicate: true });
    expect(count).toBe(1);
    world.session?.end(failed("connection-lost").failure);
    await world.untilState("online", 2);
    send(world, { cmd: "count" }, { packetId: 5, duplicate: true });
    expect(count).toBe(1);
    // Another message, of which the first delivery got lost; one under an id that the broker uses again; a new one.
    send(world, { cmd: "count" }, { packetId: 6, duplicate: true });
    send(world, { cmd: "count", id: 1 }, { packetId: 5, duplicate: true });
    send(world, { cmd: "count" }, { packetId: 5 });
    expect(count).toBe(4);
  });

  life("does not restart the device once more", async (stage) => {
    const world = await online(stage);
    send(world, { cmd: "reboot" }, { packetId: 7 });
    await world.until(() => world.restarted);
    const next = await online(stage, {}, new ScriptedStore(world.store.entries));
    send(next, { cmd: "reboot" }, { packetId: 7, duplicate: true });
    await pass(next, 10 * MINUTE);
    expect(next.restarted).toBe(false);
    send(next, { cmd: "reboot" }, { packetId: 7 });
    await next.until(() => next.restarted);
  });
});

life("an application hears its topics of the provisioning answer, and when it is online", async (stage) => {
  const heard: string[] = [];
  let broker: string | undefined;
  const world = await online(stage, {
    topics: {
      data: (payload) => {
        heard.push(payload);
        throw new Error("a fault of the application");
      },
      absent: () => heard.push("absent"),
    },
    onOnline({ credentials }) {
      broker = credentials.host;
      throw new Error("another one");
    },
  });
  expect(world.session!.options.subscribe).toEqual(["devices/550e/control", "devices/550e/data"]);
  expect(broker).toBe("mqtt.example.com");
  send(world, { hello: 1 }, { topic: "devices/550e/data" });
  expect(heard).toEqual(['{"hello":1}']);
  expect(world.state).toBe("online");
});
