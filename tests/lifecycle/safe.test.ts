/** The safe state: what the device does in it, and what it does not. */

import { describe, expect } from "vitest";
import type { Application } from "../../agent/application/application.js";
import { SETTINGS } from "../../modules/settings/settings.js";
import type { Updates } from "../../modules/update/update.js";
import { answer, deviceInfo, deviceService, SECRETS, SERVICE_URL } from "../scripted/cloud.js";
import { collectOffers } from "../scripted/offers.js";
import { ask, isSafelyOnline, toldOf } from "../scripted/safe.js";
import { ScriptedStore } from "../scripted/store.js";
import type { World } from "../scripted/world.js";
import {
  HOUR,
  knownNetwork,
  life,
  MINUTE,
  pass,
  SECOND,
  type Stage,
  safeStart,
  startAfter,
  statesOf,
  withSettings,
} from "./support.js";

const URL = `${SERVICE_URL}/`;

function isPublished(world: World, text: string): boolean {
  return world.published.some(({ payload }) => payload.includes(text));
}

describe("in the safe state", () => {
  life("status, diagnose, ping and reboot are obeyed", async (stage) => {
    const world = safeStart(stage, await stage.warm());
    await world.until(() => isSafelyOnline(world));
    expect(await ask(world, "ping")).toMatchObject({ ok: true, result: "pong" });
    expect(await ask(world, "status")).toMatchObject({ ok: true, result: { online: true, safe: true } });
    expect(await ask(world, "diagnose")).toMatchObject({ ok: true, result: { reset_reason: "panic" } });
    expect(await ask(world, "reboot")).toMatchObject({ ok: true });
    await world.until(() => world.restarted);
    const next = startAfter(stage, world);
    await next.untilState("online");
    expect(statesOf(next)).not.toContain("safe");
  });

  life("no other command is, the application's included", async (stage) => {
    const led = () => {
      throw new Error("it is called");
    };
    const world = safeStart(stage, await stage.warm(), {}, ({ device }) => {
      device.application = { commands: { led } };
    });
    await world.until(() => isSafelyOnline(world));
    for (const cmd of ["led", "set", "log-level", "portal", "reprovision", "rotate", "nonsense"])
      expect(await ask(world, cmd)).toMatchObject({ cmd, ok: false, error: "safe" });
    expect(world.restarted).toBe(false);
  });

  life("the application is not there, and what waits is delivered in full after the hour", async (stage) => {
    const told: string[] = [];
    const tell = (what: string) => () => void told.push(what);
    const application: Application = {
      onStart: tell("start"),
      onOnline: tell("online"),
      read: () => ({ told: told.push("read") }),
      topics: { data: tell("data") },
    };
    const before = stage.boot({}, await stage.warm());
    await before.until(() => before.agent !== undefined);
    before.agent.publish("data", { n: 1 }, true);
    before.cutNow();
    const world = safeStart(stage, before.store, {}, ({ device }) => {
      device.application = application;
    });
    await world.until(() => isSafelyOnline(world));
    expect(world.session?.options.subscribe).toEqual(["devices/550e/control"]);
    expect(world.agent.publish("data", { n: 2 })).toMatchObject({ failure: { reason: "safe" } });
    expect(world.agent.publish("data", { n: 3 }, true)).toMatchObject({ failure: { reason: "safe" } });
    await pass(world, HOUR - MINUTE);
    expect(told).toEqual([]);
    expect(isPublished(world, '"n":')).toBe(false);
    await world.untilState("online");
    await world.until(() => isPublished(world, '"n":1'));
    await pass(world, MINUTE);
    expect(told.slice(0, 1)).toEqual(["start"]);
    expect(new Set(told)).toEqual(new Set(["start", "online", "read"]));
    expect(world.session?.options.subscribe).toContain("devices/550e/data");
    expect(await ask(world, "log-level")).not.toMatchObject({ error: "safe" });
  });

  life("the broker goes away and comes back", async (stage) => {
    const world = safeStart(stage, await stage.warm());
    await world.until(() => isSafelyOnline(world));
    world.session?.end({ reason: "connection-lost" });
    await world.until(() => toldOf(world).filter(({ broker }) => broker !== undefined).length === 2);
    expect(toldOf(world)[2]).toMatchObject({ reason: "connection-lost" });
    world.loseWiFi();
    await world.until(() => toldOf(world).filter(({ broker }) => broker !== undefined).length === 3);
    expect(await ask(world, "ping")).toMatchObject({ ok: true });
    expect(statesOf(world)).not.toContain("offline");
  });

  life("a broker that was away for long, and has been there for a while, is tried again soon", async (stage) => {
    let isAway = true;
    const world = safeStart(stage, await stage.warm(), { broker: () => (isAway ? "unreachable" : undefined) });
    await pass(world, 20 * MINUTE);
    isAway = false;
    await world.until(() => isSafelyOnline(world));
    await pass(world, 2 * MINUTE);
    world.session?.end({ reason: "connection-lost" });
    await world.until(() => toldOf(world).at(-1)?.reason === "connection-lost");
    expect(toldOf(world).at(-1)!.retryMs).toBeLessThan(3 * SECOND);
  });

  life("no pause is longer than the hour", async (stage) => {
    let isDamaged = true;
    const world = safeStart(stage, await stage.warm(), { broker: () => (isDamaged ? "tls-own-key" : undefined) });
    await world.untilState("connecting");
    isDamaged = false;
    await world.untilState("online");
    expect(world.clock.ticksMs()).toBeLessThan(1.25 * HOUR + MINUTE);
  });

  life("no network opens a portal, and one that is back is joined", async (stage) => {
    let isAway = true;
    const join = () => (isAway ? "wifi-not-found" : undefined);
    const world = safeStart(stage, await stage.warm(), { join });
    await pass(world, 30 * MINUTE);
    expect([world.accessPoint, new Set(statesOf(world))]).toEqual([undefined, new Set(["safe"])]);
    expect(toldOf(world).at(-1)).toMatchObject({ reason: "wifi-not-found" });
    isAway = false;
    await world.until(() => isSafelyOnline(world));
    expect(world.clock.ticksMs()).toBeLessThan(HOUR);
  });

  life("credentials that are refused stay, and the service is not asked", async (stage) => {
    const { entries } = await stage.warm();
    const world = safeStart(stage, new ScriptedStore(entries), { broker: () => "broker-credentials" });
    await pass(world, HOUR);
    expect(toldOf(world).at(-1)).toMatchObject({ reason: "broker-credentials" });
    expect([world.requests, new Set(statesOf(world))]).toEqual([[], new Set(["safe"])]);
    const { starts: _, ...left } = Object.fromEntries(world.store.entries);
    expect(left).toEqual(Object.fromEntries([...entries].filter(([key]) => key !== "starts")));
  });

  /** The flash of a device that was online, with newer credentials beside those. */
  async function withTwo({ boot, warm }: Stage): Promise<ScriptedStore> {
    const http = deviceService(() => answer(200, deviceInfo("newer")));
    const world = boot({ http }, await warm());
    await world.until(() => world.device.journal.stored(URL).length === 2);
    world.cutNow();
    return world.store;
  }

  life("of two credentials both have their turn", async (stage) => {
    const world = safeStart(stage, await withTwo(stage));
    await world.until(() => isSafelyOnline(world));
    expect(world.session?.options.password.reveal()).toBe(SECRETS.mqtt);
    expect(toldOf(world)[1]).toMatchObject({ reason: "broker-credentials" });
  });

  life("a connection proves none of them", async (stage) => {
    const world = safeStart(stage, await withTwo(stage), { broker: () => undefined });
    await pass(world, 10 * MINUTE);
    expect([world.state, world.session?.options.password.reveal()]).toEqual(["safe", "newer"]);
    expect(world.device.journal.stored(URL)).toHaveLength(2);
    await world.untilState("online");
    await pass(world, MINUTE);
    expect(world.device.journal.stored(URL)).toHaveLength(1);
  });

  life("a network that leads nowhere is left for another one", async (stage) => {
    const { entries } = await stage.warm();
    const store = new ScriptedStore(entries);
    const networks = ["Cellar", "Home"].map((ssid) => knownNetwork(ssid, SECRETS.wifi));
    SETTINGS.write(store, { networks, url: URL, protocol: "automatic" });
    const world: World = safeStart(stage, store, {
      networks: ["Cellar", "Home"].map((ssid, index) => ({ ssid, rssi: -50 - index, secured: true })),
      broker: () => (world.wifi.status().ssid === "Cellar" ? "unreachable" : undefined),
    });
    await world.until(() => isSafelyOnline(world));
    expect(world.joins.map(({ ssid }) => ssid)).toEqual(["Cellar", "Home"]);
  });

  life("a broker that was out of reach for all of it has its queue left unread after it", async (stage) => {
    const persistent = deviceInfo() as { mqtt_config: object };
    const info = { ...persistent, mqtt_config: { ...persistent.mqtt_config, clean_session: false } };
    const http = deviceService(() => answer(200, info));
    const before = stage.boot({ http }, withSettings());
    await before.untilState("online");
    before.cutNow();
    let isAway = true;
    const world = safeStart(stage, before.store, { broker: () => (isAway ? "unreachable" : undefined) });
    await world.untilState("connecting");
    isAway = false;
    await world.untilState("online");
    expect(world.notes).toContain("safe: what the broker had kept for the device was given up unread");
  });

  life("an update that an operator has asked for is waited for", async (stage) => {
    let tell: (() => void) | undefined;
    let status: Updates["status"];
    const updates = (world: World): Updates => ({
      ...collectOffers(world),
      get status() {
        return status;
      },
      online: (watch) => {
        tell = () => watch.onChange();
        return () => {};
      },
    });
    const world = safeStart(stage, await stage.warm(), {}, undefined, { updates });
    await pass(world, HOUR - MINUTE);
    status = { version: "2", state: "downloading", percent: 1 };
    tell?.();
    await pass(world, HOUR);
    expect(statesOf(world)).not.toContain("online");
    status = { version: "2", state: "failed", reason: "firmware-source" };
    tell?.();
    expect(toldOf(world).at(-1)).toHaveProperty("broker");
    await world.untilState("online");
  });
});

describe("an application's onStart", () => {
  life("is told of each other start, and its fault stays its own", async (stage) => {
    let starts = 0;
    const world = stage.boot({}, await stage.warm(), ({ device }) => {
      device.application = {
        onStart: () => {
          starts++;
          throw new Error("broken");
        },
      };
    });
    await world.untilState("online");
    expect(starts).toBe(1);
    const blank = stage.boot({}, new ScriptedStore(), ({ device }) => {
      device.application = { onStart: () => void starts++ };
    });
    await blank.untilState("portal");
    expect(starts).toBe(2);
  });
});
