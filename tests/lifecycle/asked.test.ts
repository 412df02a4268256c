/** The portal and the reset, asked for without a page. */

import { describe, expect } from "vitest";
import { SLOTS } from "../../modules/identity/keystore.js";
import { AUTHORITIES } from "../../modules/settings/authorities.js";
import { PREFERENCES } from "../../modules/settings/preferences.js";
import { SETTINGS } from "../../modules/settings/settings.js";
import { Activation, XIAOZHI_URL } from "../scripted/cloud.js";
import { ScriptedStore } from "../scripted/store.js";
import type { World } from "../scripted/world.js";
import { knownNetwork, life, MINUTE, pass, SECOND, statesOf, storedIn, withSettings } from "./support.js";

describe("a long press of the button", () => {
  const states: [string, (world: World) => Promise<void>][] = [
    ["online", (world) => world.untilState("online")],
    ["joining the Wi-Fi", (world) => world.untilState("connecting")],
  ];
  for (const [name, arrive] of states)
    life(`${name}: the portal opens after a restart, and nothing is lost`, async ({ boot, warm }) => {
      const world = boot({}, await warm());
      await arrive(world);
      world.button.onWish?.("portal");
      await world.until(() => world.restarted);
      expect(world.events.at(-1)).toEqual({ state: "restarting", why: "button" });
      const next = boot({}, world.store);
      await next.untilState("portal");
      expect(storedIn(next)).toMatchObject({ ssid: "Home" });
      expect(next.device.journal.stored("http://provision.example.com/")).toHaveLength(1);
      // Nobody comes: back to the broker, in the same start.
      await next.untilState("online");
      expect(next.clock.ticksMs()).toBeLessThan(12 * MINUTE);
    });

  life("leaves an activation for the portal", async ({ boot }) => {
    const world = boot({ http: new Activation().http }, withSettings(XIAOZHI_URL));
    await world.untilState("activating");
    world.button.onWish?.("portal");
    await world.until(() => world.restarted);
    const next = boot({}, world.store);
    await next.untilState("portal");
    expect(statesOf(next)).toEqual(["portal"]);
  });

  life("with a full flash restarts all the same", async ({ boot, warm }) => {
    const world = boot({}, await warm());
    await world.untilState("online");
    world.store.full = true;
    world.button.onWish?.("portal");
    await world.until(() => world.restarted);
  });
});

life("a longer press makes the device as it came from the factory", async ({ boot, warm }) => {
  const world = boot({}, await warm());
  await world.untilState("online");
  world.store.set("uuid", "stays");
  const { keystore } = world.device;
  keystore.write("slot0", { chain: [Uint8Array.of(1)], key: Uint8Array.of(2) });
  keystore.write("slot1", { chain: [], key: Uint8Array.of(3) });
  world.button.onWish?.("reset");
  await world.until(() => world.restarted);
  expect(world.events.at(-1)).toEqual({ state: "restarting", why: "reset" });
  const next = boot({}, world.store, undefined, { resetReason: "software" });
  await next.untilState("portal");
  await pass(next, MINUTE);
  expect([...next.store.entries]).toEqual([["uuid", "stays"]]);
  expect(storedIn(next)).toBeUndefined();
});

life("with a full flash, too", async ({ boot, warm }) => {
  const world = boot({}, await warm());
  await world.untilState("online");
  world.store.full = true;
  world.button.onWish?.("reset");
  await world.until(() => world.restarted);
  expect([...world.store.entries]).toEqual([]);
});

life("a reset goes on after a power cut, at whichever step, until nothing is left", async ({ boot, warm }) => {
  const prepared = boot({}, await warm());
  for (const slot of SLOTS) prepared.device.keystore.write(slot, { chain: [Uint8Array.of(1)], key: Uint8Array.of(2) });
  PREFERENCES.write(prepared.store, { logLevel: "quiet" });
  AUTHORITIES.write(prepared.store, ["MIIB"]);
  prepared.store.set("slot1", "a durable message");
  await pass(prepared, MINUTE);
  const { entries } = prepared.store;
  let cuts = 0;
  for (let isCut = true; isCut; cuts++) {
    const world = boot({}, new ScriptedStore(new Map(entries)));
    await world.untilState("online");
    const before = world.steps;
    world.cutAtStep = before + cuts + 1;
    world.button.onWish?.("reset");
    await world.until(() => world.isOff);
    let { store } = world;
    isCut = world.steps > before + cuts;
    if (!isCut) {
      // The next start erases: the power fails there.
      const next = boot(
        {},
        new ScriptedStore(store.entries),
        (fresh) => {
          fresh.cutAtStep = cuts + 1 - (world.steps - before);
        },
        { resetReason: "software" },
      );
      await next.until(() => next.isOff || next.state === "portal");
      ({ store } = next);
      isCut = next.isOff;
    }
    const last = boot({}, new ScriptedStore(store.entries));
    await last.untilState("portal");
    await pass(last, MINUTE);
    expect([...last.store.entries.keys()], `cut ${cuts + 1}`).toEqual([]);
  }
  expect(cuts).toBeGreaterThan(8);
});

describe("the power, switched off and on", () => {
  /** On for so long. @returns what the device said last */
  async function cycle(world: World, onMs: number): Promise<string | undefined> {
    await pass(world, onMs);
    return world.state;
  }

  life("three times quickly opens the portal and loses nothing; the next start is as ever", async ({ boot, warm }) => {
    const { entries } = await warm();
    const start = () => boot({}, new ScriptedStore(entries));
    expect(await cycle(start(), 2 * SECOND)).not.toBe("portal");
    expect(await cycle(start(), 2 * SECOND)).not.toBe("portal");
    expect(await cycle(start(), 2 * SECOND)).toBe("portal");
    const again = start();
    expect(storedIn(again)).toMatchObject({ ssid: "Home" });
    await again.untilState("online");
  });

  life("with a longer time in between is nothing but that", async ({ boot, warm }) => {
    const { entries } = await warm();
    for (const onMs of [2, 20, 2, 20, 2].map((seconds) => seconds * SECOND))
      expect(await cycle(boot({}, new ScriptedStore(entries)), onMs)).not.toBe("portal");
  });

  life("a restart that the agent wants does not count", async ({ boot, warm }) => {
    let store = await warm();
    for (let round = 0; round < 5; round++) {
      const world = boot({}, store);
      await world.untilState("online");
      world.session?.options.onMessage({
        topic: "t",
        payload: '{"cmd":"reboot"}',
        retained: false,
        duplicate: false,
        packetId: undefined,
      });
      await world.until(() => world.restarted);
      expect(statesOf(world)).not.toContain("portal");
      store = world.store;
    }
  });
});

describe("of several known networks", () => {
  const networks = [
    knownNetwork("First", "p1-password"),
    knownNetwork("Second", "p2-password"),
    knownNetwork("Third", "p3-password"),
  ];
  const store = (change: (one: (typeof networks)[number]) => object = () => ({})) => {
    const fresh = new ScriptedStore();
    SETTINGS.write(fresh, {
      networks: networks.map((one) => ({ ...one, ...change(one) })),
      url: "http://provision.example.com/",
      protocol: "automatic",
    });
    return fresh;
  };
  const inRange = (...names: string[]) => names.map((ssid, index) => ({ ssid, rssi: -40 - 10 * index, secured: true }));
  const joinsOf = (world: World) => world.joins.map(({ ssid }) => ssid);

  life(
    "the strongest is joined, the next one where it refuses; those out of reach are left alone",
    async ({ boot }) => {
      const join = (ssid: string) => (ssid === "Third" ? ("wifi-password" as const) : undefined);
      const world = boot({ join, networks: inRange("Stranger", "Third", "Second") }, store());
      await world.untilState("online");
      expect(joinsOf(world)).toEqual(["Third", "Second"]);
    },
  );

  life("the preferred one is first where it is in range", async ({ boot }) => {
    const prefer = store(({ ssid }) => ({ preferred: ssid === "First" }));
    const world = boot({ join: () => undefined, networks: inRange("Third", "Second", "First") }, prefer);
    await world.untilState("online");
    expect(joinsOf(world)).toEqual(["First"]);
    const away = boot(
      { join: () => undefined, networks: inRange("Third", "Second") },
      new ScriptedStore(world.store.entries),
    );
    await away.untilState("online");
    expect(joinsOf(away)).toEqual(["Third"]);
  });

  life("a hidden one is tried by its name, after those in range", async ({ boot }) => {
    const hidden = store(({ ssid }) => ({ hidden: ssid === "First" }));
    const join = (ssid: string) => (ssid === "First" ? undefined : ("wifi-not-found" as const));
    const world = boot({ join, networks: inRange("Second") }, hidden);
    await world.untilState("online");
    expect(joinsOf(world)).toEqual(["Second", "First"]);
  });

  life("each is tried, also behind others that refuse for long", async ({ boot }) => {
    const join = (ssid: string) => (ssid === "Third" ? undefined : ("wifi-password" as const));
    const world = boot({ join, networks: inRange("First", "Second", "Third") }, store());
    await world.untilState("online");
    expect(joinsOf(world)).toEqual(["First", "Second", "Third"]);
  });

  life("none in range: the portal opens and says so", async ({ boot }) => {
    const world = boot({ networks: [] }, store());
    await world.untilState("portal");
    expect([joinsOf(world), world.reason]).toEqual([[], "wifi-not-found"]);
  });
});
