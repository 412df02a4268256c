import { describe, expect } from "vitest";
import { failed } from "../../modules/base/failure.js";
import { PREFERENCES } from "../../modules/settings/preferences.js";
import type { Diagnosis, StorageRepair } from "../../modules/system/system.js";
import { answer, deviceInfo, deviceService, SECRETS, SERVICE_URL } from "../scripted/cloud.js";
import { ScriptedStore } from "../scripted/store.js";
import type { World } from "../scripted/world.js";
import { DAY, HOUR, life, pass, SECOND, type Stage, statesOf, storedIn } from "./support.js";

async function online({ boot, warm }: Stage): Promise<World> {
  const world = boot({}, await warm());
  await world.untilState("online");
  return world;
}

function send(world: World, message: unknown, retained = false): void {
  world.session!.options.onMessage({
    topic: "devices/550e/control",
    payload: typeof message === "string" ? message : JSON.stringify(message),
    retained,
    duplicate: false,
    packetId: undefined,
  });
  world.clock.runDue();
}
const said = (world: World) => world.published.map(({ payload }) => JSON.parse(payload) as Record<string, unknown>);

life("ping is answered on the status topic, not retained", async (stage) => {
  const world = await online(stage);
  send(world, { cmd: "ping", id: "a-1" });
  const { topic, retain = false } = world.published.at(-1)!;
  expect([topic, retain]).toEqual(["devices/550e/status", false]);
  expect(said(world).at(-1)).toMatchObject({ cmd: "ping", id: "a-1", ok: true, result: "pong" });
});

const DIAGNOSIS: Diagnosis = {
  ...{ free_heap: 174_080, minimum_free_heap: 163_840, largest_free_block: 98_304 },
  ...{ slots: 4_900, slots_peak: 4_900, chunk_bytes: 78_800, chunk_bytes_peak: 78_800, stack_peak: 512 },
  ...{ storage_entries_free: 1_890, wifi_reason: 205 },
  crashes: { row: 99, crash: 255, watchdog: 255, brownout: 255, abort: 255 },
  before: Array(10).fill("offline broker-credentia"),
};

describe("diagnose", () => {
  const repair: StorageRepair = { error: "0x110d", isNew: false, isFromCopy: false };

  life("tells how the machine is, and what was before the restart", async (stage) => {
    const world = stage.boot({}, await stage.warm(), undefined, {
      ...{ resetReason: "abort-memory", system: { diagnose: () => DIAGNOSIS, storageRepair: () => repair } },
    });
    await world.untilState("online");
    send(world, { cmd: "diagnose", id: "a".repeat(64) });
    await pass(world, SECOND);
    const { id: _, ...answer } = said(world).find(({ cmd }) => cmd === "diagnose")!;
    expect(answer).toEqual({
      ...{ cmd: "diagnose", ok: true },
      result: {
        ...DIAGNOSIS,
        ...{ reset_reason: "abort-memory", storage_repaired: "0x110d", uptime: expect.any(Number) },
      },
    });
    expect(said(world).find((one) => one.online)).toMatchObject({ storage_repaired: "0x110d" });
  });

  life("where there is no chip the agent says what it knows", async (stage) => {
    const world = await online(stage);
    send(world, { cmd: "diagnose" });
    expect(said(world).at(-1)?.result).toEqual({
      ...{ reset_reason: "power-on", uptime: expect.any(Number) },
    });
  });
});

const ERASED = "storage: it was damaged (0x1110) and is erased, but for what the factory wrote";
const COPIED = "storage: what the factory wrote was damaged, and is there again from its copy";

life("what was done to the storage in this start is told on the console, once", async (stage) => {
  for (const [isNew, isFromCopy, told] of [
    [true, false, [ERASED]],
    [true, true, [ERASED, COPIED]],
    [false, true, [COPIED]],
    [false, false, []],
  ] as const) {
    const world = stage.boot({}, await stage.warm(), undefined, {
      system: { storageRepair: () => ({ error: "0x1110", isNew, isFromCopy }) },
    });
    await world.untilState("online");
    expect(world.notes.filter((note) => note.startsWith("storage: "))).toEqual(told);
  }
});

life("status once a minute, not retained; data comes as often as the build says", async (stage) => {
  const world = await online(stage);
  await pass(world, HOUR);
  const online_ = world.published.filter(({ topic }) => topic.endsWith("/status"));
  expect(online_.every(({ retain }) => !retain)).toBe(true);
  expect(online_.length).toBeGreaterThanOrEqual(60);
  expect(online_.length).toBeLessThanOrEqual(62);
  expect(JSON.parse(online_.at(-1)!.payload)).toMatchObject({
    ...{ online: true, ip_address: "192.168.1.100", rssi: -65, free_heap: 150_000 },
  });
  expect(JSON.parse(online_.at(-1)!.payload).uptime).toBeGreaterThan(3_500);
  const data = world.published.filter(({ topic }) => topic.endsWith("/data"));
  expect(data.length).toBeGreaterThanOrEqual(60);
  expect(data.every(({ retain }) => !retain)).toBe(true);
});

life(
  "the will says offline where the status says online; what older firmware retained there is cleared once",
  async (stage) => {
    const world = await online(stage);
    const { will, subscribe, keepAliveMs } = world.session!.options;
    expect(will).toEqual({ topic: "devices/550e/status", payload: '{"online":false}', retain: false });
    expect(subscribe).toEqual(["devices/550e/control"]);
    expect(keepAliveMs).toBeGreaterThanOrEqual(30_000);
    expect(world.broker.cleared).toEqual(["devices/550e/status"]);
    world.session!.end(failed("connection-lost").failure);
    await world.untilState("offline");
    await world.untilState("online");
    expect(world.broker.cleared).toHaveLength(1);
  },
);

life("set takes the place's offset from UTC, for the window of updates, and nothing that is none", async (stage) => {
  const world = await online(stage);
  const settings = { updateWindow: "02:00-05:00", utcOffsetMinutes: -210 };
  send(world, { cmd: "set", settings });
  expect(said(world).at(-1)).toMatchObject({ ok: true, result: settings });
  for (const utcOffsetMinutes of [841, -721, 1.5, "Asia/Shanghai"]) {
    send(world, { cmd: "set", settings: { utcOffsetMinutes } });
    expect(said(world).at(-1)).toMatchObject({ ok: false, error: "utcOffsetMinutes: not a value for it" });
  }
  const next = stage.boot({}, new ScriptedStore(world.store.entries));
  expect(PREFERENCES.read(next.device.store)).toMatchObject(settings);
});

describe("flash is written for an operator ten times at once, then once a minute", () => {
  /** @returns the answer, which goes out when the one before it has arrived */
  async function ask(world: World, message: object): Promise<unknown> {
    send(world, message);
    await pass(world, 300);
    return said(world).findLast((reply) => "cmd" in reply);
  }
  const set = (dataIntervalMs: number) => ({ cmd: "set", settings: { dataIntervalMs } });

  life("more is too soon, and changes nothing", async (stage) => {
    const world = await online(stage);
    for (let n = 0; n < 10; n++) {
      expect(await ask(world, set(10_000 + n))).toMatchObject({ ok: true });
    }
    await pass(world, 5_000); // the start is over
    const before = world.store.operations;
    for (let n = 0; n < 20; n++) {
      const message = n % 2 ? set(20_000 + n) : { cmd: "log-level", level: "debug" };
      expect(await ask(world, message)).toMatchObject({ ok: false, error: "too soon" });
    }
    expect(await ask(world, { cmd: "reprovision" })).toMatchObject({ ok: false, error: "too soon" });
    expect([world.store.operations, world.state]).toEqual([before, "online"]);
    expect(PREFERENCES.read(world.device.store)).toEqual({ dataIntervalMs: 10_009 });
    await pass(world, 61_000);
    expect(await ask(world, set(30_000))).toMatchObject({ ok: true });
    expect(await ask(world, set(40_000))).toMatchObject({ ok: false });
  });

  life(
    "the service is asked as often as somebody likes where it answers the same, ten times where it does not",
    async (stage) => {
      let answers = 0;
      let isOther = false;
      const info = () => answer(200, deviceInfo(isOther ? `password ${answers++}` : undefined));
      const world = stage.boot({ http: deviceService(info), broker: () => undefined }, await stage.warm());
      await world.untilState("online");
      const asked = () => ask(world, { cmd: "reprovision" });
      const again = () => world.untilState("online", world.events.filter(({ state }) => state === "online").length + 1);
      for (let n = 0; n < 15; n++) {
        expect(await asked()).toMatchObject({ ok: true });
        await again();
      }
      isOther = true;
      const refusals: unknown[] = [];
      for (let n = 0; n < 15 && refusals.length === 0; n++) {
        const reply = (await asked()) as { ok: boolean };
        if (reply.ok) await again();
        else refusals.push(reply);
      }
      expect(refusals).toEqual([expect.objectContaining({ error: "too soon" })]);
      // A write comes back each minute.
      expect(answers).toBeGreaterThanOrEqual(10);
      expect(answers).toBeLessThanOrEqual(12);
    },
  );

  life("what changes nothing is not written, and costs none of them", async (stage) => {
    const world = await online(stage);
    await pass(world, 10_000); // the start is over
    await ask(world, { cmd: "set", settings: { updateWindow: "02:00-05:00", dataIntervalMs: 10_000 } });
    const before = world.store.operations;
    for (let n = 0; n < 30; n++) {
      const settings = { dataIntervalMs: 10_000, updateWindow: "02:00-05:00" };
      expect(await ask(world, { cmd: "set", settings })).toMatchObject({ ok: true });
    }
    expect(world.store.operations).toBe(before);
  });
});

describe("reboot", () => {
  for (const message of [
    { cmd: "reboot", id: 9 },
    { type: "system", command: "reboot" },
  ])
    life(`${JSON.stringify(message)} is confirmed, then obeyed`, async (stage) => {
      const world = await online(stage);
      send(world, message);
      expect(said(world).at(-1)).toMatchObject({ cmd: "reboot", ok: true });
      expect(world.restarted).toBe(false);
      await world.until(() => world.restarted);
      expect(world.events.at(-1)).toEqual({ state: "restarting", why: "command" });
      const next = stage.boot({}, world.store);
      await next.untilState("online");
    });
});

describe("portal", () => {
  async function portalAsked(stage: Stage): Promise<World> {
    const first = await online(stage);
    send(first, { cmd: "portal" });
    await first.until(() => first.restarted);
    const second = stage.boot({}, new ScriptedStore(first.store.entries));
    await second.untilState("portal");
    return second;
  }

  life("opens after the restart, with the settings kept", async (stage) => {
    const world = await portalAsked(stage);
    expect(statesOf(world)).toEqual(["portal"]);
    expect(storedIn(world)).toMatchObject({ ssid: "Home", password: SECRETS.wifi, url: `${SERVICE_URL}/` });
    expect(world.visit({}).body).toContain('value="Home"');
  });

  life("is asked for once: the boot after goes online", async (stage) => {
    const second = await portalAsked(stage);
    const third = stage.boot({}, new ScriptedStore(second.store.entries));
    await third.untilState("online");
    expect(statesOf(third)).not.toContain("portal");
  });

  life("stays open long enough for a person to get there, with the network in reach", async (stage) => {
    const world = await portalAsked(stage);
    await pass(world, 60_000);
    expect(statesOf(world)).toEqual(["portal"]);
  });

  life("ends by itself when nobody comes: the device goes back online", async (stage) => {
    const world = await portalAsked(stage);
    await world.untilState("online");
    expect(world.clock.ticksMs()).toBeLessThan(HOUR);
  });
});

life("what is no command changes nothing", async (stage) => {
  const world = await online(stage);
  world.clock.runDue();
  const before = world.published.length;
  for (const message of [
    "",
    "null",
    "[]",
    "{",
    "reboot",
    { cmd: 1 },
    { type: "mcp", payload: { method: "initialize" } },
    "x".repeat(5_000),
  ])
    send(world, message);
  expect(world.published.length).toBe(before);
  send(world, { cmd: "format" });
  expect(said(world).at(-1)).toMatchObject({ cmd: "format", ok: false, error: "unknown command" });
  await pass(world, DAY / 4);
  expect([world.state, world.restarted]).toEqual(["online", false]);
});

life("a retained command is dropped: it would come again after each restart", async (stage) => {
  const world = await online(stage);
  send(world, { cmd: "reboot", id: 1 }, true);
  send(world, { cmd: "ping", id: 2 });
  await world.until(() => said(world).some(({ cmd }) => cmd === "ping"));
  expect(said(world).some(({ cmd }) => cmd === "reboot")).toBe(false);
  expect(world.isOff).toBe(false);
});
